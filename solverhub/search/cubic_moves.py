"""Moves of single vertices between clusters whose pairs and triples have costs.

What a vertex x costs in a cluster is the sum over its pairs xy with y there and over its
triples xyz with y and z there; one pass over them, O(deg), tells it for all clusters.
Annealing is a heat bath: x goes to a cluster of cost c with a chance in proportion to
exp(-c / temperature), all clusters at once, so no trial is refused (Geman and Geman 1984,
doi:10.1109/TPAMI.1984.4767596).

`rows` are those of `CubicForm.rows`; a clustering is `labels` int64 (n,) within 0..n-1, with
`count` int64 (n,) by label and `free`, a stack of unused labels: free[0] of them, from
free[1] on.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.subset_random import word


@njit(cache=True, nogil=True)
def tally(labels):  # type: ignore[no-untyped-def]
    """(count, free) of labels within 0..n-1."""
    n = labels.size
    count, free = np.zeros(n, np.int64), np.zeros(n + 1, np.int64)
    for x in range(n):
        count[labels[x]] += 1
    for label in range(n):
        if count[label] == 0:
            free[0] += 1
            free[free[0]] = label
    return count, free


@njit(cache=True, nogil=True, inline="always")
def _move(x, target, labels, count, free):  # type: ignore[no-untyped-def]
    """Put x into the cluster `target`, or alone into a free one for -1."""
    source = labels[x]
    if target < 0:
        target = free[free[0]]
        free[0] -= 1
    labels[x] = target
    count[target] += 1
    count[source] -= 1
    if count[source] == 0:
        free[0] += 1
        free[free[0]] = source


@njit(cache=True, nogil=True)
def _weigh(x, pi, po, pc, ti, ta, tb, tc, labels, conn, seen, mark, touched):  # type: ignore[no-untyped-def]
    """Cost of x by cluster in `conn`, for the labels that it lists; their number."""
    found = 0
    for e in range(pi[x], pi[x + 1]):
        label = labels[po[e]]
        if seen[label] != mark:
            seen[label] = mark
            conn[label] = 0.0
            touched[found] = label
            found += 1
        conn[label] += pc[e]
    for e in range(ti[x], ti[x + 1]):
        label = labels[ta[e]]
        if label != labels[tb[e]]:
            continue
        if seen[label] != mark:
            seen[label] = mark
            conn[label] = 0.0
            touched[found] = label
            found += 1
        conn[label] += tc[e]
    return found


@njit(cache=True, nogil=True)
def descend(pi, po, pc, ti, ta, tb, tc, labels, count, free, most):  # type: ignore[no-untyped-def]
    """Best moves of one vertex after another until none gains, at most `most` moves tried.

    (change of the cost, whether it is a local optimum).
    """
    n = labels.size
    conn, seen = np.zeros(n, np.float64), np.full(n, -1, np.int64)
    touched = np.empty(n, np.int64)
    queue, waiting = np.arange(n), np.ones(n, np.bool_)
    first, filled, total, mark = 0, n, 0.0, 0
    while filled > 0 and most > 0:
        most -= 1
        mark += 1
        x = queue[first]
        first = first + 1 if first + 1 < n else 0
        filled -= 1
        waiting[x] = False
        found = _weigh(x, pi, po, pc, ti, ta, tb, tc, labels, conn, seen, mark, touched)
        source = labels[x]
        stay = conn[source] if seen[source] == mark else 0.0
        best, target = 0.0, -1
        for k in range(found):
            label = touched[k]
            if label != source and conn[label] < best:
                best, target = conn[label], label
        if best >= stay - 1e-9 * (1.0 + abs(stay)):
            continue
        total += best - stay
        _move(x, target, labels, count, free)
        for e in range(pi[x], pi[x + 1]):
            y = po[e]
            if not waiting[y]:
                waiting[y] = True
                last = first + filled
                queue[last if last < n else last - n] = y
                filled += 1
        for e in range(ti[x], ti[x + 1]):
            for y in (ta[e], tb[e]):
                if not waiting[y]:
                    waiting[y] = True
                    last = first + filled
                    queue[last if last < n else last - n] = y
                    filled += 1
    return total, filled == 0


@njit(cache=True, nogil=True, inline="always")
def _below(state, n):  # type: ignore[no-untyped-def]
    """A random integer within 0..n-1, n below 2^32."""
    return np.int64(((word(state) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@njit(cache=True, nogil=True)
def anneal(  # type: ignore[no-untyped-def]
    pi, po, pc, ti, ta, tb, tc, labels, count, free, state, temperature, steps
):
    """`steps` draws at one temperature, each of a random vertex; the change of the cost.

    Clusters that x is in no pair or triple with cost it nothing: being alone stands for them,
    and is in half of the cases replaced by the cluster of a random vertex of its triples, or
    no first two vertices of a triple would ever meet.  `state` uint64 (1,) is that of the
    random numbers, not 0.
    """
    n = labels.size
    conn, seen = np.zeros(n, np.float64), np.full(n, -1, np.int64)
    touched = np.empty(n, np.int64)
    total = 0.0
    for mark in range(steps):
        x = _below(state, n)
        found = _weigh(x, pi, po, pc, ti, ta, tb, tc, labels, conn, seen, mark, touched)
        least = 0.0
        for k in range(found):
            least = min(least, conn[touched[k]])
        mass = np.exp(least / temperature)
        for k in range(found):
            mass += np.exp((least - conn[touched[k]]) / temperature)
        ball = np.float64(word(state) >> np.uint64(11)) * 2.0**-53 * mass
        target = -1
        for k in range(found):
            ball -= np.exp((least - conn[touched[k]]) / temperature)
            if ball < 0.0:
                target = touched[k]
                break
        source = labels[x]
        stay = conn[source] if seen[source] == mark else 0.0
        there = 0.0
        if target >= 0:
            there = conn[target]
        elif ti[x] < ti[x + 1] and _below(state, 2) == 0:
            label = labels[ta[ti[x] + _below(state, ti[x + 1] - ti[x])]]
            if seen[label] != mark:
                target = label
        if target == source or (target < 0 and count[source] == 1):
            continue
        _move(x, target, labels, count, free)
        total += there - stay
    return total


@njit(cache=True, nogil=True)
def grow(pi, po, pc, ti, ta, tb, tc, seeds):  # type: ignore[no-untyped-def]
    """Clusters grown one after another, int64 (n,) within 0..n-1.

    The next seed, a column of `seeds` (3, k), whose vertices are all free takes in the free
    vertex that lowers the cost most, until none does.
    """
    n = pi.size - 1
    labels = np.full(n, -1, np.int64)
    cost, reached = np.zeros(n, np.float64), np.zeros(n, np.bool_)
    near = np.empty(n, np.int64)
    for s in range(seeds.shape[1]):
        label = seeds[0, s]
        if labels[label] >= 0 or labels[seeds[1, s]] >= 0 or labels[seeds[2, s]] >= 0:
            continue
        found, at = 0, 0
        while True:
            x = -1
            if at < 3:
                x = seeds[at, s]
                at += 1
                if labels[x] >= 0:
                    continue
            else:
                least = 0.0
                for k in range(found):
                    y = near[k]
                    if labels[y] < 0 and cost[y] < least:
                        least, x = cost[y], y
                if x < 0:
                    break
            labels[x] = label
            for e in range(pi[x], pi[x + 1]):
                y = po[e]
                cost[y] += pc[e]
                if not reached[y]:
                    reached[y] = True
                    near[found] = y
                    found += 1
            for e in range(ti[x], ti[x + 1]):
                a, b = ta[e], tb[e]
                if labels[a] != label:
                    a, b = b, a
                if labels[a] == label and labels[b] < 0:
                    cost[b] += tc[e]
                    if not reached[b]:
                        reached[b] = True
                        near[found] = b
                        found += 1
        for k in range(found):
            cost[near[k]] = 0.0
            reached[near[k]] = False
    for x in range(n):
        if labels[x] < 0:
            labels[x] = x
    return labels
