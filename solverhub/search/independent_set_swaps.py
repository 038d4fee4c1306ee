"""Independent sets of weights: swaps near a random insertion, taken back if they lose too much.

A vertex is forced in; what gains follows: vertices heavier than their neighbours in the set come
in for them, and (1,2)-swaps take out x for two nonadjacent vertices whose only neighbour in the
set is x (Andrade, Resende and Werneck 2012, doi:10.1007/s10732-012-9196-4; with weights Nogueira,
Pinheiro and Subramanian 2018, doi:10.1007/s11590-017-1128-7).  A round that loses in all is kept
with a probability that falls with the temperature, else undone: what a vertex loses before others
come in for those that it put out says little.  A round costs what it touches and nothing in the
size of the graph.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from solverhub.search.subset_random import below, unit

CHOICES = 4
"""Random outsiders of which the one with the fewest neighbours inside is forced in."""

WAITING, LOGGED, GAINS, STEPS, APART, STALE = range(6)
"""Places in `counts`: vertices in `waiting`, `log` and `gains`, rounds, vertices in `apart`, and
rounds since the best set."""

WEIGHT, BEST_WEIGHT, STAMP = range(3)
"""Places in `value`: weights of the set and of the best one, and the last mark."""

LEAST = 1e-12
"""Difference of weights, relative, that is none."""


class SwapState(NamedTuple):
    """Arrays of one chain.

    For a vertex outside, `tight` counts its neighbours inside, `load` is their weight and `sole`
    the sum of their numbers, hence the one where there is one.  `waiting` are vertices inside
    around which a swap may exist, `gains` outsiders that may be worth more than their load, and
    `log` the moves of the round.  The best set is `best`; the current one differs from it in some
    of the vertices `apart`, marked in `differs`.
    """

    indptr: np.ndarray
    indices: np.ndarray
    cost: np.ndarray
    inside: np.ndarray
    tight: np.ndarray
    load: np.ndarray
    sole: np.ndarray
    changed: np.ndarray
    mark: np.ndarray
    waits: np.ndarray
    waiting: np.ndarray
    gains: np.ndarray
    log: np.ndarray
    best: np.ndarray
    apart: np.ndarray
    differs: np.ndarray
    counts: np.ndarray
    value: np.ndarray
    random: np.ndarray


def swap_state(
    indptr: np.ndarray, indices: np.ndarray, cost: np.ndarray, start: np.ndarray, random: np.ndarray
) -> SwapState:
    """The state at `start`, an independent set; `indices` int32, `cost` float64, positive."""
    n = cost.size
    state = SwapState(
        indptr,
        indices,
        cost,
        inside=np.zeros(n, np.bool_),
        tight=np.zeros(n, np.int32),
        load=np.zeros(n),
        sole=np.zeros(n, np.int64),
        changed=np.zeros(n, np.int64),
        mark=np.zeros(n, np.int64),
        waits=np.zeros(n, np.bool_),
        waiting=np.empty(n, np.int32),
        gains=np.empty(max(16, 4 * n), np.int32),
        log=np.empty(max(16, 4 * n), np.int32),
        best=np.zeros(n, np.bool_),
        apart=np.empty(n, np.int32),
        differs=np.zeros(n, np.bool_),
        counts=np.zeros(6, np.int64),
        value=np.zeros(3),
        random=random,
    )
    begin(state, start)
    return state


@njit(cache=True, nogil=True)
def begin(s, start):  # type: ignore[no-untyped-def]
    """Go on from this independent set, as the best."""
    s.inside[:] = False
    s.tight[:] = 0
    s.load[:] = 0.0
    s.sole[:] = 0
    s.waits[:] = False
    s.best[:] = start
    s.differs[:] = False
    s.counts[WAITING] = s.counts[LOGGED] = s.counts[GAINS] = s.counts[APART] = s.counts[STALE] = 0
    s.value[WEIGHT] = 0.0
    for x in range(start.size):
        if start[x]:
            _insert(s, x)
            s.counts[LOGGED] = 0
    s.value[BEST_WEIGHT] = s.value[WEIGHT]
    for x in range(start.size):
        if not s.inside[x] and s.cost[x] > s.load[x]:
            s.gains[s.counts[GAINS]] = x
            s.counts[GAINS] += 1


@njit(cache=True, nogil=True)
def search(s, steps, temperature):  # type: ignore[no-untyped-def]
    """Run `steps` rounds, first of what waits; True if the best set grew."""
    improved = False
    while s.counts[WAITING] + s.counts[GAINS] > 0 and steps > 0:
        _follow(s, 1)
        improved |= _keep(s)
        steps -= 1
    n = s.inside.size
    for _ in range(steps):
        s.counts[STEPS] += 1
        s.counts[STALE] += 1
        v = -1
        for _ in range(CHOICES):
            x = below(s.random, n)
            if s.inside[x]:
                continue
            looser = v < 0 or s.tight[x] < s.tight[v]
            if looser or (s.tight[x] == s.tight[v] and s.changed[x] < s.changed[v]):
                v = x
        if v < 0:
            continue
        weight = s.value[WEIGHT]
        s.counts[LOGGED] = 0
        _force(s, v)
        _follow(s, 1 << 30)
        loss = weight - s.value[WEIGHT]
        if loss <= LEAST * weight or _bears(s, loss, temperature):
            improved |= _keep(s)
        else:
            _undo(s)
            s.value[WEIGHT] = weight
    return improved


@njit(cache=True, nogil=True)
def _bears(s, loss, temperature):  # type: ignore[no-untyped-def]
    return temperature > 0 and unit(s.random) < np.exp(-loss / temperature)


@njit(cache=True, nogil=True)
def _keep(s):  # type: ignore[no-untyped-def]
    """Take the round in; True if the set is the best now."""
    for i in range(s.counts[LOGGED]):
        v = s.log[i]
        if not s.differs[v]:
            s.differs[v] = True
            s.apart[s.counts[APART]] = v
            s.counts[APART] += 1
    s.counts[LOGGED] = 0
    if s.value[WEIGHT] <= s.value[BEST_WEIGHT] * (1 + LEAST):
        return False
    for i in range(s.counts[APART]):
        v = s.apart[i]
        s.best[v] = s.inside[v]
        s.differs[v] = False
    s.counts[APART] = s.counts[STALE] = 0
    s.value[BEST_WEIGHT] = s.value[WEIGHT]
    return True


@njit(cache=True, nogil=True)
def _insert(s, v):  # type: ignore[no-untyped-def]
    indices, tight, load, sole, cost = s.indices, s.tight, s.load, s.sole, s.cost[v]
    s.inside[v] = True
    s.value[WEIGHT] += cost
    s.changed[v] = s.counts[STEPS]
    for k in range(s.indptr[v], s.indptr[v + 1]):
        y = indices[k]
        tight[y] += 1
        load[y] += cost
        sole[y] += v
    _wait(s.waits, s.waiting, s.counts, v)
    s.log[s.counts[LOGGED]] = v
    s.counts[LOGGED] += 1


@njit(cache=True, nogil=True)
def _remove(s, v):  # type: ignore[no-untyped-def]
    indices, tight, load, sole, costs = s.indices, s.tight, s.load, s.sole, s.cost
    waits, waiting, counts, gains = s.waits, s.waiting, s.counts, s.gains
    cost = costs[v]
    s.inside[v] = False
    s.value[WEIGHT] -= cost
    s.changed[v] = counts[STEPS]
    for k in range(s.indptr[v], s.indptr[v + 1]):
        y = indices[k]
        tight[y] -= 1
        sole[y] -= v
        load[y] = load[y] - cost if tight[y] > 0 else 0.0
        if costs[y] > load[y] and counts[GAINS] < gains.size:
            gains[counts[GAINS]] = y
            counts[GAINS] += 1
        if tight[y] == 1:
            _wait(waits, waiting, counts, sole[y])
    s.log[counts[LOGGED]] = v
    counts[LOGGED] += 1


@njit(cache=True, nogil=True)
def _wait(waits, waiting, counts, x):  # type: ignore[no-untyped-def]
    if not waits[x]:
        waits[x] = True
        waiting[counts[WAITING]] = x
        counts[WAITING] += 1


@njit(cache=True, nogil=True)
def _force(s, v):  # type: ignore[no-untyped-def]
    """Put v in and its neighbours out."""
    if s.tight[v] > 0:
        for k in range(s.indptr[v], s.indptr[v + 1]):
            if s.inside[s.indices[k]]:
                _remove(s, s.indices[k])
    _insert(s, v)


@njit(cache=True, nogil=True)
def _follow(s, most):  # type: ignore[no-untyped-def]
    """Take every gain in reach, at most `most` swaps; ends early when the log is nearly full."""
    while s.counts[LOGGED] < s.log.size // 2:
        while s.counts[GAINS] > 0:
            s.counts[GAINS] -= 1
            y = s.gains[s.counts[GAINS]]
            if not s.inside[y] and s.cost[y] > s.load[y] * (1 + LEAST):
                _force(s, y)
        if s.counts[WAITING] == 0 or most == 0:
            return
        most -= 1
        s.counts[WAITING] -= 1
        x = s.waiting[s.counts[WAITING]]
        s.waits[x] = False
        if s.inside[x]:
            _swap(s, x)


@njit(cache=True, nogil=True)
def _swap(s, x):  # type: ignore[no-untyped-def]
    """Take x out for two of the vertices that only it keeps out, if that gains."""
    indptr, indices, tight, mark, cost = s.indptr, s.indices, s.tight, s.mark, s.cost
    count = 0
    for k in range(indptr[x], indptr[x + 1]):
        count += tight[indices[k]] == 1
    if count < 2:
        return
    kept_out = np.empty(count, np.int32)
    count = 0
    for k in range(indptr[x], indptr[x + 1]):
        if tight[indices[k]] == 1:
            kept_out[count] = indices[k]
            count += 1
    turn = below(s.random, count)
    for i in range(count):
        y = kept_out[(i + turn) % count]
        s.value[STAMP] += 1.0
        stamp = np.int64(s.value[STAMP])
        mark[y] = stamp
        for k in range(indptr[y], indptr[y + 1]):
            mark[indices[k]] = stamp
        for z in kept_out:
            if mark[z] != stamp and cost[y] + cost[z] > cost[x] * (1 + LEAST):
                _remove(s, x)
                _insert(s, y)
                if tight[z] == 0:
                    _insert(s, z)
                return


@njit(cache=True, nogil=True)
def _undo(s):  # type: ignore[no-untyped-def]
    """Take back the moves of the round, last first."""
    for i in range(s.counts[LOGGED] - 1, -1, -1):
        v = s.log[i]
        sign = -1 if s.inside[v] else 1
        s.inside[v] = not s.inside[v]
        for k in range(s.indptr[v], s.indptr[v + 1]):
            y = s.indices[k]
            s.tight[y] += sign
            s.load[y] = s.load[y] + sign * s.cost[v] if s.tight[y] > 0 else 0.0
            s.sole[y] += sign * v
    for i in range(s.counts[WAITING]):
        s.waits[s.waiting[i]] = False
    s.counts[WAITING] = s.counts[GAINS] = 0
