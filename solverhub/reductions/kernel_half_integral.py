"""Vertices that the linear relaxation of independent set decides: Nemhauser and Trotter.

The relaxation has an optimum with values 0, 1/2 and 1, and some largest independent set agrees
with it wherever it is not 1/2 (Nemhauser and Trotter 1975, doi:10.1007/BF01580444).  It comes
from a maximum matching of the double cover, in which each edge joins a left copy of one end and
a right copy of the other (Hopcroft and Karp 1973, by SciPy).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from solverhub.problems.graph import Graph


def persistent(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """bool (n,) twice: vertices of value 1, and of value 0, in the relaxation."""
    ones = np.ones(graph.indices.size, np.int8)
    double = csr_array((ones, graph.indices, graph.indptr), shape=(graph.n, graph.n))
    right_of = maximum_bipartite_matching(double, perm_type="column").astype(np.int64)
    left_of = np.full(graph.n, -1, np.int64)
    matched = np.flatnonzero(right_of >= 0)
    left_of[right_of[matched]] = matched
    left, right = _reached(graph.indptr, graph.indices, right_of, left_of)
    return left & ~right, ~left & right


@njit(cache=True, nogil=True)
def _reached(indptr, indices, right_of, left_of):  # type: ignore[no-untyped-def]
    """Left and right copies on alternating paths from the unmatched left ones.

    By Koenig, the left copies not reached and the right ones reached are a least vertex cover of
    the double cover.
    """
    n = right_of.size
    left, right = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    stack = np.empty(n, np.int64)
    size = 0
    for v in range(n):
        if right_of[v] < 0:
            left[v] = True
            stack[size] = v
            size += 1
    while size > 0:
        size -= 1
        v = stack[size]
        for k in range(indptr[v], indptr[v + 1]):
            y = indices[k]
            if right[y]:
                continue
            right[y] = True
            if left_of[y] >= 0 and not left[left_of[y]]:
                left[left_of[y]] = True
                stack[size] = left_of[y]
                size += 1
    return left, right
