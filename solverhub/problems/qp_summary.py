"""Sizes, ranges and kinds of rows of a quadratic program, for people and for routing."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.problems.ilp_model import magnitude_range
from solverhub.problems.quadratic_program import QuadraticProgram, variable_bounds


def summary(program: QuadraticProgram) -> dict[str, Any]:
    """JSON-ready statistics; `rows` are those that are not bounds of one variable."""
    lower, upper, general = variable_bounds(program)
    low, high = program.l[general], program.u[general]
    m, n = general.size, program.n
    nonzeros = int(program.A.tocsr()[general].nnz) if m else 0
    diagonal = program.P.diagonal()
    return {
        "sense": "minimise",
        "variables": n,
        "binaries": int((program.integer & (lower == 0) & (upper == 1)).sum()),
        "integers": int((program.integer & ~((lower == 0) & (upper == 1))).sum()),
        "continuous": int(n - program.integer.sum()),
        "free_variables": int((np.isneginf(lower) & np.isposinf(upper)).sum()),
        "fixed_variables": int((lower == upper).sum()),
        "rows": m,
        "equality_rows": int((low == high).sum()),
        "ranged_rows": int(((low != high) & np.isfinite(low) & np.isfinite(high)).sum()),
        "nonzeros": nonzeros,
        "density": nonzeros / (m * n) if m and n else 0.0,
        "quadratic_nonzeros": int(program.P.nnz),
        "quadratic_variables": int((np.diff(program.P.indptr) > 0).sum()),
        "quadratic_diagonal": int(program.P.nnz) == int(np.count_nonzero(diagonal)),
        "quadratic_range": list(magnitude_range(program.P.data)),
        "coefficient_range": list(magnitude_range(program.A.data)),
        "cost_range": list(magnitude_range(program.q)),
    }
