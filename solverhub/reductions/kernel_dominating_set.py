"""What is left of a dominating set problem, as a set cover, after exact reductions.

Columns are the vertices that may be selected, rows those still to be dominated.  The rules, to
a fixed point or for `PASSES` passes:

- a vertex of weight 0 or less is selected;
- a row with one column selects it;
- a row whose columns include all columns of another is dropped: it is covered with the other;
- a column whose rows another column of no more weight covers is dropped.

These are the rules of set covering (Beasley 1987, doi:10.1016/0377-2217(87)90141-X).  Any cover
of the kernel and the vertices already selected dominate the graph, at the sum of their weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph

PASSES = 20
LONGEST = 64
"""Entries of a row or column up to which it is compared with others."""

_OUT, _KEPT, _TAKEN = range(3)


@dataclass(frozen=True, eq=False)
class DominatingSetKernel:
    """`rows` and `cols` are (int64 pointers, int32 entries) of the kernel's incidence.

    `vertices[c]` is the vertex of column c, `cost` its weight, `taken` bool (n,) what is selected
    whatever the rest.
    """

    vertices: np.ndarray
    cost: np.ndarray
    rows: tuple[np.ndarray, np.ndarray]
    cols: tuple[np.ndarray, np.ndarray]
    taken: np.ndarray

    def lift(self, columns: np.ndarray) -> np.ndarray:
        """The dominating set, bool (n,), of the columns chosen, bool (columns,)."""
        solution = self.taken.copy()
        solution[self.vertices[columns]] = True
        return solution

    def lower(self, solution: np.ndarray) -> np.ndarray:
        """The columns of a dominating set; they may leave rows open."""
        found: np.ndarray = solution[self.vertices]
        return found


def dominating_set_kernel(graph: Graph, *, reduce: bool = True) -> DominatingSetKernel:
    """The kernel of a graph; `reduce=False` applies only the first rule."""
    weights = graph.vertex_weights
    cost = weights.astype(np.float64)
    indptr, indices = graph.indptr, graph.indices
    column = np.where(weights > 0, _KEPT, _TAKEN).astype(np.int8)
    row = np.ones(graph.n, np.bool_)
    for v in np.flatnonzero(column == _TAKEN).tolist():
        row[v] = False
        row[graph.neighbours(v)] = False
    if reduce:
        _reduce(indptr, indices, cost, column, row, PASSES)
    kept_rows, vertices = np.flatnonzero(row), np.flatnonzero(column == _KEPT)
    return DominatingSetKernel(
        vertices,
        cost[vertices],
        _incidence(indptr, indices, kept_rows, vertices),
        _incidence(indptr, indices, vertices, kept_rows),
        column == _TAKEN,
    )


def _incidence(
    indptr: np.ndarray, indices: np.ndarray, lines: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each of `lines` the members of `across`, renumbered, in its closed neighbourhood."""
    place = np.full(indptr.size - 1, -1, np.int32)
    place[across] = np.arange(across.size, dtype=np.int32)
    found: tuple[np.ndarray, np.ndarray] = _gather(indptr, indices, lines, place)
    return found


@njit(cache=True, nogil=True)
def _gather(indptr, indices, lines, place):  # type: ignore[no-untyped-def]
    pointers = np.zeros(lines.size + 1, np.int64)
    for i in range(lines.size):
        v = lines[i]
        count = 1 if place[v] >= 0 else 0
        for k in range(indptr[v], indptr[v + 1]):
            count += place[indices[k]] >= 0
        pointers[i + 1] = pointers[i] + count
    entries = np.empty(pointers[-1], np.int32)
    for i in range(lines.size):
        v, at = lines[i], pointers[i]
        if place[v] >= 0:
            entries[at] = place[v]
            at += 1
        for k in range(indptr[v], indptr[v + 1]):
            if place[indices[k]] >= 0:
                entries[at] = place[indices[k]]
                at += 1
    return pointers, entries


