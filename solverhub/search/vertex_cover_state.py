"""The state of an edge-weighting vertex cover search, and its two moves.

`score` of a vertex outside the cover is the weight of the uncovered edges at it; inside, it is
minus the weight of the edges that it alone covers.  `fresh` is configuration checking: a vertex
may come back only after a neighbour has changed sides (Cai, Su, Luo and Sattar 2013,
arXiv:1402.0584).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

SIZE, OPEN, STEPS, LAST, BEST, TOTAL = range(6)
"""Places in `counts`: cover size, uncovered edges, steps, vertex last added, best size, weights."""


class CoverState(NamedTuple):
    """Arrays of one chain; edges are numbered as in `ends`.

    `members[:counts[SIZE]]` is the cover and `open_edges[:counts[OPEN]]` the uncovered edges, with
    `place` and `open_place` their positions.  `cost` are the vertex weights; `value[0]` is the
    cost of the cover and `value[1]` that of `best`.
    """

    indptr: np.ndarray
    indices: np.ndarray
    edge_ids: np.ndarray
    ends: np.ndarray
    cost: np.ndarray
    inside: np.ndarray
    best: np.ndarray
    fresh: np.ndarray
    score: np.ndarray
    changed: np.ndarray
    weight: np.ndarray
    members: np.ndarray
    entered: np.ndarray
    place: np.ndarray
    open_edges: np.ndarray
    open_place: np.ndarray
    counts: np.ndarray
    value: np.ndarray
    random: np.ndarray


def cover_state(
    indptr: np.ndarray,
    indices: np.ndarray,
    edge_ids: np.ndarray,
    ends: np.ndarray,
    cost: np.ndarray,
    cover: np.ndarray,
    random: np.ndarray,
) -> CoverState:
    """The state of a chain that starts from `cover`, bool (n,), which covers every edge.

    `indptr` int64, `indices`, `edge_ids` and `ends` (2, E) int32, `cost` float64 (n,).
    """
    n, m = cost.size, ends.shape[1]
    state = CoverState(
        indptr,
        indices,
        edge_ids,
        ends,
        cost,
        inside=np.zeros(n, np.bool_),
        best=np.zeros(n, np.bool_),
        fresh=np.ones(n, np.bool_),
        score=np.zeros(n, np.int64),
        changed=np.zeros(n, np.int64),
        weight=np.ones(m, np.int32),
        members=np.empty(n, np.int32),
        entered=np.empty(n, np.int32),
        place=np.empty(n, np.int32),
        open_edges=np.empty(m, np.int32),
        open_place=np.empty(m, np.int32),
        counts=np.zeros(6, np.int64),
        value=np.zeros(2),
        random=random,
    )
    state.counts[TOTAL] = m
    restart(state, cover)
    return state


@njit(cache=True, nogil=True)
def restart(s, cover):  # type: ignore[no-untyped-def]
    """Go on from this cover, keeping the edge weights; it becomes the best."""
    s.best[:] = cover
    s.inside[:] = cover
    s.fresh[:] = True
    s.counts[SIZE] = s.counts[OPEN] = 0
    s.counts[LAST] = -1
    s.value[0] = 0.0
    for x in range(cover.size):
        if cover[x]:
            s.place[x] = s.counts[SIZE]
            s.members[s.counts[SIZE]] = x
            s.counts[SIZE] += 1
            s.value[0] += s.cost[x]
    s.counts[BEST] = s.counts[SIZE]
    s.value[1] = s.value[0]
    rescore(s)


@njit(cache=True, nogil=True)
def rescore(s):  # type: ignore[no-untyped-def]
    """Scores from scratch."""
    s.score[:] = 0
    for e in range(s.weight.size):
        a, b = s.ends[0, e], s.ends[1, e]
        if s.inside[a]:
            if not s.inside[b]:
                s.score[a] -= s.weight[e]
        elif s.inside[b]:
            s.score[b] -= s.weight[e]
        else:
            s.score[a] += s.weight[e]
            s.score[b] += s.weight[e]


@njit(cache=True, nogil=True)
def leave(s, u):  # type: ignore[no-untyped-def]
    """Take u out of the cover."""
    s.inside[u] = False
    s.fresh[u] = False
    s.score[u] = -s.score[u]
    s.changed[u] = s.counts[STEPS]
    s.value[0] -= s.cost[u]
    s.counts[SIZE] -= 1
    moved = s.members[s.counts[SIZE]]
    s.members[s.place[u]] = moved
    s.place[moved] = s.place[u]
    fresh, inside, score, weight, counts = s.fresh, s.inside, s.score, s.weight, s.counts
    for k in range(s.indptr[u], s.indptr[u + 1]):
        y, e = s.indices[k], s.edge_ids[k]
        fresh[y] = True
        if inside[y]:
            score[y] -= weight[e]
        else:
            score[y] += weight[e]
            s.open_place[e] = counts[OPEN]
            s.open_edges[counts[OPEN]] = e
            counts[OPEN] += 1


@njit(cache=True, nogil=True)
def enter(s, v):  # type: ignore[no-untyped-def]
    """Put v into the cover."""
    s.inside[v] = True
    s.score[v] = -s.score[v]
    s.changed[v] = s.counts[STEPS]
    s.value[0] += s.cost[v]
    s.place[v] = s.counts[SIZE]
    s.members[s.counts[SIZE]] = v
    s.counts[SIZE] += 1
    fresh, inside, score, weight, counts = s.fresh, s.inside, s.score, s.weight, s.counts
    for k in range(s.indptr[v], s.indptr[v + 1]):
        y, e = s.indices[k], s.edge_ids[k]
        fresh[y] = True
        if inside[y]:
            score[y] += weight[e]
        else:
            score[y] -= weight[e]
            counts[OPEN] -= 1
            moved = s.open_edges[counts[OPEN]]
            s.open_edges[s.open_place[e]] = moved
            s.open_place[moved] = s.open_place[e]
