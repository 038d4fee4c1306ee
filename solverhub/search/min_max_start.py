"""First clusterings for min-max correlation clustering, among them one within 4 times the optimum.

In a complete instance let N[u] be u with its positive neighbours, and D at least the optimum.
A vertex with |N[u]| > 4D lies in a cluster C of the optimum with |N[u] - C| <= D, and every
v of C has at most D of C outside N[v].  So N[u] and N[v] share at least |N[u]| - 2D > 2D
vertices, while two vertices in different clusters share at most 2D, since each shared one is
lost to one of them.  C is therefore known: the v that share more than 2D with u.  These
clusters are the optimum's, and alone every other vertex disagrees fewer than 4D times.  A D
for which the result is beyond 4D is below the optimum, so that where D fails and D + 1 does
not, D + 1 is at most the optimum, and its result within 4 times it.  (A ratio of 4 is known
from Heidrich, Irmai and Andres, AISTATS 2024; this algorithm and proof are this code's own.)
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, eye_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.min_max_clustering import disagreements
from solverhub.problems.signed_graph import SignedGraph

RATIO = 4


def within_four(instance: SignedGraph) -> np.ndarray:
    """Labels int64 (n,) within 4 times the optimum of a complete instance.

    The limit is halved in on: one that fails is below the optimum, and the largest degree over
    4, rounded up, leaves every vertex alone.
    """
    near = _neighbourhoods(instance)
    sizes = np.diff(near.indptr)
    fails, works = -1, -(-(int(sizes.max(initial=1)) - 1) // RATIO)
    found = np.arange(instance.n)
    while works - fails > 1:
        limit = (fails + works) // 2
        labels = _known_clusters(near, sizes, limit)
        if disagreements(instance, labels).max() <= RATIO * limit:
            found, works = labels, limit
        else:
            fails = limit
    return found


def _known_clusters(near: csr_array, sizes: np.ndarray, limit: int) -> np.ndarray:
    n = sizes.size
    large = np.flatnonzero(sizes > RATIO * limit)
    if large.size == 0:
        return np.arange(n)
    shared = (near[large] @ near).tocoo()
    kept = shared.data > 2 * limit
    pairs = large[shared.row[kept]], shared.col[kept]
    joined = csr_array((np.ones(pairs[0].size, np.int8), pairs), shape=(n, n))
    labels: np.ndarray = connected_components(joined, directed=False)[1].astype(np.int64)
    return labels


def _neighbourhoods(instance: SignedGraph) -> csr_array:
    graph = instance.graph
    ones = np.ones(graph.indices.size, np.int64)
    rows = csr_array((ones, graph.indices, graph.indptr), shape=(graph.n, graph.n))
    return (rows + eye_array(graph.n, dtype=np.int64)).tocsr()
