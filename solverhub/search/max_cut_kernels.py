"""Kernels of local search for maximum cut: start, gains, descent, annealing.

The gain of a vertex is what the cut grows by when it changes sides,

    gain[v] = sum over its neighbours u of w_uv s_u s_v,    s = 1 - 2 side,

so a flip negates the gain of the vertex and changes that of each neighbour by 2 w_uv s_u s_v.
Adjacency is CSR with int32 `indices` and `weights` of int32, int64 or float64, and gains have
the type of the weights.  Random numbers are xorshift64* (Vigna 2016, doi:10.1145/2845077) on a
state that the caller owns, so that a run can be cut in slices without changing it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LOGS = 2048
"""Entries of the table of logarithms for `anneal`; a power of 2."""

_ROUNDS = 1000
"""Sweeps of `descend`: with float weights rounding could turn it in a circle."""


def log_table() -> np.ndarray:
    """log u at the midpoints of (0, 1), float64 (LOGS,)."""
    return np.asarray(np.log((np.arange(LOGS) + 0.5) / LOGS))


@njit(cache=True, nogil=True)
def _next(state):  # type: ignore[no-untyped-def]
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return (x * np.uint64(2685821657736338717)) >> np.uint64(32)


@njit(cache=True, nogil=True)
def randomise(side, state):  # type: ignore[no-untyped-def]
    """Put every vertex on a random side."""
    for v in range(side.size):
        side[v] = np.int8(_next(state) & np.uint64(1))


@njit(cache=True, nogil=True)
def spread(indptr, indices, weights):  # type: ignore[no-untyped-def]
    """Sides int8 (n,) that please every edge of a breadth-first forest.

    Where some cut pleases all edges (cuts the positive and spares the negative ones: a
    bipartite graph, or a balanced signed one) this is such a cut.
    """
    n = indptr.size - 1
    side = np.full(n, -1, np.int8)
    queue = np.empty(n, np.int32)
    for root in range(n):
        if side[root] >= 0:
            continue
        side[root] = 0
        queue[0] = root
        head, tail = 0, 1
        while head < tail:
            v = queue[head]
            head += 1
            for k in range(indptr[v], indptr[v + 1]):
                u = indices[k]
                if side[u] < 0:
                    side[u] = 1 - side[v] if weights[k] > 0 else side[v]
                    queue[tail] = u
                    tail += 1
    return side


@njit(cache=True, nogil=True)
def cut_value(indptr, indices, weights, side):  # type: ignore[no-untyped-def]
    """Weight of the cut edges."""
    total = weights.dtype.type(0)
    for v in range(side.size):
        for k in range(indptr[v], indptr[v + 1]):
            if indices[k] > v and side[indices[k]] != side[v]:
                total += weights[k]
    return total


@njit(cache=True, nogil=True)
def fill_gains(indptr, indices, weights, side, gain):  # type: ignore[no-untyped-def]
    """Compute all gains from scratch."""
    for v in range(side.size):
        total = weights.dtype.type(0)
        for k in range(indptr[v], indptr[v + 1]):
            if side[indices[k]] == side[v]:
                total += weights[k]
            else:
                total -= weights[k]
        gain[v] = total


@njit(cache=True, nogil=True)
def flip(indptr, indices, weights, side, gain, v):  # type: ignore[no-untyped-def]
    """Change the side of a vertex and the gains with it."""
    mine = np.int8(1) - side[v]
    side[v] = mine
    gain[v] = -gain[v]
    for k in range(indptr[v], indptr[v + 1]):
        u = indices[k]
        if side[u] == mine:
            gain[u] += weights[k] + weights[k]
        else:
            gain[u] -= weights[k] + weights[k]


@njit(cache=True, nogil=True)
def descend(indptr, indices, weights, side, gain):  # type: ignore[no-untyped-def]
    """Flip vertices that gain until none does."""
    for _ in range(_ROUNDS):
        still = True
        for v in range(side.size):
            if gain[v] > 0:
                flip(indptr, indices, weights, side, gain, v)
                still = False
        if still:
            return


@njit(cache=True, nogil=True)
def enumerate_cuts(indptr, indices, weights, side, gain):  # type: ignore[no-untyped-def]
    """The best of all cuts, int8 (n,), n of 1 and more; the last vertex keeps its side.

    Walks them in the order of a Gray code, one flip from each to the next.
    """
    best = side.copy()
    ahead = gain.dtype.type(0)
    most = ahead
    for i in range(1, 1 << (side.size - 1)):
        v = 0
        while not (i >> v) & 1:
            v += 1
        ahead += gain[v]
        flip(indptr, indices, weights, side, gain, v)
        if ahead > most:
            most = ahead
            best[:] = side
    return best


@njit(cache=True, nogil=True)
def anneal(indptr, indices, weights, side, gain, state, logs, hot, cold, first, last, sweeps):  # type: ignore[no-untyped-def]
    """Steps first..last-1 of a Metropolis run of `sweeps` n steps, cooling from hot to cold.

    Step i tries vertex i mod n; the temperature T falls linearly from sweep to sweep.  A flip is
    taken when gain >= T log u.  The logarithm comes of a table, and what cannot pass even its
    smallest entry is turned down without a random number.
    """
    n = side.size
    at = first
    while at < last:
        sweep = at // n
        heat = hot + (cold - hot) * sweep / max(1, sweeps - 1)
        floor = heat * logs[0]
        begin = at - sweep * n
        end = min(n, begin + last - at)
        for v in range(begin, end):
            g = gain[v]
            if g < floor:
                continue
            if g >= 0 or g >= heat * logs[_next(state) & np.uint64(LOGS - 1)]:
                flip(indptr, indices, weights, side, gain, v)
        at += end - begin
