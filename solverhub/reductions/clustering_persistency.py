"""Vertices that some optimal clustering of a sparse signed graph keeps together or apart.

Criteria of Lange, Karrenbauer and Andres (ICML 2018) and Lange, Andres and Swoboda (CVPR 2019,
arXiv:1812.01426), with the sets in them single vertices.  Write |u| for the sum of |w| over the
edges at u.

- Join u and v if w_uv >= |u| - |w_uv|: moving u to v gains w_uv and loses at most the rest.
- Join u and v of a triangle with t if, with the rests R_u, R_v of |u|, |v| without the triangle,
  R_u <= w_uv + w_ut, R_v <= w_uv + w_vt and R_u + R_v <= w_uv + w_ut + w_vt: whichever of the
  three are apart, moving u to {v, t}, v to {u, t}, or both to t loses nothing.
- Vertices in different components of the positive edges are apart.
- u and v of a negative edge are apart if -w_uv is at least the positive weight at u or at v.

Joins contract the graph, in which parallel edges add up, and the criteria apply again.  All
joins of the first kind may be made at once, one for each u: contracting others never raises |u|,
and takes from the rest what it adds to w_uv.  Those of the second kind are made for disjoint pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph

_MOST_ROUNDS = 100
_MOST_SCANS = 2000
"""Entries of two rows that the search for triangles of one edge looks at."""


@dataclass(frozen=True, eq=False)
class Persistency:
    """What is known of some optimal clustering.

    - `groups`: int64 (n,), vertices of the same group 0..k-1 share a cluster.
    - `joined`, `cut`: numbers of listed pairs within a group, and of those known to be apart.
    - `graph`: what is left, with the groups as vertices; pairs known to be apart because no
      positive path links them are dropped.
    """

    groups: np.ndarray
    joined: int
    cut: int
    graph: Graph


def persistency(instance: SignedGraph) -> Persistency:
    """Apply the criteria to a sparse instance until none applies."""
    groups, graph = np.arange(instance.n), _linked(instance.graph)
    for _ in range(_MOST_ROUNDS):
        pairs = _joins(graph)
        if not pairs.size:
            break
        links = csr_array((np.ones(pairs.shape[1]), tuple(pairs)), (graph.n, graph.n))
        merged = connected_components(links, directed=False)[1].astype(np.int64)
        groups = merged[groups]
        graph = _linked(_contracted(graph, merged))
    return _counted(instance, groups, graph)


def _counted(instance: SignedGraph, groups: np.ndarray, graph: Graph) -> Persistency:
    u, v = groups[instance.graph.edge_index]
    joined = int(np.count_nonzero(u == v))
    weights = graph.weights_of_edges
    left, right = graph.edge_index
    good = np.bincount(np.append(left, right), np.tile(np.maximum(weights, 0), 2), graph.n)
    apart = -weights >= np.minimum(good[left], good[right])
    open_keys = (left * graph.n + right)[~apart | (weights >= 0)]
    keys = np.minimum(u, v) * graph.n + np.maximum(u, v)
    cut = int(np.count_nonzero((u != v) & ~np.isin(keys, open_keys)))
    return Persistency(groups, joined, cut, graph)


def _contracted(graph: Graph, groups: np.ndarray) -> Graph:
    u, v = groups[graph.edge_index]
    apart = u != v
    weights = graph.weights_of_edges[apart]
    found = Graph.from_edges(int(groups.max()) + 1, u[apart], v[apart], None, weights)
    return _part(found, found.weights_of_edges != 0)


def _linked(graph: Graph) -> Graph:
    """Without the edges between components of the positive ones."""
    u, v = graph.edge_index
    positive = graph.weights_of_edges > 0
    ends = u[positive], v[positive]
    links = csr_array((np.ones(ends[0].size), ends), (graph.n, graph.n))
    part = connected_components(links, directed=False)[1]
    return _part(graph, part[u] == part[v])


def _part(graph: Graph, kept: np.ndarray) -> Graph:
    if kept.all():
        return graph
    edge_index = np.ascontiguousarray(graph.edge_index[:, kept])
    return Graph(graph.n, edge_index, None, graph.weights_of_edges[kept])


def _joins(graph: Graph) -> np.ndarray:
    """int64 (2, k): pairs that may be joined."""
    weights = graph.weights_of_edges
    u, v = graph.edge_index
    size = np.zeros(graph.n, weights.dtype)
    np.add.at(size, u, np.abs(weights))
    np.add.at(size, v, np.abs(weights))
    heaviest = np.full(graph.n, -1, np.int64)
    for end in (u, v):
        enough = np.flatnonzero((weights > 0) & (2 * weights >= size[end]))
        heaviest[end[enough]] = enough
    single = np.unique(heaviest[heaviest >= 0])
    if single.size:
        return graph.edge_index[:, single]
    triangles = _triangle_joins(
        graph.indptr, graph.indices, graph.edge_ids, graph.edge_index, weights, size, _MOST_SCANS
    )
    return graph.edge_index[:, triangles]


@njit(cache=True, nogil=True)
def _triangle_joins(indptr, indices, edge_ids, edge_index, weights, size, most):  # type: ignore[no-untyped-def]
    """Edges with disjoint ends to which the triangle criterion applies."""
    taken = np.zeros(indptr.size - 1, np.bool_)
    found = np.empty(weights.size, np.int64)
    count = 0
    for e in range(weights.size):
        u, v, w = edge_index[0, e], edge_index[1, e], weights[e]
        if w <= 0 or taken[u] or taken[v]:
            continue
        i, j, steps = indptr[u], indptr[v], 0
        while i < indptr[u + 1] and j < indptr[v + 1] and steps < most:
            steps += 1
            if indices[i] < indices[j]:
                i += 1
            elif indices[i] > indices[j]:
                j += 1
            else:
                to_u, to_v = weights[edge_ids[i]], weights[edge_ids[j]]
                rest_u = size[u] - w - abs(to_u)
                rest_v = size[v] - w - abs(to_v)
                both = w + to_u + to_v
                if rest_u <= w + to_u and rest_v <= w + to_v and rest_u + rest_v <= both:
                    found[count] = e
                    count += 1
                    taken[u] = taken[v] = True
                    break
                i += 1
                j += 1
    return found[:count]
