"""Sizes, ranges and kinds of rows of an integer program, for people and for routing."""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.problems.activity import rows_of
from solverhub.problems.ilp_model import magnitude_range
from solverhub.problems.integer_program import IntegerProgram

ROW_KINDS = (
    "empty",
    "free",
    "singleton",
    "set_partitioning",
    "set_packing",
    "set_covering",
    "cardinality",
    "knapsack",
    "integer_knapsack",
    "equality",
    "general",
)
"""Kinds in the order in which a row is tried; `row_kinds` counts each row once.

Packing, partitioning, covering and cardinality rows have only binary columns with
coefficient 1 (complemented columns are not recognised).  Knapsack rows have one side and
only binary (or integer) columns; equality rows are the other equations.
"""


def summary(program: IntegerProgram) -> dict[str, Any]:
    """JSON-ready statistics; one pass over the entries."""
    binary = _binary(program)
    nnz = int(program.A.nnz)
    small, large = magnitude_range(program.A.data)
    cost_small, cost_large = magnitude_range(program.c)
    counts = np.bincount(row_kinds(program), minlength=len(ROW_KINDS))
    degrees = np.diff(program.A.indptr)
    return {
        "sense": program.sense.value,
        "variables": program.n,
        "binaries": int(binary.sum()),
        "integers": int(program.integer.sum() - binary.sum()),
        "continuous": int(program.n - program.integer.sum()),
        "free_variables": int((np.isneginf(program.lower) & np.isposinf(program.upper)).sum()),
        "fixed_variables": int((program.lower == program.upper).sum()),
        "rows": program.m,
        "equality_rows": int((program.row_lower == program.row_upper).sum()),
        "nonzeros": nnz,
        "density": nnz / (program.m * program.n) if program.m and program.n else 0.0,
        "largest_row": int(degrees.max(initial=0)),
        "coefficient_range": [small, large],
        "cost_range": [cost_small, cost_large],
        "integral_objective": program.integral,
        "row_kinds": {
            name: int(count) for name, count in zip(ROW_KINDS, counts, strict=True) if count
        },
    }


def _binary(program: IntegerProgram) -> np.ndarray:
    return np.asarray(program.integer & (program.lower == 0) & (program.upper == 1))


def row_kinds(program: IntegerProgram) -> np.ndarray:
    """Index into `ROW_KINDS` of each row, int64 (m,)."""
    rows, columns, data, m = rows_of(program), program.A.indices, program.A.data, program.m
    degree = np.diff(program.A.indptr)

    def everywhere(holds: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(rows[~holds], minlength=m) == 0)

    lower, upper = program.row_lower, program.row_upper
    equal = lower == upper
    at_most, at_least = np.isneginf(lower) & ~np.isposinf(upper), np.isposinf(upper)
    binary = everywhere(_binary(program)[columns])
    unit = binary & everywhere(data == 1)
    tests = {
        "empty": degree == 0,
        "free": np.isneginf(lower) & np.isposinf(upper),
        "singleton": degree == 1,
        "set_partitioning": unit & equal & (upper == 1),
        "set_packing": unit & at_most & (upper == 1),
        "set_covering": unit & at_least & (lower == 1),
        "cardinality": unit,
        "knapsack": binary & (at_most | at_least),
        "integer_knapsack": everywhere(program.integer[columns]) & (at_most | at_least),
        "equality": equal,
        "general": np.ones(m, dtype=bool),
    }
    return np.argmax([tests[name] for name in ROW_KINDS], axis=0) if m else np.zeros(0, np.int64)
