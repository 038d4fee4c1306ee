"""Edge-weighting local search for vertex cover: NuMVC, and its form for vertex weights.

NuMVC (Cai, Su, Luo and Sattar 2013, arXiv:1402.0584): keep a set one vertex smaller than the
best cover; take out the vertex that loses least, put in an end of a random uncovered edge that
`fresh` allows, raise the weights of the edges still uncovered, and forget old weights when the
mean grows.  Above `SCAN` vertices the vertex to take out is the best of a sample (Cai 2015,
"Balance between complexity and quality", IJCAI), so that a step does not grow with the graph.

With vertex weights (after Cai, Hou, Wang, Luo and Li 2018, doi:10.24963/ijcai.2018/190): take
out two vertices of least loss per cost, cover again by ends of sampled uncovered edges of most
gain per cost, and drop what became redundant.
"""

from __future__ import annotations

from numba import njit

from solverhub.search.subset_random import below
from solverhub.search.vertex_cover_state import (
    BEST,
    LAST,
    OPEN,
    SIZE,
    STEPS,
    TOTAL,
    enter,
    leave,
    rescore,
)

SCAN = 2000
SAMPLE = 60
EDGE_SAMPLE = 8
KICK = 8
"""One round in so many takes out a few random vertices more."""
FORGET_MEAN = 0.5
FORGET_KEEP = 0.3


@njit(cache=True, nogil=True)
def search_sizes(s, steps):  # type: ignore[no-untyped-def]
    """Run `steps` exchanges for the fewest vertices; True if `best` improved.

    A cover of one vertex is left as it is.
    """
    improved = False
    for _ in range(steps):
        s.counts[STEPS] += 1
        while s.counts[OPEN] == 0:
            s.best[:] = s.inside
            s.counts[BEST] = s.counts[SIZE]
            improved = True
            if s.counts[SIZE] <= 1:
                return improved
            leave(s, _least_loss(s))
        leave(s, _least_loss(s))
        e = s.open_edges[below(s.random, s.counts[OPEN])]
        v = _better_end(s.fresh, s.score, s.changed, s.ends[0, e], s.ends[1, e])
        enter(s, v)
        s.counts[LAST] = v
        _raise_weights(s)
    return improved


@njit(cache=True, nogil=True)
def search_costs(s, steps):  # type: ignore[no-untyped-def]
    """Run `steps` rounds for the least cost; True if `best` improved."""
    improved = False
    for _ in range(steps):
        s.counts[STEPS] += 1
        for _ in range(min(2, s.counts[SIZE])):
            leave(s, _least_loss_per_cost(s))
        if below(s.random, KICK) == 0:
            for _ in range(min(1 + below(s.random, 3), s.counts[SIZE])):
                leave(s, s.members[below(s.random, s.counts[SIZE])])
        put_in = 0
        while s.counts[OPEN] > 0:
            v = _most_gain_per_cost(s)
            enter(s, v)
            s.entered[put_in] = v
            put_in += 1
            s.counts[LAST] = v
            _raise_weights(s)
        _drop_redundant(s, put_in)
        if s.value[0] < s.value[1] - 1e-12 * abs(s.value[1]):
            s.best[:] = s.inside
            s.value[1] = s.value[0]
            s.counts[BEST] = s.counts[SIZE]
            improved = True
    return improved


@njit(cache=True, nogil=True)
def _better_end(fresh, score, changed, a, b):  # type: ignore[no-untyped-def]
    if not fresh[a]:
        return b
    if not fresh[b] or score[a] > score[b]:
        return a
    return a if score[a] == score[b] and changed[a] < changed[b] else b


@njit(cache=True, nogil=True)
def _least_loss(s):  # type: ignore[no-untyped-def]
    scores, changed, members = s.score, s.changed, s.members
    size, last = s.counts[SIZE], s.counts[LAST]
    scan = size <= SCAN
    found = members[0] if scan else members[below(s.random, size)]
    if found == last and size > 1:
        found = members[(s.place[last] + 1) % size]
    score = scores[found]
    for i in range(size if scan else SAMPLE):
        u = members[i] if scan else members[below(s.random, size)]
        if scores[u] < score or u == last:
            continue
        if scores[u] > score or changed[u] < changed[found]:
            found, score = u, scores[u]
    return found


@njit(cache=True, nogil=True)
def _least_loss_per_cost(s):  # type: ignore[no-untyped-def]
    size, last = s.counts[SIZE], s.counts[LAST]
    found = s.members[below(s.random, size)]
    if found == last and size > 1:
        found = s.members[(s.place[last] + 1) % size]
    tries = size if size <= SAMPLE else SAMPLE
    for i in range(tries):
        u = s.members[i] if size <= SAMPLE else s.members[below(s.random, size)]
        if u == last:
            continue
        ahead = s.score[u] * s.cost[found] - s.score[found] * s.cost[u]
        if ahead > 0 or (ahead == 0 and s.changed[u] < s.changed[found]):
            found = u
    return found


@njit(cache=True, nogil=True)
def _most_gain_per_cost(s):  # type: ignore[no-untyped-def]
    found = -1
    for _ in range(min(s.counts[OPEN], EDGE_SAMPLE)):
        e = s.open_edges[below(s.random, s.counts[OPEN])]
        for end in range(2):
            v = s.ends[end, e]
            if not s.fresh[v]:
                continue
            if found < 0:
                found = v
                continue
            ahead = s.score[v] * s.cost[found] - s.score[found] * s.cost[v]
            if ahead > 0 or (ahead == 0 and s.changed[v] < s.changed[found]):
                found = v
    return s.ends[0, s.open_edges[0]] if found < 0 else found


@njit(cache=True, nogil=True)
def _drop_redundant(s, put_in):  # type: ignore[no-untyped-def]
    """Only the vertices just put in and their neighbours can have become redundant."""
    for i in range(put_in):
        v = s.entered[i]
        for k in range(s.indptr[v], s.indptr[v + 1]):
            y = s.indices[k]
            if s.inside[y] and s.score[y] == 0:
                leave(s, y)
        if s.inside[v] and s.score[v] == 0:
            leave(s, v)


@njit(cache=True, nogil=True)
def _raise_weights(s):  # type: ignore[no-untyped-def]
    for i in range(s.counts[OPEN]):
        e = s.open_edges[i]
        s.weight[e] += 1
        s.score[s.ends[0, e]] += 1
        s.score[s.ends[1, e]] += 1
    s.counts[TOTAL] += s.counts[OPEN]
    if s.counts[TOTAL] > FORGET_MEAN * s.inside.size * s.weight.size:
        s.counts[TOTAL] = 0
        for e in range(s.weight.size):
            # at least 1, since a vertex of score 0 counts as redundant
            s.weight[e] = max(1, int(FORGET_KEEP * s.weight[e]))
            s.counts[TOTAL] += s.weight[e]
        rescore(s)
