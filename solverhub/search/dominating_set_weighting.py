"""Row-weighting local search for set covers, which a dominating set is.

RWLS (Gao, Weise and Li 2015, doi:10.1109/CEC.2015.7256948 and doi:10.1016/j.ejor.2015.04.051):
whenever everything is covered drop the column that covers least alone; then, each step, take out
the least useful column, put in the best one of a random uncovered row that `fresh` allows
(configuration checking), and raise the weights of the rows still uncovered.  Columns just put
in stay for a step.  With costs, gains and losses count per cost, and a step goes on until what
is inside costs less than the best.  Above `SCAN` columns inside, the one to take out is the best
of a sample.
"""

from __future__ import annotations

import heapq

from numba import njit

from solverhub.search.dominating_set_state import (
    OPEN,
    SIZE,
    STEPS,
    enter,
    keep_best,
    leave,
)
from solverhub.search.subset_random import below

SCAN = 300
SAMPLE = 60


@njit(cache=True, nogil=True)
def cover_greedily(s):  # type: ignore[no-untyped-def]
    """Cover open rows by the columns of most gain per cost, then drop what is redundant.

    Chvatal 1979 (doi:10.1287/moor.4.3.233); gains only fall, so an entry of the heap that is out
    of date goes back with its new gain.
    """
    heap = [(0.0, -1)]
    for c in range(s.cost.size):
        if not s.inside[c] and s.score[c] > 0:
            heap.append((-s.score[c] / s.cost[c], c))
    heapq.heapify(heap)
    while s.counts[OPEN] > 0:
        rank, c = heapq.heappop(heap)
        if c < 0 or s.inside[c] or s.score[c] <= 0:
            continue
        now = -s.score[c] / s.cost[c]
        if now > rank:
            heapq.heappush(heap, (now, c))
        else:
            enter(s, c)
    for i in range(s.counts[SIZE] - 1, -1, -1):
        if s.score[s.members[i]] == 0:
            leave(s, s.members[i])
    s.fresh[:] = True


@njit(cache=True, nogil=True)
def search(s, steps):  # type: ignore[no-untyped-def]
    """Run `steps` exchanges; True if `best` improved.  There must be rows."""
    improved = False
    for _ in range(steps):
        s.counts[STEPS] += 1
        while s.counts[OPEN] == 0:
            if s.value[0] < s.value[1] - 1e-12 * s.value[1]:
                keep_best(s)
                improved = True
            leave(s, _least_useful(s))
        if s.counts[SIZE] > 0:
            leave(s, _least_useful(s))
        s.barred[0] = s.barred[1] = -1
        while s.counts[OPEN] > 0:
            r = s.open_rows[below(s.random, s.counts[OPEN])]
            c = _best_of_row(s, r)
            if s.value[0] + s.cost[c] >= s.value[1] - 1e-12 * s.value[1] and s.counts[SIZE] > 0:
                break
            enter(s, c)
            s.barred[1], s.barred[0] = s.barred[0], c
            _raise_weights(s)
        if s.counts[OPEN] > 0 and s.barred[0] < 0:
            _raise_weights(s)
    return improved


@njit(cache=True, nogil=True)
def _raise_weights(s):  # type: ignore[no-untyped-def]
    for i in range(s.counts[OPEN]):
        r = s.open_rows[i]
        s.weight[r] += 1
        for k in range(s.row_ptr[r], s.row_ptr[r + 1]):
            s.score[s.row_cols[k]] += 1


@njit(cache=True, nogil=True)
def _best_of_row(s, r):  # type: ignore[no-untyped-def]
    """The column of most gain per cost that is `fresh`, on a tie the one that moved first."""
    score, cost, changed = s.score, s.cost, s.changed
    found = -1
    for k in range(s.row_ptr[r], s.row_ptr[r + 1]):
        c = s.row_cols[k]
        if not s.fresh[c]:
            continue
        if found < 0:
            found = c
            continue
        ahead = score[c] * cost[found] - score[found] * cost[c]
        if ahead > 0 or (ahead == 0 and changed[c] < changed[found]):
            found = c
    if found < 0:
        start, end = s.row_ptr[r], s.row_ptr[r + 1]
        found = s.row_cols[start + below(s.random, end - start)]
    return found


@njit(cache=True, nogil=True)
def _least_useful(s):  # type: ignore[no-untyped-def]
    """The column of least loss per cost, of all or of a sample, on a tie the longest inside."""
    score, cost, changed, members = s.score, s.cost, s.changed, s.members
    size, first, second = s.counts[SIZE], s.barred[0], s.barred[1]
    found = -1
    for i in range(size if size <= SCAN else SAMPLE):
        c = members[i] if size <= SCAN else members[below(s.random, size)]
        if c in (first, second):
            continue
        if found < 0:
            found = c
            continue
        ahead = score[c] * cost[found] - score[found] * cost[c]
        if ahead > 0 or (ahead == 0 and changed[c] < changed[found]):
            found = c
    return members[below(s.random, size)] if found < 0 else found
