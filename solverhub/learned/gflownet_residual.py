"""What of a state still matters: the residual graph, which is all that the networks see.

What is decided acts on the rest only through counts.  An independent set or a clique goes on as
one of the graph of undecided vertices; a cut as one of that graph where every vertex knows what
picking it adds; a dominating set on the undecided vertices and those that no fixed vertex
dominates, with the edges between the two kinds.  The forward-looking flow of a state depends on
no more than that, so the networks work on residual graphs, which become small along a walk,
where the paper's embed the decided vertices too.

A row's features are its degree there, that of its neighbours, and counts of its kind: `FEATURES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from solverhub.learned import gflownet_rules as rules
from solverhub.learned.gflownet_states import States, rows_of

FEATURES = 14


@dataclass(frozen=True, slots=True)
class Residuals:
    """Residual graphs of W walks end to end: R rows, E directed edges.

    - `first`: int64 (W + 1,): walk w has the rows first[w]:first[w + 1].
    - `vertex`: int64 (R,): the vertex of each row.  `mask`: bool (R,): True where it is an action.
    - `indptr` int64 (R + 1,), `indices` int32 (E,): neighbours, both ways, as rows.
    - `features`: float32 (R, FEATURES).
    """

    first: np.ndarray
    vertex: np.ndarray
    mask: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    features: np.ndarray


def observe(states: States, walks: np.ndarray) -> Residuals:
    """The residual graphs of some walks, int64 (W,)."""
    graphs = states.graphs
    given = (
        states.code, graphs.first, graphs.indptr, graphs.indices, states.graph, states.status,
        states.near, states.held, np.asarray(walks, np.int64),
    )  # fmt: skip
    first, edges = _count(*given)
    rows = int(first[-1])
    found = Residuals(
        first,
        np.empty(rows, np.int64),
        np.empty(rows, np.bool_),
        np.zeros(rows + 1, np.int64),
        np.empty(edges, np.int32),
        np.zeros((rows, FEATURES), np.float32),
    )
    _fill(*given, found.first, found.vertex, found.mask, found.indptr, found.indices)
    _describe(*given, found.first, found.vertex, found.indptr, found.indices, found.features)
    return found


@njit(cache=True, nogil=True)
def _kept(code: int, status: Any, held: Any, v: int) -> Any:
    return status[v] == rules.UNDECIDED or (code == rules.DOMINATING_SET and held[v] == 0)


@njit(cache=True, nogil=True)
def _joined(code: int, status: Any, held: Any, u: int, v: int) -> Any:
    """Whether an edge between kept vertices still matters."""
    if code != rules.DOMINATING_SET:
        return True
    here = status[u] == rules.UNDECIDED and held[v] == 0
    return here or (status[v] == rules.UNDECIDED and held[u] == 0)


@njit(cache=True, nogil=True)
def _count(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any,
    walks: Any,
) -> Any:  # fmt: skip
    starts = np.zeros(walks.size + 1, np.int64)
    edges = 0
    for k in range(walks.size):
        w = walks[k]
        row = rows_of(first, indptr, graph[w])
        rows = 0
        for u in range(row.size - 1):
            if not _kept(code, status[w], held[w], u):
                continue
            rows += 1
            for e in range(row[u], row[u + 1]):
                v = indices[e]
                if _kept(code, status[w], held[w], v):
                    edges += _joined(code, status[w], held[w], u, v)
        starts[k + 1] = starts[k] + rows
    return starts, edges


@njit(cache=True, nogil=True)
def _fill(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any,
    walks: Any, starts: Any, vertex: Any, mask: Any, out_indptr: Any, out_indices: Any,
) -> None:  # fmt: skip
    place = np.empty(status.shape[1], np.int32)
    at = 0
    for k in range(walks.size):
        w = walks[k]
        row = rows_of(first, indptr, graph[w])
        r = starts[k]
        for u in range(row.size - 1):
            if _kept(code, status[w], held[w], u):
                place[u] = r
                vertex[r] = u
                mask[r] = status[w, u] == rules.UNDECIDED
                r += 1
        for r in range(starts[k], starts[k + 1]):
            u = vertex[r]
            for e in range(row[u], row[u + 1]):
                v = indices[e]
                if _kept(code, status[w], held[w], v) and _joined(code, status[w], held[w], u, v):
                    out_indices[at] = place[v]
                    at += 1
            out_indptr[r + 1] = at


@njit(cache=True, nogil=True, fastmath=True)
def _describe(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any,
    walks: Any, starts: Any, vertex: Any, links: Any, ends: Any, features: Any,
) -> None:  # fmt: skip
    marked = np.full(vertex.size, -1, np.int32)
    for k in range(walks.size):
        w = walks[k]
        row = rows_of(first, indptr, graph[w])
        n, rows = row.size - 1, starts[k + 1] - starts[k]
        for r in range(starts[k], starts[k + 1]):
            u = vertex[r]
            degree = links[r + 1] - links[r]
            low, high, total, shares = 1e9, 0.0, 0.0, 0.0
            for e in range(links[r], links[r + 1]):
                other = links[ends[e] + 1] - links[ends[e]]
                low, high, total = min(low, other), max(high, other), total + other
                shares += 1.0 / (1.0 + other)
            if degree == 0:
                low = 0.0
            own = features[r]
            own[0] = degree / rows
            own[1] = np.log1p(degree)
            own[2] = 1.0 / (1.0 + degree)
            own[3] = np.log1p(shares)
            own[4] = np.log1p(low) - own[1]
            own[5] = np.log1p(high) - own[1]
            own[6] = np.log1p(total / max(1, degree)) - own[1]
            own[7] = np.log1p(row[u + 1] - row[u])
            own[8] = np.log(rows)
            own[9] = rows / n
            if code == rules.CUT:
                whole = row[u + 1] - row[u]
                own[10] = (whole - 2 * near[w, u]) / (1.0 + whole)
                own[11] = np.log1p(whole - 2 * near[w, u])
            elif code == rules.DOMINATING_SET:
                own[10] = status[w, u] == rules.UNDECIDED
                own[11] = held[w, u] == 0
                own[12] = 1.0 / max(1, near[w, u])
                own[13] = np.log1p(near[w, u])
            else:
                own[10] = _closed(r, links, ends, marked)


@njit(cache=True, nogil=True)
def _closed(r: int, links: Any, ends: Any, marked: Any) -> Any:
    """The share of pairs of neighbours that are neighbours."""
    degree = links[r + 1] - links[r]
    if degree < 2:
        return 0.0
    for e in range(links[r], links[r + 1]):
        marked[ends[e]] = r
    found = 0
    for e in range(links[r], links[r + 1]):
        for f in range(links[ends[e]], links[ends[e] + 1]):
            found += marked[ends[f]] == r
    return found / (degree * (degree - 1.0))
