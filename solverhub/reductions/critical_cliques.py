"""Vertices that a complete unweighted clustering can never tell apart, and the graph of them.

Adjacent vertices with the same other neighbours ("true twins") share a cluster in some optimal
clustering, and have distance 0 in some optimal solution of any relaxation that is convex and
does not depend on names: replace the dearer twin by a copy of the cheaper.  Their classes are
the critical cliques (Lin, Kearney and Jiang 2000, doi:10.1007/3-540-40996-3_17), and all pairs
between two of them are alike, so that the quotient with a weight of |A||B| between A and B is
the same problem (Guo 2009, doi:10.1016/j.tcs.2008.10.021).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph


def critical_cliques(graph: Graph) -> np.ndarray:
    """int64 (n,): the critical clique 0, 1, ... of each vertex, in order of first use."""
    groups: np.ndarray = _classes(graph.indptr, graph.indices, _marks(graph))
    return groups


def _marks(graph: Graph) -> np.ndarray:
    """uint64 (n,): sums of hashes over closed neighbourhoods; twins have equal ones."""
    own = np.random.default_rng(0).integers(0, 2**63, graph.n).astype(np.uint64)
    marks = own.copy()
    u, v = graph.edge_index
    np.add.at(marks, u, own[v])
    np.add.at(marks, v, own[u])
    return marks


@njit(cache=True, nogil=True)
def _classes(indptr, indices, marks):  # type: ignore[no-untyped-def]
    """A vertex joins the class of its smallest neighbour whose closed neighbourhood is its own."""
    n = indptr.size - 1
    groups = np.full(n, -1, np.int64)
    used = 0
    for x in range(n):
        for k in range(indptr[x], indptr[x + 1]):
            y = indices[k]
            if y >= x:
                break
            if marks[y] == marks[x] and _alike(indptr, indices, x, y):
                groups[x] = groups[y]
                break
        if groups[x] < 0:
            groups[x] = used
            used += 1
    return groups


@njit(cache=True, nogil=True)
def _alike(indptr, indices, x, y):  # type: ignore[no-untyped-def]
    """True if the adjacent x and y have the same other neighbours; rows are sorted."""
    i, j = indptr[x], indptr[y]
    if indptr[x + 1] - i != indptr[y + 1] - j:
        return False
    while i < indptr[x + 1] and j < indptr[y + 1]:
        if indices[i] == y:
            i += 1
        elif indices[j] == x:
            j += 1
        elif indices[i] != indices[j]:
            return False
        else:
            i += 1
            j += 1
    return True
