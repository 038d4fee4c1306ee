"""The four subset families as rows of Boolean variables: at most one, or at least one.

| family | rows | over |
|---|---|---|
| maximum independent set | at most one selected | cliques that cover the edges |
| minimum vertex cover | at most one left out | the same cliques |
| maximum clique | at most one selected | cliques of the complement that cover its edges |
| minimum dominating set | at least one selected | closed neighbourhoods |

Maximum clique first loses every vertex whose closed neighbourhood weighs less than a clique
already known, again and again: no best clique contains it.  What is left may still have too
many absent edges to list; then `links` stand in for the rows: if v is selected, everything
selected lies in the closed neighbourhood of v.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph
from solverhub.reductions.clique_cover import edge_clique_cover

MOST_ABSENT = 2_000_000
"""Absent edges of the kernel of a clique problem beyond which links are used."""

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class SubsetRows:
    """Rows in CSR form over variables; variable i selects vertex `vertices[i]`.

    - `at_least`: each row needs at least one true literal; else it allows at most one.
    - `negated`: the literals say "left out".
    - `links`: the kernel's graph for the sparse form of maximum clique (no rows then).
    """

    vertices: np.ndarray
    indptr: np.ndarray
    members: np.ndarray
    at_least: bool = False
    negated: bool = False
    links: Graph | None = None


def subset_rows(problem_name: str, graph: Graph, incumbent: np.ndarray | None = None) -> SubsetRows:
    """The rows of a family; `incumbent` bool (n,), a known clique, shrinks that problem only."""
    if problem_name == "maximum-clique":
        return _clique_rows(graph, incumbent)
    vertices = np.arange(graph.n)
    if problem_name == "minimum-dominating-set":
        return SubsetRows(vertices, *_closed_neighbourhoods(graph), at_least=True)
    covers = problem_name == "minimum-vertex-cover"
    return SubsetRows(vertices, *edge_clique_cover(graph), negated=covers)


def clique_kernel(graph: Graph, known: float) -> np.ndarray:
    """Vertices, sorted, that any clique of weight `known` or more can contain."""
    gain = np.maximum(graph.vertex_weights, 0)
    if gain.dtype.kind == "f":
        known -= _ROUNDING * float(gain.sum())
    return np.flatnonzero(_peel(graph.indptr, graph.indices, gain, known))


def _clique_rows(graph: Graph, incumbent: np.ndarray | None) -> SubsetRows:
    known = 0 if incumbent is None else graph.vertex_weights[incumbent].sum()
    vertices = clique_kernel(graph, known)
    kernel = induced(graph, vertices)
    absent = kernel.n * (kernel.n - 1) // 2 - kernel.n_edges
    if absent > MOST_ABSENT:
        nothing = np.empty(0, np.int64)
        return SubsetRows(vertices, np.zeros(1, np.int64), nothing, links=kernel)
    return SubsetRows(vertices, *edge_clique_cover(kernel.complement()))


def induced(graph: Graph, vertices: np.ndarray) -> Graph:
    """The subgraph on these vertices (sorted), renumbered in their order."""
    place = np.full(graph.n, -1, np.int64)
    place[vertices] = np.arange(len(vertices))
    ends = place[graph.edge_index]
    weights = None if graph.weights is None else graph.weights[vertices]
    return Graph(len(vertices), ends[:, (ends >= 0).all(axis=0)], weights)


def _closed_neighbourhoods(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours and then the vertex itself, for each vertex."""
    indptr = graph.indptr + np.arange(graph.n + 1)
    members = np.insert(graph.indices, graph.indptr[1:], np.arange(graph.n))
    return indptr, members


@njit(cache=True, nogil=True)
def _peel(indptr, indices, gain, known):  # type: ignore[no-untyped-def]
    n = indptr.size - 1
    reach = gain.copy()
    for v in range(n):
        for k in range(indptr[v], indptr[v + 1]):
            reach[v] += gain[indices[k]]
    alive = np.ones(n, np.bool_)
    stack = [v for v in range(n) if reach[v] < known]
    for v in stack:
        alive[v] = False
    while stack:
        v = stack.pop()
        for k in range(indptr[v], indptr[v + 1]):
            w = indices[k]
            reach[w] -= gain[v]
            if alive[w] and reach[w] < known:
                alive[w] = False
                stack.append(w)
    return alive
