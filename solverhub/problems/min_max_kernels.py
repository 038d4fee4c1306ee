"""What a limit on the disagreement of every vertex forces on pairs: the kernels of the bound.

State of k vertices: `state` int8 (k, k), +1 for pairs that share a cluster, -1 for pairs that do
not, 0 for open ones, closed under both kinds of transitivity; `cost` int64 (k,), what the
decided pairs cost each vertex; `trail` int64, the decided pairs in order, u k + v, of which
there are `top[0]`; `dirty` bool (k,), vertices with something new.  The rules are in
`min_max_bound`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

DONE, REFUTED, PAUSED = range(3)
_EVERYTHING = 2**62


@njit(cache=True, nogil=True)
def fresh(k):  # type: ignore[no-untyped-def]
    """(state, cost, trail, top, dirty) with every pair open."""
    state = np.zeros((k, k), np.int8)
    for u in range(k):
        state[u, u] = 1
    pairs = k * (k - 1) // 2
    return (
        state,
        np.zeros(k, np.int64),
        np.empty(pairs, np.int64),
        np.zeros(1, np.int64),
        np.ones(k, np.bool_),
    )


@njit(cache=True, nogil=True, inline="always")
def _set(a, b, sign, weights, state, cost, trail, top, dirty):  # type: ignore[no-untyped-def]
    if state[a, b] != 0:
        return
    state[a, b] = sign
    state[b, a] = sign
    w = weights[a, b]
    if w * sign < 0:
        cost[a] += abs(w)
        cost[b] += abs(w)
    trail[top[0]] = a * state.shape[0] + b
    top[0] += 1
    dirty[a] = True
    dirty[b] = True


@njit(cache=True, nogil=True)
def decide(u, v, sign, weights, state, cost, trail, top, dirty):  # type: ignore[no-untyped-def]
    """Decide the open pair u, v and all that follows by transitivity."""
    k = state.shape[0]
    mine = np.flatnonzero(state[u] == 1)
    other = np.flatnonzero(state[v] == 1)
    if sign > 0:
        for w in range(k):
            if state[u, w] == -1 and state[v, w] == 0:
                for b in other:
                    _set(b, w, -1, weights, state, cost, trail, top, dirty)
            elif state[v, w] == -1 and state[u, w] == 0:
                for a in mine:
                    _set(a, w, -1, weights, state, cost, trail, top, dirty)
    for a in mine:
        for b in other:
            _set(a, b, sign, weights, state, cost, trail, top, dirty)


@njit(cache=True, nogil=True)
def undo(mark, weights, state, cost, trail, top, dirty):  # type: ignore[no-untyped-def]
    """Open again the pairs decided since the trail had the length `mark`."""
    k = state.shape[0]
    while top[0] > mark:
        top[0] -= 1
        a, b = divmod(trail[top[0]], k)
        w = weights[a, b]
        if w * state[a, b] < 0:
            cost[a] -= abs(w)
            cost[b] -= abs(w)
        state[a, b] = 0
        state[b, a] = 0
    dirty[:] = False


@njit(cache=True, nogil=True)
def pressure(u, v, weights, split, clash, state):  # type: ignore[no-untyped-def]
    """What deciding the open pair u, v costs beyond what is decided: (u, v, either) joined, and
    (u, v, either) separated; the third is what they pay together, whoever of them."""
    join_u = join_v = part_u = part_v = 0
    joint, parted = clash[u, v], split[u, v]
    w = weights[u, v]
    if w < 0:
        join_u = join_v = -w
    else:
        part_u = part_v = w
    state_u, state_v, weights_u, weights_v = state[u], state[v], weights[u], weights[v]
    for x in range(state.shape[0]):
        a, b = state_u[x], state_v[x]
        if a * b != 0 or x in (u, v):
            continue
        p, q = weights_u[x], weights_v[x]
        if a == 0 and b == 0:
            if p > 0:
                if q > 0:
                    parted += min(p, q)
                else:
                    joint += min(p, -q)
            elif q > 0:
                joint += min(-p, q)
        elif b != 0:
            if b < 0:
                join_u += max(p, 0)
            else:
                join_u += max(-p, 0)
                part_u += max(p, 0)
        elif a < 0:
            join_v += max(q, 0)
        else:
            join_v += max(-q, 0)
            part_v += max(q, 0)
    return join_u, join_v, joint, part_u, part_v, parted


@njit(cache=True, nogil=True)
def _excluded(u, v, limit, weights, split, clash, state, cost):  # type: ignore[no-untyped-def]
    """(joining u and v is impossible, separating them is)."""
    join_u, join_v, joint, part_u, part_v, parted = pressure(u, v, weights, split, clash, state)
    spare_u, spare_v = limit - cost[u], limit - cost[v]
    spare = spare_u + spare_v
    apart = join_u > spare_u or join_v > spare_v or join_u + join_v + joint > spare
    together = part_u > spare_u or part_v > spare_v or part_u + part_v + parted > spare
    return apart, together


@njit(cache=True, nogil=True)
def propagate(limit, weights, split, clash, state, cost, trail, top, dirty, most):  # type: ignore[no-untyped-def]
    """Decide all pairs that the rules force: `DONE`, `REFUTED` if some vertex must exceed the
    limit, or `PAUSED` after `most` tests of pairs, to be called again."""
    k = state.shape[0]
    while True:
        for u in range(k):
            if cost[u] > limit:
                return REFUTED
        recent = dirty.copy()
        dirty[:] = False
        if not recent.any():
            return DONE
        for u in range(k):
            for v in range(u):
                if state[u, v] != 0 or not (recent[u] or recent[v]):
                    continue
                most -= 1
                apart, together = _excluded(u, v, limit, weights, split, clash, state, cost)
                if apart and together:
                    return REFUTED
                if apart:
                    decide(u, v, -1, weights, state, cost, trail, top, dirty)
                elif together:
                    decide(u, v, 1, weights, state, cost, trail, top, dirty)
            if most < 0:
                dirty |= recent
                return PAUSED


@njit(cache=True, nogil=True)
def replay(limit, weights, split, clash, pairs):  # type: ignore[no-untyped-def]
    """Whether the rules, and a choice between joining and separating each of `pairs` int64 (m, 2)
    in the order in which a depth-first search meets them, leave no clustering within the limit.
    """
    k, m = weights.shape[0], pairs.shape[0]
    state, cost, trail, top, dirty = fresh(k)
    marks = np.empty(m + 1, np.int64)
    open_pair = np.empty(m + 1, np.int64)
    depth = used = 0
    while True:
        found = propagate(limit, weights, split, clash, state, cost, trail, top, dirty, _EVERYTHING)
        if found == DONE:
            if used == m:
                return False
            u, v = pairs[used]
            if u == v or state[u, v] != 0:
                return False
            marks[depth], open_pair[depth] = top[0], used
            depth += 1
            used += 1
            sign = 1
        else:
            if depth == 0:
                return used == m
            depth -= 1
            undo(marks[depth], weights, state, cost, trail, top, dirty)
            u, v = pairs[open_pair[depth]]
            sign = -1
        decide(u, v, sign, weights, state, cost, trail, top, dirty)


@njit(cache=True, nogil=True)
def outside(vertices, place, indptr, indices, weights, complete):  # type: ignore[no-untyped-def]
    """(split, clash): see `min_max_bound.Core`.

    `place` int64 (n,) is the position of a vertex in `vertices`, -1 outside; `weights` int64 of
    the entries of `indices`.  In a complete instance the pairs not listed weigh -1.
    """
    k, n = vertices.size, indptr.size - 1
    split = np.zeros((k, k), np.int64)
    clash = np.zeros((k, k), np.int64)
    row = np.zeros(n, np.int64)
    beyond = np.zeros(k, np.int64)
    for a in range(k):
        for i in range(indptr[vertices[a]], indptr[vertices[a] + 1]):
            beyond[a] += place[indices[i]] < 0
    for a in range(k):
        u = vertices[a]
        for i in range(indptr[u], indptr[u + 1]):
            if place[indices[i]] < 0:
                row[indices[i]] = weights[i]
        for b in range(a):
            v = vertices[b]
            both = against = 0
            for i in range(indptr[v], indptr[v + 1]):
                p, q = row[indices[i]], weights[i]
                if p > 0 and q > 0:
                    both += min(p, q)
                elif p * q != 0 and (p > 0) != (q > 0):
                    against += min(abs(p), abs(q))
            if complete:
                against = beyond[a] + beyond[b] - 2 * both
            split[a, b] = split[b, a] = both
            clash[a, b] = clash[b, a] = against
        for i in range(indptr[u], indptr[u + 1]):
            row[indices[i]] = 0
    return split, clash