@njit(cache=True, nogil=True)
def _reduce(indptr, indices, cost, column, row, passes):  # type: ignore[no-untyped-def]
    n = cost.size
    width, height = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for v in range(n):
        for k in range(indptr[v] - 1, indptr[v + 1]):
            x = v if k < indptr[v] else indices[k]
            width[v] += column[x] == _KEPT
            height[v] += row[x]
    mark = np.full(n, -1, np.int64)
    stamp = 0
    for _ in range(passes):
        changed = False
        for v in range(n):
            if row[v] and width[v] == 1:
                _take(
                    indptr, indices, column, row, width, height, _only(indptr, indices, column, v)
                )
                changed = True
        for v in range(n):
            if row[v] and width[v] <= LONGEST:
                stamp += 1
                changed |= _drop_rows(indptr, indices, column, row, width, height, mark, stamp, v)
        for v in range(n):
            if column[v] == _KEPT and height[v] <= LONGEST:
                stamp += 1
                changed |= _drop_column(
                    indptr, indices, cost, column, row, width, height, mark, stamp, v
                )
        if not changed:
            break


@njit(cache=True, nogil=True)
def _only(indptr, indices, column, v):  # type: ignore[no-untyped-def]
    for k in range(indptr[v], indptr[v + 1]):
        if column[indices[k]] == _KEPT:
            return indices[k]
    return v


@njit(cache=True, nogil=True)
def _take(indptr, indices, column, row, width, height, c):  # type: ignore[no-untyped-def]
    """Select column c: its rows are covered."""
    _close_column(indptr, indices, column, width, c, _TAKEN)
    if row[c]:
        _close_row(indptr, indices, row, height, c)
    for k in range(indptr[c], indptr[c + 1]):
        if row[indices[k]]:
            _close_row(indptr, indices, row, height, indices[k])


@njit(cache=True, nogil=True)
def _close_row(indptr, indices, row, height, r):  # type: ignore[no-untyped-def]
    row[r] = False
    height[r] -= 1
    for k in range(indptr[r], indptr[r + 1]):
        height[indices[k]] -= 1


@njit(cache=True, nogil=True)
def _close_column(indptr, indices, column, width, c, state):  # type: ignore[no-untyped-def]
    column[c] = state
    width[c] -= 1
    for k in range(indptr[c], indptr[c + 1]):
        width[indices[k]] -= 1


@njit(cache=True, nogil=True)
def _drop_rows(indptr, indices, column, row, width, height, mark, stamp, r):  # type: ignore[no-untyped-def]
    """Drop the rows that hold every column of row r."""
    pivot = -1
    for k in range(indptr[r] - 1, indptr[r + 1]):
        c = r if k < indptr[r] else indices[k]
        if column[c] == _KEPT:
            mark[c] = stamp
            if pivot < 0 or height[c] < height[pivot]:
                pivot = c
    if pivot < 0:
        return False
    changed = False
    for k in range(indptr[pivot] - 1, indptr[pivot + 1]):
        other = pivot if k < indptr[pivot] else indices[k]
        if other == r or not row[other] or width[other] < width[r]:
            continue
        common = 1 if mark[other] == stamp and column[other] == _KEPT else 0
        for q in range(indptr[other], indptr[other + 1]):
            common += mark[indices[q]] == stamp
        if common == width[r]:
            _close_row(indptr, indices, row, height, other)
            changed = True
    return changed


@njit(cache=True, nogil=True)
def _drop_column(indptr, indices, cost, column, row, width, height, mark, stamp, c):  # type: ignore[no-untyped-def]
    """Drop column c if another of no more cost covers all its rows."""
    pivot = -1
    for k in range(indptr[c] - 1, indptr[c + 1]):
        r = c if k < indptr[c] else indices[k]
        if row[r]:
            mark[r] = stamp
            if pivot < 0 or width[r] < width[pivot]:
                pivot = r
    if pivot < 0:
        _close_column(indptr, indices, column, width, c, _OUT)
        return True
    for k in range(indptr[pivot] - 1, indptr[pivot + 1]):
        other = pivot if k < indptr[pivot] else indices[k]
        if other == c or column[other] != _KEPT or cost[other] > cost[c]:
            continue
        if height[other] < height[c]:
            continue
        common = 1 if mark[other] == stamp else 0
        for q in range(indptr[other], indptr[other + 1]):
            common += mark[indices[q]] == stamp
        if common == height[c]:
            _close_column(indptr, indices, column, width, c, _OUT)
            return True
    return False
