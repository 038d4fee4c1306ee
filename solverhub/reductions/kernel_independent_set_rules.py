"""Numba kernels of the reductions of independent set, and of lifting solutions back.

The graph is a pool of rows `pool[start[v]:start[v] + length[v]]` that may hold vertices that are
gone; `degree` counts the others.  A fold appends the row of its new vertex, which takes the number
of the vertex folded.  The trail lists what was done, as runs of numbers in `trail`, each ended by
its length and rule, so that it can be read backwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

TAKE, TRANSFER, FOLD = range(3)
"""v in; v in unless a neighbour in the list is; v, u, w: a fold of v with neighbours u and w."""

POOL, TRAIL, QUEUE, STAMP = range(4)
"""Places in `counts`: used entries of `pool`, `trail` and `queue`, and the last mark."""

NO, YES, UNKNOWN = range(3)
CLIQUE_DEGREE = 6
"""Neighbours up to which it is asked whether they form a clique."""
LONG_ROW = 1024
"""Entries of a row beyond which it is not read for a test, lest hubs make that quadratic."""


class Reducing(NamedTuple):
    """Arrays of a run; `cost` float64 are the weights, which reductions change."""

    start: np.ndarray
    length: np.ndarray
    pool: np.ndarray
    degree: np.ndarray
    cost: np.ndarray
    alive: np.ndarray
    mark: np.ndarray
    queue: np.ndarray
    queued: np.ndarray
    trail: np.ndarray
    counts: np.ndarray


@njit(cache=True, nogil=True)
def push_all(r):  # type: ignore[no-untyped-def]
    """Queue every vertex that is left."""
    for v in range(r.alive.size):
        if r.alive[v]:
            _push(r.queued, r.queue, r.counts, v)


@njit(cache=True, nogil=True)
def reduce(r, longest, most):  # type: ignore[no-untyped-def]
    """Apply the rules to queued vertices, at most `most`; `longest` degree for dominance."""
    while r.counts[QUEUE] > 0 and most > 0:
        most -= 1
        r.counts[QUEUE] -= 1
        v = r.queue[r.counts[QUEUE]]
        r.queued[v] = False
        if r.alive[v]:
            _apply(r, v, longest)


@njit(cache=True, nogil=True)
def _apply(r, v, longest):  # type: ignore[no-untyped-def]
    _compact(r, v)
    degree = r.degree[v]
    if degree == 0:
        take(r, v)
        return
    if degree > longest:
        return
    row = r.pool[r.start[v] : r.start[v] + degree]
    total, heaviest = 0.0, 0.0
    for u in row:
        total += r.cost[u]
        heaviest = max(heaviest, r.cost[u])
    if r.cost[v] >= total:
        take(r, v)
        return
    shape = _neighbours_form_clique(r, v) if degree <= CLIQUE_DEGREE else NO
    if shape == YES:
        if r.cost[v] >= heaviest:
            take(r, v)
        else:
            _transfer(r, v)
    elif shape == NO and degree == 2 and r.cost[v] >= heaviest:
        _fold(r, v, row[0], row[1])
    elif shape == NO:
        _drop_dominated(r, v)


@njit(cache=True, nogil=True)
def _push(queued, queue, counts, v):  # type: ignore[no-untyped-def]
    if not queued[v]:
        queued[v] = True
        queue[counts[QUEUE]] = v
        counts[QUEUE] += 1


@njit(cache=True, nogil=True)
def _compact(r, v):  # type: ignore[no-untyped-def]
    at = r.start[v]
    for k in range(r.start[v], r.start[v] + r.length[v]):
        if r.alive[r.pool[k]]:
            r.pool[at] = r.pool[k]
            at += 1
    r.length[v] = at - r.start[v]


@njit(cache=True, nogil=True)
def remove(r, v):  # type: ignore[no-untyped-def]
    """v is out of the set for good."""
    r.alive[v] = False
    for k in range(r.start[v], r.start[v] + r.length[v]):
        u = r.pool[k]
        if r.alive[u]:
            r.degree[u] -= 1
            _push(r.queued, r.queue, r.counts, u)


@njit(cache=True, nogil=True)
def take(r, v):  # type: ignore[no-untyped-def]
    """v is in the set, its neighbours are out."""
    _note(r, TAKE, np.array([v]))
    r.alive[v] = False
    for k in range(r.start[v], r.start[v] + r.length[v]):
        if r.alive[r.pool[k]]:
            remove(r, r.pool[k])


@njit(cache=True, nogil=True)
def _note(r, rule, numbers):  # type: ignore[no-untyped-def]
    at = r.counts[TRAIL]
    r.trail[at : at + numbers.size] = numbers
    r.trail[at + numbers.size] = numbers.size
    r.trail[at + numbers.size + 1] = rule
    r.counts[TRAIL] = at + numbers.size + 2


@njit(cache=True, nogil=True)
def _neighbours_form_clique(r, v):  # type: ignore[no-untyped-def]
    row = r.pool[r.start[v] : r.start[v] + r.length[v]]
    for i in range(row.size):
        for j in range(i):
            a, b = row[i], row[j]
            if r.length[b] < r.length[a]:
                a, b = b, a
            if r.length[a] > LONG_ROW:
                return UNKNOWN
            found = False
            for k in range(r.start[a], r.start[a] + r.length[a]):
                found = found or r.pool[k] == b
            if not found:
                return NO
    return YES


@njit(cache=True, nogil=True)
def _transfer(r, v):  # type: ignore[no-untyped-def]
    """A simplicial v counts in any case: its weight is taken off its neighbours."""
    row = r.pool[r.start[v] : r.start[v] + r.length[v]].copy()
    numbers = np.empty(row.size + 1, np.int64)
    numbers[0] = v
    size = 1
    for u in row:
        if r.cost[u] > r.cost[v]:
            numbers[size] = u
            size += 1
    _note(r, TRANSFER, numbers[:size])
    for u in row:
        if r.cost[u] > r.cost[v]:
            r.cost[u] -= r.cost[v]
        else:
            remove(r, u)
    remove(r, v)


@njit(cache=True, nogil=True)
def _fold(r, v, u, w):  # type: ignore[no-untyped-def]
    """v stands from now on for u and w both in, and v in otherwise."""
    need = r.length[u] + r.length[w]
    if r.counts[POOL] + need > r.pool.size:
        return
    _note(r, FOLD, np.array([v, u, w]))
    r.counts[STAMP] += 1
    stamp, begin = r.counts[STAMP], r.counts[POOL]
    r.mark[v] = stamp
    r.alive[u] = r.alive[w] = False
    at = begin
    for x in (u, w):
        for k in range(r.start[x], r.start[x] + r.length[x]):
            y = r.pool[k]
            if y == v or not r.alive[y]:
                continue
            if r.mark[y] == stamp:
                r.degree[y] -= 1
                _push(r.queued, r.queue, r.counts, y)
                continue
            r.mark[y] = stamp
            r.pool[at] = y
            at += 1
            for q in range(r.start[y], r.start[y] + r.length[y]):
                if r.pool[q] == x:
                    r.pool[q] = v
                    break
            _push(r.queued, r.queue, r.counts, y)
    r.start[v], r.length[v], r.degree[v] = begin, at - begin, at - begin
    r.counts[POOL] = at
    r.cost[v] = r.cost[u] + r.cost[w] - r.cost[v]
    _push(r.queued, r.queue, r.counts, v)


@njit(cache=True, nogil=True)
def _drop_dominated(r, v):  # type: ignore[no-untyped-def]
    """Remove neighbours of no more weight that see all that v sees.

    They are common neighbours of all neighbours of v, so the shortest rows are asked first: two
    or three of them leave no candidate in most sparse graphs, and hubs are hardly ever read.
    """
    row = r.pool[r.start[v] : r.start[v] + r.length[v]]
    left = np.empty(row.size, np.int32)
    count = 0
    for u in row:
        if r.cost[u] <= r.cost[v] and r.degree[u] >= row.size:
            left[count] = u
            count += 1
    if count == 0:
        return
    asked = row[np.argsort(r.length[row])]
    for y in asked:
        count = _adjacent(r, y, left, count)
        if count == 0:
            return
    for u in left[:count]:
        remove(r, u)


@njit(cache=True, nogil=True)
def _adjacent(r, y, left, count):  # type: ignore[no-untyped-def]
    """Keep those of `left[:count]` that are y or next to it, in place; returns how many.

    Where both rows are too long to read a vertex counts as not adjacent.
    """
    r.counts[STAMP] += 1
    stamp = r.counts[STAMP]
    short = r.length[y] <= LONG_ROW
    if short:
        for k in range(r.start[y], r.start[y] + r.length[y]):
            r.mark[r.pool[k]] = stamp
    kept = 0
    for i in range(count):
        u = left[i]
        found = u == y or (short and r.mark[u] == stamp)
        if not short and not found and r.length[u] <= LONG_ROW:
            for k in range(r.start[u], r.start[u] + r.length[u]):
                found = found or r.pool[k] == y
        if found:
            left[kept] = u
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def lift(trail, selected):  # type: ignore[no-untyped-def]
    """Extend a set of the kernel to one of the graph, in place; `trail` is what was used."""
    end = trail.size
    while end > 0:
        rule, size = trail[end - 1], trail[end - 2]
        numbers = trail[end - 2 - size : end - 2]
        end -= size + 2
        v = numbers[0]
        if rule == FOLD:
            if selected[v]:
                selected[v] = False
                selected[numbers[1]] = selected[numbers[2]] = True
            else:
                selected[v] = True
        else:
            blocked = False
            for u in numbers[1:]:
                blocked = blocked or selected[u]
            selected[v] = not blocked


@njit(cache=True, nogil=True)
def lower(trail, selected):  # type: ignore[no-untyped-def]
    """The opposite, in place, for a set that need not be what any set of the kernel lifts to."""
    ends = np.empty(trail.size // 3 + 1, np.int64)
    count, end = 0, trail.size
    while end > 0:
        ends[count] = end
        count += 1
        end -= trail[end - 2] + 2
    for i in range(count - 1, -1, -1):
        end = ends[i]
        numbers = trail[end - 2 - trail[end - 2] : end - 2]
        if trail[end - 1] == FOLD:
            both = selected[numbers[1]] and selected[numbers[2]]
            selected[numbers[0]] = both
            selected[numbers[1]] = selected[numbers[2]] = False
