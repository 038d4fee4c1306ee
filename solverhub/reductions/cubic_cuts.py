"""Least cuts between all pairs of vertices when pairs and triples have weights.

A triple that is cut has two of its three pairs cut, so the weight of a cut is half the cut of
the graph with weights 2 w_ij + sum over k of w_ijk: everything here is in these doubled units,
whole for whole weights.  The cuts are those of Gusfield's n - 1 maximum flows (1990,
doi:10.1137/0219009) and those of single vertices.
"""

from __future__ import annotations

import numpy as np
from numba import njit


def doubled(pair: np.ndarray, triple: np.ndarray) -> np.ndarray:
    """The graph (n, n) whose cuts weigh twice those of pairs and triples; weights at least 0."""
    weights: np.ndarray = 2 * pair + triple.sum(axis=2)
    return weights


@njit(cache=True, nogil=True)
def least_cuts(weights):  # type: ignore[no-untyped-def]
    """(sides, capacity): bool (2n - 1, n) and (2n - 1,), the first n those of single vertices."""
    n = weights.shape[0]
    sides = np.zeros((max(0, 2 * n - 1), n), np.bool_)
    capacity = np.zeros(sides.shape[0], weights.dtype)
    for x in range(n):
        sides[x, x] = True
        capacity[x] = weights[x].sum()
    parent = np.zeros(n, np.int64)
    left = np.empty_like(weights)
    for s in range(1, n):
        left[:] = weights
        flow, near = _max_flow(left, s, parent[s])
        row = n + s - 1
        sides[row] = near
        capacity[row] = flow
        for x in range(s + 1, n):
            if near[x] and parent[x] == parent[s]:
                parent[x] = s
    return sides, capacity


@njit(cache=True, nogil=True)
def _max_flow(left, s, t):  # type: ignore[no-untyped-def]
    """(flow, vertices on the side of s) by Dinic's blocking flows; uses up `left`."""
    n = left.shape[0]
    total = left[0, 0] - left[0, 0]
    level, at = np.empty(n, np.int64), np.empty(n, np.int64)
    path = np.empty(n + 1, np.int64)
    while True:
        level[:] = -1
        level[s] = 0
        path[0] = s
        first, count = 0, 1
        while first < count:
            x = path[first]
            first += 1
            for y in range(n):
                if level[y] < 0 and left[x, y] > 0:
                    level[y] = level[x] + 1
                    path[count] = y
                    count += 1
        if level[t] < 0:
            return total, level >= 0
        at[:] = 0
        length = 0
        path[0] = s
        while True:
            x = path[length]
            if x == t:
                push = left[path[0], path[1]]
                for k in range(1, length):
                    push = min(push, left[path[k], path[k + 1]])
                total += push
                back = 0
                for k in range(length - 1, -1, -1):
                    left[path[k], path[k + 1]] -= push
                    left[path[k + 1], path[k]] += push
                    if left[path[k], path[k + 1]] <= 0:
                        back = k
                length = back
                continue
            while at[x] < n and not (left[x, at[x]] > 0 and level[at[x]] == level[x] + 1):
                at[x] += 1
            if at[x] < n:
                length += 1
                path[length] = at[x]
            elif length == 0:
                break
            else:
                length -= 1
                at[path[length]] += 1


@njit(cache=True, nogil=True)
def least_between(sides, capacity, most):  # type: ignore[no-untyped-def]
    """Q (n, n, n): the least cut with i on one side and j and k on the other.

    Q[i, j, j] is that between i and j; `most` stands where no cut does it.
    """
    n = sides.shape[1]
    found = np.full((n, n, n), most, capacity.dtype)
    for row in range(sides.shape[0]):
        for i in range(n):
            for j in range(n):
                if sides[row, i] == sides[row, j]:
                    continue
                for k in range(n):
                    if sides[row, k] == sides[row, j] and capacity[row] < found[i, j, k]:
                        found[i, j, k] = capacity[row]
    return found
