"""First solutions of edge-coloured clustering in linear time.

Two edges of different colours that share a vertex cannot both be satisfied, so that the edges
given up are a vertex cover of a graph of conflicts, never built here.  `pitt` is the randomised
2-approximation of Pitt 1985 for weighted covers, and `matched` the local ratio one of Bar-Yehuda
and Even 1985 (a maximal matching where weights are equal), both run vertex by vertex as
PittColoring and MatchColoring of Veldt (ICML 2023, arXiv:2208.06506).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.subset_random import unit


@njit(cache=True, nogil=True)
def majority(at, edges, colour, weights, n_colours):  # type: ignore[no-untyped-def]
    """int64 (n,): the colour with the most weight at each vertex, the first of several."""
    n = at.size - 1
    found = np.zeros(n, np.int64)
    load = np.zeros(n_colours, np.float64)
    for v in range(n):
        best = 0.0
        for i in range(at[v], at[v + 1]):
            load[colour[edges[i]]] += weights[edges[i]]
        for i in range(at[v], at[v + 1]):
            c = colour[edges[i]]
            if load[c] > best or (load[c] == best and c < found[v] and best > 0):
                best = load[c]
                found[v] = c
        for i in range(at[v], at[v + 1]):
            load[colour[edges[i]]] = 0.0
    return found


@njit(cache=True, nogil=True)
def pitt(indptr, vertices, colour, weights, at, edges, order, state):  # type: ignore[no-untyped-def]
    """bool (m,): edges without conflicts, of two in conflict one given up with a chance in
    proportion to the other's weight; expected loss at most twice the optimum."""
    m = colour.size
    kept = np.ones(m, np.bool_)
    stack = np.empty(m, np.int64)
    for v in order:
        top = 0
        for i in range(at[v], at[v + 1]):
            e = edges[i]
            while kept[e] and top > 0 and colour[stack[top - 1]] != colour[e]:
                f = stack[top - 1]
                total = weights[e] + weights[f]
                if total == 0.0 or unit(state) * total < weights[f]:
                    kept[e] = False
                else:
                    kept[f] = False
                    top -= 1
            if kept[e]:
                stack[top] = e
                top += 1
    return kept


@njit(cache=True, nogil=True)
def matched(indptr, vertices, colour, weights, at, edges, order):  # type: ignore[no-untyped-def]
    """bool (m,): edges without conflicts, of two in conflict both pay what the cheaper one has
    left and who has nothing left is given up; loss at most twice the optimum."""
    m = colour.size
    left = weights.copy()
    kept = np.ones(m, np.bool_)
    stack = np.empty(m, np.int64)
    for v in order:
        top = 0
        for i in range(at[v], at[v + 1]):
            e = edges[i]
            while kept[e] and top > 0 and colour[stack[top - 1]] != colour[e]:
                f = stack[top - 1]
                paid = min(left[e], left[f])
                left[e] -= paid
                left[f] -= paid
                kept[e] = left[e] > 0.0
                if left[f] <= 0.0:
                    kept[f] = False
                    top -= 1
            if kept[e]:
                stack[top] = e
                top += 1
    return kept
