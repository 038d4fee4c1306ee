"""Multipliers of the rows that SCIP keeps to itself."""

from __future__ import annotations

import numpy as np

from solverhub.problems.integer_program import IntegerProgram

_NEAR = 1e-6


def with_singletons(program: IntegerProgram, dual: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The multipliers with those of rows of one entry, which SCIP turns into bounds.

    Such a row takes the reduced cost of its column where it, and no bound of the column
    itself, stops the column from moving on.
    """
    counts = np.diff(program.A.indptr)
    rows = np.flatnonzero(counts == 1)
    if not rows.size:
        return dual
    completed = dual.copy()
    completed[rows] = 0.0
    reduced = program.c - program.A.T @ completed
    for i in rows.tolist():
        j = int(program.A.indices[program.A.indptr[i]])
        factor = float(program.A.data[program.A.indptr[i]])
        down = program.sense.sign * reduced[j] > 0
        bound = program.lower[j] if down else program.upper[j]
        side = program.row_lower[i] if down == (factor > 0) else program.row_upper[i]
        near = _NEAR * max(1.0, abs(x[j]))
        if abs(x[j] - bound) > near and abs(x[j] - side / factor) <= near:
            completed[i] = reduced[j] / factor
            reduced[j] = 0.0
    return completed
