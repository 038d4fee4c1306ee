"""First clusterings for min-max correlation clustering, among them one within 4 times the optimum.

`worst_balls` takes microseconds: it cuts balls of the correlation metric (see
`correlation_metric`, whose radius it has) only about the vertices that disagree most while every
vertex is alone, until one in a ball disagrees most, and so needs no distances of other pairs.

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
from numba import njit
from scipy.sparse import csr_array, eye_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.min_max_clustering import disagreements
from solverhub.problems.signed_graph import SignedGraph

RATIO = 4
_SHARE = 0.3
"""Least share of the joint neighbourhood that is common: 1 less the radius of 0.7."""


@njit(cache=True, nogil=True)
def worst_balls(indptr, indices):  # type: ignore[no-untyped-def]
    """(labels int64 (n,), the largest disagreement) of a complete instance's positive rows."""
    n = indptr.size - 1
    labels = np.arange(n)
    bad = np.diff(indptr)
    near, inside = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    alone = np.ones(n, np.bool_)
    members = np.empty(n, np.int64)
    most = 0
    while True:
        centre, worst = -1, most
        for x in range(n):
            if alone[x] and bad[x] > worst:
                centre, worst = x, bad[x]
        if centre < 0:
            return labels, most
        begin, end = indptr[centre], indptr[centre + 1]
        near[centre] = inside[centre] = True
        members[0], size = centre, 1
        for i in range(begin, end):
            near[indices[i]] = True
        for i in range(begin, end):
            x = indices[i]
            if not alone[x]:
                continue
            shared, degree = 1, indptr[x + 1] - indptr[x]
            for j in range(indptr[x], indptr[x + 1]):
                shared += near[indices[j]]
            if shared >= _SHARE * (end - begin + degree + 2 - shared):
                inside[x] = True
                members[size] = x
                size += 1
        for x in members[:size]:
            together = 0
            for j in range(indptr[x], indptr[x + 1]):
                together += inside[indices[j]]
            bad[x] += size - 1 - 2 * together
            most = max(most, bad[x])
            labels[x] = centre
            alone[x] = False
        for x in members[:size]:
            inside[x] = False
        near[centre] = False
        for i in range(begin, end):
            near[indices[i]] = False


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
