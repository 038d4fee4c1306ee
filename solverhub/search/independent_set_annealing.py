"""Independent sets of graphs without weights: annealing of forced insertions.

A proposal is a vertex at random.  One with at most one neighbour in the set comes in for it, one
with more with a probability that falls with the temperature, and whatever is free then comes in
too.  That is Metropolis' walk over maximal sets, which on sparse random graphs is hard to beat
(Angelini and Ricci-Tersenghi 2019, doi:10.1103/PhysRevE.100.013302): refusing a proposal takes one
look at an array, so that a core makes 70 to 140 million of them a second.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from solverhub.search.subset_random import below

INSIDE = 1 << 30
"""What `tight` of a vertex inside is, which has no neighbours there."""

ALWAYS = 1 << 31
"""A chance of one, in the numbers that `below` draws from."""

SIZE, BEST, APART = range(3)
"""Places in `counts`: vertices inside, in the best set, and in `apart`."""


class AnnealingState(NamedTuple):
    """Arrays of one chain.

    `tight` counts a vertex's neighbours inside, and is `INSIDE` for those inside.  The best set is
    `best`; the current one differs from it in some of the vertices `apart`, marked in `differs`.
    `free` is scratch.
    """

    indptr: np.ndarray
    indices: np.ndarray
    tight: np.ndarray
    best: np.ndarray
    apart: np.ndarray
    differs: np.ndarray
    free: np.ndarray
    counts: np.ndarray
    random: np.ndarray


def annealing_state(
    indptr: np.ndarray, indices: np.ndarray, start: np.ndarray, random: np.ndarray
) -> AnnealingState:
    """The state at `start`, an independent set, bool (n,); `indices` int32."""
    n = start.size
    state = AnnealingState(
        indptr,
        indices,
        tight=np.zeros(n, np.int32),
        best=np.zeros(n, np.bool_),
        apart=np.empty(n, np.int32),
        differs=np.zeros(n, np.bool_),
        free=np.empty(n, np.int32),
        counts=np.zeros(3, np.int64),
        random=random,
    )
    begin(state, start)
    return state


def chances(temperature: float) -> np.ndarray:
    """int64: of ALWAYS, the chance of a proposal with that many neighbours inside."""
    found = [ALWAYS, ALWAYS]
    while found[-1] > 0:
        found.append(int(ALWAYS * math.exp((1 - len(found)) / temperature)))
    return np.array(found[:-1], np.int64)


@njit(cache=True, nogil=True)
def begin(s, start):  # type: ignore[no-untyped-def]
    """Go on from this independent set, as the best."""
    s.tight[:] = 0
    s.best[:] = start
    s.counts[:] = 0
    for v in range(start.size):
        if start[v]:
            _insert(s, v)
    s.counts[BEST] = s.counts[SIZE]
    s.counts[APART] = 0
    s.differs[:] = False


@njit(cache=True, nogil=True)
def anneal(s, proposals, chance):  # type: ignore[no-untyped-def]
    """Make so many proposals with these chances; True if the best set grew."""
    tight, n, most, improved = s.tight, s.tight.size, chance.size, False
    for _ in range(proposals):
        v = below(s.random, n)
        t = tight[v]
        if t >= most or (t > 1 and below(s.random, ALWAYS) >= chance[t]):
            continue
        freed = 0
        if t > 0:
            for k in range(s.indptr[v], s.indptr[v + 1]):
                y = s.indices[k]
                if tight[y] >= INSIDE:
                    freed = _remove(s, y, freed)
                    t -= 1
                    if t == 0:
                        break
        _insert(s, v)
        while freed > 0:
            i = below(s.random, freed)
            freed -= 1
            y = s.free[i]
            s.free[i] = s.free[freed]
            if tight[y] == 0:
                _insert(s, y)
        if s.counts[SIZE] > s.counts[BEST]:
            improved = True
            _keep(s)
    return improved


@njit(cache=True, nogil=True)
def _insert(s, v):  # type: ignore[no-untyped-def]
    s.tight[v] = INSIDE
    s.counts[SIZE] += 1
    for k in range(s.indptr[v], s.indptr[v + 1]):
        s.tight[s.indices[k]] += 1
    _mark(s, v)


@njit(cache=True, nogil=True)
def _remove(s, v, freed):  # type: ignore[no-untyped-def]
    """Take v out; the number of vertices in `free` with those that have no neighbour inside now."""
    s.tight[v] = 0
    s.counts[SIZE] -= 1
    for k in range(s.indptr[v], s.indptr[v + 1]):
        y = s.indices[k]
        s.tight[y] -= 1
        if s.tight[y] == 0:
            s.free[freed] = y
            freed += 1
    _mark(s, v)
    return freed


@njit(cache=True, nogil=True)
def _mark(s, v):  # type: ignore[no-untyped-def]
    if not s.differs[v]:
        s.differs[v] = True
        s.apart[s.counts[APART]] = v
        s.counts[APART] += 1


@njit(cache=True, nogil=True)
def _keep(s):  # type: ignore[no-untyped-def]
    """The current set is the best now."""
    for i in range(s.counts[APART]):
        v = s.apart[i]
        s.best[v] = s.tight[v] >= INSIDE
        s.differs[v] = False
    s.counts[APART] = 0
    s.counts[BEST] = s.counts[SIZE]
