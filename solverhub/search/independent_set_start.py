"""Greedy independent sets: one pass in milliseconds, and by least remaining degree.

The pass takes vertices by weight per closed neighbourhood as it is at the start (Sakai, Togasaki
and Yamazaki 2003, doi:10.1016/S0166-218X(02)00205-6).  The second keeps degrees up to date, in
buckets, which is for unit weights (Halldorsson and Radhakrishnan 1997, doi:10.1007/BF02523693).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph


def quick_independent(graph: Graph, cost: np.ndarray) -> np.ndarray:
    """bool (n,): a maximal independent set, taken in one pass; `cost` is positive."""
    order = np.argsort(-cost / (graph.degrees + 1.0), kind="stable")
    found: np.ndarray = _pass(graph.indptr, graph.indices, order)
    return found


def degree_independent(graph: Graph) -> np.ndarray:
    """bool (n,): a maximal independent set by least remaining degree, in linear time."""
    found: np.ndarray = _by_degree(graph.indptr, graph.indices)
    return found


@njit(cache=True, nogil=True)
def _pass(indptr, indices, order):  # type: ignore[no-untyped-def]
    chosen = np.zeros(order.size, np.bool_)
    barred = np.zeros(order.size, np.bool_)
    for v in order:
        if barred[v]:
            continue
        chosen[v] = True
        for k in range(indptr[v], indptr[v + 1]):
            barred[indices[k]] = True
    return chosen


@njit(cache=True, nogil=True)
def _by_degree(indptr, indices):  # type: ignore[no-untyped-def]
    n = indptr.size - 1
    chosen = np.zeros(n, np.bool_)
    degree = np.diff(indptr)
    top = degree.max() if n else 0
    head = np.full(top + 1, -1, np.int64)
    following, before = np.empty(n, np.int64), np.full(n, -1, np.int64)
    for v in range(n):
        following[v] = head[degree[v]]
        if head[degree[v]] >= 0:
            before[head[degree[v]]] = v
        head[degree[v]] = v
    least = 0
    while least <= top:
        v = head[least]
        if v < 0:
            least += 1
            continue
        chosen[v] = True
        _unlink(head, following, before, degree, v)
        for k in range(indptr[v], indptr[v + 1]):
            w = indices[k]
            if degree[w] < 0:
                continue
            _unlink(head, following, before, degree, w)
            for q in range(indptr[w], indptr[w + 1]):
                x = indices[q]
                if degree[x] >= 0:
                    now = degree[x] - 1
                    _unlink(head, following, before, degree, x)
                    degree[x] = now
                    following[x] = head[now]
                    if head[now] >= 0:
                        before[head[now]] = x
                    head[now] = x
                    least = min(least, now)
    return chosen


@njit(cache=True, nogil=True)
def _unlink(head, following, before, degree, v):  # type: ignore[no-untyped-def]
    """Take v out of its bucket; its degree becomes -1."""
    if before[v] >= 0:
        following[before[v]] = following[v]
    else:
        head[degree[v]] = following[v]
    if following[v] >= 0:
        before[following[v]] = before[v]
    before[v], degree[v] = -1, -1
