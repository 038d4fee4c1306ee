"""Cliques by branch and bound over the later neighbours of each vertex, in slices.

Every clique has a first vertex in a degeneracy order, and its others among the later neighbours
of that one, of which there are at most as many as the degeneracy (Eppstein, Loeffler and Strash
2010, arXiv:1006.5440).  Each such neighbourhood is held as a bit matrix and searched with greedy
colourings as bounds (San Segundo, Rodriguez-Losada and Jimenez 2011,
doi:10.1016/j.cor.2010.07.019): one vertex of each colour, the heaviest, is the most that a clique
can take.  Vertices are tried from the last on, whose neighbourhoods are small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from solverhub.problems.graph_kernels import degeneracy_order

ROOT, DEPTH, LOCAL, IMPROVED, DONE = range(5)
"""Places in `counts`: position of the next root, depth + 1, local vertices, flags."""


class BranchState(NamedTuple):
    """The whole search: the graph in degeneracy order, and the stack within one neighbourhood.

    `order[i]` is the vertex at position i, `rank` the inverse.  `local` are the vertices of the
    neighbourhood, `near` its adjacency in bits.  On each level `open_bits` are the candidates,
    `queue[level, :left[level]]` those still to try with their `limit`, the most that they and the
    ones before them can add.  `value` is [weight of the best, of the current clique, slack].
    """

    indptr: np.ndarray
    indices: np.ndarray
    cost: np.ndarray
    order: np.ndarray
    rank: np.ndarray
    local: np.ndarray
    near: np.ndarray
    open_bits: np.ndarray
    queue: np.ndarray
    limit: np.ndarray
    left: np.ndarray
    chosen: np.ndarray
    best: np.ndarray
    counts: np.ndarray
    value: np.ndarray


def branch_state(
    indptr: np.ndarray, indices: np.ndarray, cost: np.ndarray, start: np.ndarray
) -> BranchState:
    """A search that begins with the clique `start`, bool (n,); `cost` float64 is positive."""
    n = cost.size
    order, width = degeneracy_order(indptr, indices)
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    words = (width + 63) // 64
    state = BranchState(
        indptr,
        indices,
        cost,
        order,
        rank,
        local=np.empty(width, np.int64),
        near=np.zeros((width, words), np.uint64),
        open_bits=np.zeros((width + 1, words), np.uint64),
        queue=np.zeros((width + 1, width), np.int32),
        limit=np.zeros((width + 1, width)),
        left=np.zeros(width + 1, np.int64),
        chosen=np.empty(width + 1, np.int64),
        best=start.copy(),
        counts=np.zeros(5, np.int64),
        value=np.array([cost[start].sum(), 0.0, 1e-12 * cost.sum()]),
    )
    state.counts[ROOT] = n - 1
    return state


@njit(cache=True, nogil=True)
def search(s, steps):  # type: ignore[no-untyped-def]
    """Run `steps` nodes or roots; True if `best` improved."""
    s.counts[IMPROVED] = 0
    for _ in range(steps):
        if s.counts[DEPTH] == 0:
            if s.counts[ROOT] < 0:
                s.counts[DONE] = 1
                break
            _open_root(s)
        else:
            _step(s)
    return s.counts[IMPROVED] == 1


@njit(cache=True, nogil=True)
def _open_root(s):  # type: ignore[no-untyped-def]
    v = s.order[s.counts[ROOT]]
    s.counts[ROOT] -= 1
    size, total = 0, s.cost[v]
    for k in range(s.indptr[v], s.indptr[v + 1]):
        w = s.indices[k]
        if s.rank[w] > s.rank[v]:
            s.local[size] = w
            size += 1
            total += s.cost[w]
    s.counts[LOCAL] = size
    s.chosen[0] = v
    s.value[1] = s.cost[v]
    if total <= s.value[0] + s.value[2]:
        return
    if size == 0:
        _keep(s, 1)
        return
    _fill_bits(s, size)
    s.counts[DEPTH] = 1
    for word in range(s.open_bits.shape[1]):
        s.open_bits[0, word] = 0
    for i in range(size):
        s.open_bits[0, i >> 6] |= np.uint64(1) << np.uint64(i & 63)
    _colour(s, 0)


@njit(cache=True, nogil=True)
def _fill_bits(s, size):  # type: ignore[no-untyped-def]
    local = np.sort(s.local[:size])
    s.local[:size] = local
    for i in range(size):
        for word in range(s.near.shape[1]):
            s.near[i, word] = 0
        k, end = s.indptr[local[i]], s.indptr[local[i] + 1]
        if end - k > 16 * size:
            row = s.indices[k:end]
            for j in range(size):
                at = np.searchsorted(row, local[j])
                if at < row.size and row[at] == local[j]:
                    s.near[i, j >> 6] |= np.uint64(1) << np.uint64(j & 63)
            continue
        j = 0
        while k < end and j < size:
            if s.indices[k] == local[j]:
                s.near[i, j >> 6] |= np.uint64(1) << np.uint64(j & 63)
                k += 1
                j += 1
            elif s.indices[k] < local[j]:
                k += 1
            else:
                j += 1


@njit(cache=True, nogil=True)
def _colour(s, level):  # type: ignore[no-untyped-def]
    """Queue the candidates of a level colour by colour, with their limits."""
    words = s.open_bits.shape[1]
    uncoloured = s.open_bits[level].copy()
    queued, total = 0, 0.0
    empty = False
    while not empty:
        free = uncoloured.copy()
        heaviest, begin = 0.0, queued
        for word in range(words):
            while free[word] != 0:
                bit = free[word] & (~free[word] + np.uint64(1))
                i = word * 64 + _position(bit)
                free[word] ^= bit
                uncoloured[word] ^= bit
                for rest in range(word, words):
                    free[rest] &= ~s.near[i, rest]
                s.queue[level, queued] = i
                queued += 1
                heaviest = max(heaviest, s.cost[s.local[i]])
        total += heaviest
        for at in range(begin, queued):
            s.limit[level, at] = total
        empty = True
        for word in range(words):
            empty = empty and uncoloured[word] == 0
    s.left[level] = queued


@njit(cache=True, nogil=True)
def _position(bit):  # type: ignore[no-untyped-def]
    """Of the one bit that is set."""
    found = 0
    if bit & np.uint64(0xFFFFFFFF00000000):
        found += 32
    if bit & np.uint64(0xFFFF0000FFFF0000):
        found += 16
    if bit & np.uint64(0xFF00FF00FF00FF00):
        found += 8
    if bit & np.uint64(0xF0F0F0F0F0F0F0F0):
        found += 4
    if bit & np.uint64(0xCCCCCCCCCCCCCCCC):
        found += 2
    if bit & np.uint64(0xAAAAAAAAAAAAAAAA):
        found += 1
    return found


@njit(cache=True, nogil=True)
def _step(s):  # type: ignore[no-untyped-def]
    """Try the next candidate of the deepest level, or leave the level."""
    level = s.counts[DEPTH] - 1
    at = s.left[level] - 1
    if at < 0 or s.value[1] + s.limit[level, at] <= s.value[0] + s.value[2]:
        s.counts[DEPTH] = level
        if level > 0:
            s.value[1] -= s.cost[s.chosen[level]]
        return
    i = s.queue[level, at]
    s.left[level] = at
    s.open_bits[level, i >> 6] &= ~(np.uint64(1) << np.uint64(i & 63))
    s.chosen[level + 1] = s.local[i]
    s.value[1] += s.cost[s.local[i]]
    some = False
    for word in range(s.open_bits.shape[1]):
        s.open_bits[level + 1, word] = s.open_bits[level, word] & s.near[i, word]
        some = some or s.open_bits[level + 1, word] != 0
    if some:
        s.counts[DEPTH] = level + 2
        _colour(s, level + 1)
        return
    _keep(s, level + 2)
    s.value[1] -= s.cost[s.local[i]]


@njit(cache=True, nogil=True)
def _keep(s, size):  # type: ignore[no-untyped-def]
    if s.value[1] > s.value[0] + s.value[2]:
        s.value[0] = s.value[1]
        s.counts[IMPROVED] = 1
        s.best[:] = False
        for i in range(size):
            s.best[s.chosen[i]] = True
