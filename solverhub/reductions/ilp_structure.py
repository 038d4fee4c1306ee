"""Integer programs that are problems on graphs and sets: packings, covers and their complements.

All columns are binary, and every row has equal coefficients, so that over its k columns it is one
of these:

| rows | what the program is |
|---|---|
| sum x <= 1 | an independent set of most value: columns of one row are pairwise joined |
| sum x >= k - 1 | a vertex cover of least cost (k = 2: one row an edge): 1 - x is independent |
| sum x >= 1 | a set cover of least cost |

Rows that hold for every point do not count.  Columns that are worth nothing to an independent set
stay out, and those that cost nothing go into a cover; both are optimal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram

MOST_PAIRS = 20_000_000
"""Pairs of columns in packing rows beyond which no graph is built."""


@dataclass(frozen=True, eq=False)
class Structure:
    """`kind` is independent-set, vertex-cover or set-cover; `rows` bool csr_array over the columns.

    `value` float64 (n,): what a column of an independent set gains, or one of a cover costs.
    """

    kind: str
    rows: csr_array
    value: np.ndarray

    @property
    def complemented(self) -> bool:
        """True if the independent set is of the columns at 0."""
        return self.kind == "vertex-cover"

    def graph(self) -> Graph:
        """The conflicts of an independent set, with its values as weights."""
        u, v = _pairs(self.rows)
        return Graph.from_edges(self.value.size, u, v, weights=self.value)

    def lift(self, chosen: np.ndarray) -> np.ndarray:
        """The point, float64 (n,), of an independent set or cover, bool (n,)."""
        return (~chosen if self.complemented else chosen).astype(np.float64)

    def lower(self, point: np.ndarray) -> np.ndarray:
        """The independent set or cover of a point."""
        one = point > 0.5
        return ~one if self.complemented else one


def structure_of(program: IntegerProgram) -> Structure | str:
    """The structure, or why there is none."""
    lower, upper = np.ceil(program.lower), np.floor(program.upper)
    if not (program.integer.all() and (lower == 0).all() and (upper == 1).all()):
        return "not all columns are binary"
    length = np.diff(program.A.indptr)
    filled = np.flatnonzero(length > 0)
    starts = program.A.indptr[filled]
    first = program.A.data[starts]
    if (np.repeat(first, length[filled]) != program.A.data).any():
        return "some row has different coefficients"
    if filled.size < program.m:
        empty = length == 0
        if (program.row_lower[empty] > 0).any() or (program.row_upper[empty] < 0).any():
            return "an empty row cannot be met"
    k = length[filled]
    with np.errstate(invalid="ignore"):
        sides = program.row_lower[filled] / first, program.row_upper[filled] / first
    low = np.maximum(0, np.ceil(np.where(first > 0, sides[0], sides[1]) - 1e-9))
    high = np.minimum(k, np.floor(np.where(first > 0, sides[1], sides[0]) + 1e-9))
    kept = (low > 0) | (high < k)
    low, high, k, lines = low[kept], high[kept], k[kept], filled[kept]
    cost = program.sense.sign * program.c
    rows = csr_array(program.A[lines] != 0)
    if not lines.size:
        return "no row restricts anything"
    if ((low == 0) & (high == 1)).all():
        kind, value = "independent-set", -cost
    elif ((low == k - 1) & (high == k)).all() and (k >= 2).all():
        kind, value = "vertex-cover", cost
    elif ((low == 1) & (high == k)).all():
        return Structure("set-cover", rows, cost)
    else:
        return "the rows are not all packings or all covers"
    if float((k * (k - 1.0) / 2).sum()) > MOST_PAIRS:
        return f"the rows have more than {MOST_PAIRS} pairs of columns"
    return Structure(kind, rows, value)


def objective_bound(structure: Structure, program: IntegerProgram, value: float) -> float:
    """The bound on the objective of the program from one on the value of the structure."""
    minimised = value
    if structure.kind == "independent-set":
        minimised = -value
    elif structure.complemented:
        minimised = float(structure.value.sum()) - value
    sign = 1 if program.sense is Sense.MINIMISE else -1
    return sign * minimised + program.offset


def _pairs(rows: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of all pairs of columns that share a row, rows of one length at a time."""
    length = np.diff(rows.indptr)
    first, second = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for k in np.unique(length[length > 1]).tolist():
        at = rows.indptr[:-1][length == k]
        members = rows.indices[at[:, None] + np.arange(k)]
        i, j = np.triu_indices(k, 1)
        first.append(members[:, i].ravel().astype(np.int64))
        second.append(members[:, j].ravel().astype(np.int64))
    return np.concatenate(first), np.concatenate(second)
