"""Cover every edge of a graph by maximal cliques, greedily.

"At most one of these vertices" over a clique implies the rows of all its edges and is far
stronger in a linear relaxation.  Each uncovered edge, in order, is grown to a maximal clique,
always by the common neighbour with the most uncovered edges left.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph


def edge_clique_cover(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """(indptr, members) int64: cliques of two or more vertices, sorted, that cover all edges."""
    if graph.n_edges == 0:
        return np.zeros(1, np.int64), np.empty(0, np.int64)
    return _cover(graph.indptr, graph.indices, graph.edge_ids, graph.edge_index)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _cover(indptr, indices, edge_ids, edge_index):  # type: ignore[no-untyped-def]
    n, n_edges = indptr.size - 1, edge_index.shape[1]
    covered = np.zeros(n_edges, np.bool_)
    open_edges = np.diff(indptr)
    ends, members = [0], [0]
    members.pop()
    place = np.full(n, -1, np.int64)
    for e in range(n_edges):
        if covered[e]:
            continue
        clique = _grow(indptr, indices, open_edges, edge_index[0, e], edge_index[1, e])
        for x in clique:
            place[x] = 1
        for x in clique:
            for k in range(indptr[x], indptr[x + 1]):
                y = indices[k]
                if x < y and place[y] == 1 and not covered[edge_ids[k]]:
                    covered[edge_ids[k]] = True
                    open_edges[x] -= 1
                    open_edges[y] -= 1
        for x in clique:
            place[x] = -1
            members.append(x)
        ends.append(len(members))
    return np.array(ends), np.array(members)


@njit(cache=True, nogil=True)
def _grow(indptr, indices, priority, u, v):  # type: ignore[no-untyped-def]
    """A maximal clique that contains the edge uv, sorted."""
    clique = [u, v]
    common = _shared(indices[indptr[u] : indptr[u + 1]], indices[indptr[v] : indptr[v + 1]])
    while common.size:
        best = common[0]
        for x in common:
            if priority[x] > priority[best]:
                best = x
        clique.append(best)
        common = _shared(common, indices[indptr[best] : indptr[best + 1]])
    return np.sort(np.array(clique))


@njit(cache=True, nogil=True)
def _shared(left, right):  # type: ignore[no-untyped-def]
    """The common entries of two sorted arrays."""
    found = np.empty(min(left.size, right.size), np.int64)
    i = j = count = 0
    while i < left.size and j < right.size:
        if left[i] == right[j]:
            found[count] = left[i]
            count += 1
            i += 1
            j += 1
        elif left[i] < right[j]:
            i += 1
        else:
            j += 1
    return found[:count]
