"""Triangles of a graph, as triples of edges."""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph


def triangles(graph: Graph, most: int | None = None) -> np.ndarray:
    """int64 (3, k): the edges of up to `most` triangles (default 2 E), spread over the graph.

    At most so many triangles a lowest edge are listed that every edge gets a share.
    """
    most = 2 * graph.n_edges if most is None else most
    share = max(1, most // max(1, graph.n_edges))
    if graph.n_edges < 3:
        return np.empty((3, 0), np.int64)
    found = _triangles(graph.indptr, graph.indices, graph.edge_ids, graph.edge_index, share)
    return np.ascontiguousarray(found[:most].T)


@njit(cache=True, nogil=True)
def _triangles(indptr, indices, edge_ids, edge_index, share):  # type: ignore[no-untyped-def]
    found = []
    for e in range(edge_index.shape[1]):
        u, v = edge_index[0, e], edge_index[1, e]
        i, j, count = indptr[u], indptr[v], 0
        while i < indptr[u + 1] and j < indptr[v + 1] and count < share:
            if indices[i] < indices[j]:
                i += 1
            elif indices[i] > indices[j]:
                j += 1
            else:
                if indices[i] > v:
                    found.append((e, edge_ids[i], edge_ids[j]))
                    count += 1
                i += 1
                j += 1
    table = np.empty((len(found), 3), np.int64)
    for t in range(len(found)):
        table[t, 0], table[t, 1], table[t, 2] = found[t]
    return table
