"""Moves of single vertices that bring every vertex's disagreement down to a limit.

The search minimises

    sum over v of  max(0, d_v - D) + SLOPE d_v

for a limit D below the best objective so far, so that its cost has no plateaus where the
objective, a maximum, has little else.  A trial moves a random vertex, or, with chance `FOCUS`,
one end of a disagreeing pair of a vertex beyond D, in the way that mends the pair.
Metropolis' rule takes or refuses it.  A move costs O(degree + sizes of the two clusters).

A clustering is `labels` int64 (n,) within 0..n-1, `bad` float64 (n,) the disagreement of each
vertex, and `lists` int64 (5, n): the clusters as linked lists (first of a label, next and
previous vertex), their sizes, and a stack of unused labels; `hot` int64 (2, n + 1): the vertices
beyond D, hot[0, 1:1 + hot[0, 0]], and the places of vertices in it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.subset_random import below, unit

FIRST, NEXT, PREVIOUS, SIZE, FREE = range(5)
FOCUS = 0.5
SLOPE = 0.02
_ALONE = 0.1


@njit(cache=True, nogil=True)
def tally(indptr, indices, weights, kappa, labels):  # type: ignore[no-untyped-def]
    """(bad, lists, unused) of labels; `unused` int64 (1,) is the height of the stack."""
    n = labels.size
    lists = np.full((5, n), -1, np.int64)
    lists[SIZE] = 0
    for x in range(n):
        _link(x, labels[x], lists)
    unused = np.zeros(1, np.int64)
    for label in range(n):
        if lists[SIZE, label] == 0:
            lists[FREE, unused[0]] = label
            unused[0] += 1
    bad = np.zeros(n, np.float64)
    for x in range(n):
        for i in range(indptr[x], indptr[x + 1]):
            together = labels[indices[i]] == labels[x]
            w = weights[i]
            if w > 0 and not together:
                bad[x] += w
            elif w < 0 and together:
                bad[x] -= w
            if together:
                bad[x] -= kappa
        bad[x] += kappa * (lists[SIZE, labels[x]] - 1)
    return bad, lists, unused


@njit(cache=True, nogil=True)
def heat(bad, limit):  # type: ignore[no-untyped-def]
    """`hot` for a limit."""
    n = bad.size
    hot = np.full((2, n + 1), -1, np.int64)
    hot[0, 0] = 0
    for x in range(n):
        if bad[x] > limit:
            hot[0, 0] += 1
            hot[0, hot[0, 0]] = x
            hot[1, x] = hot[0, 0]
    return hot


@njit(cache=True, nogil=True, inline="always")
def _link(x, label, lists):  # type: ignore[no-untyped-def]
    first = lists[FIRST, label]
    lists[NEXT, x] = first
    lists[PREVIOUS, x] = -1
    if first >= 0:
        lists[PREVIOUS, first] = x
    lists[FIRST, label] = x
    lists[SIZE, label] += 1


@njit(cache=True, nogil=True, inline="always")
def _unlink(x, label, lists):  # type: ignore[no-untyped-def]
    before, after = lists[PREVIOUS, x], lists[NEXT, x]
    if before >= 0:
        lists[NEXT, before] = after
    else:
        lists[FIRST, label] = after
    if after >= 0:
        lists[PREVIOUS, after] = before
    lists[SIZE, label] -= 1


@njit(cache=True, nogil=True, inline="always")
def _change(x, value, limit, bad, hot):  # type: ignore[no-untyped-def]
    """Give x the disagreement `value`."""
    bad[x] = value
    at = hot[1, x]
    if value > limit:
        if at < 0:
            hot[0, 0] += 1
            hot[0, hot[0, 0]] = x
            hot[1, x] = hot[0, 0]
    elif at >= 0:
        last = hot[0, hot[0, 0]]
        hot[0, at] = last
        hot[1, last] = at
        hot[1, x] = -1
        hot[0, 0] -= 1


@njit(cache=True, nogil=True, inline="always")
def _price(value, limit):  # type: ignore[no-untyped-def]
    return max(0.0, value - limit) + SLOPE * value


@njit(cache=True, nogil=True)
def _gain(x, target, limit, indptr, indices, weights, kappa, labels, bad, lists, row):  # type: ignore[no-untyped-def]
    """(what moving x to the cluster `target` adds to the cost, the new disagreement of x).

    `target` may be an empty cluster.  `row` float64 (n,) is the row of x when it is complete.
    """
    source = labels[x]
    value = bad[x]
    cost = 0.0
    if kappa == 0.0:
        for i in range(indptr[x], indptr[x + 1]):
            y, w = indices[i], weights[i]
            label = labels[y]
            if label == source:
                value += w
                cost += _price(bad[y] + w, limit) - _price(bad[y], limit)
            elif label == target:
                value -= w
                cost += _price(bad[y] - w, limit) - _price(bad[y], limit)
    else:
        y = lists[FIRST, source]
        while y >= 0:
            if y != x:
                w = row[y]
                value += w
                cost += _price(bad[y] + w, limit) - _price(bad[y], limit)
            y = lists[NEXT, y]
        y = lists[FIRST, target]
        while y >= 0:
            w = row[y]
            value -= w
            cost += _price(bad[y] - w, limit) - _price(bad[y], limit)
            y = lists[NEXT, y]
    return cost + _price(value, limit) - _price(bad[x], limit), value


@njit(cache=True, nogil=True)
def _move(  # type: ignore[no-untyped-def]
    x, target, value, limit, indptr, indices, weights, kappa, labels, bad, lists, unused, hot, row
):
    source = labels[x]
    if kappa == 0.0:
        for i in range(indptr[x], indptr[x + 1]):
            y = indices[i]
            if labels[y] == source:
                _change(y, bad[y] + weights[i], limit, bad, hot)
            elif labels[y] == target:
                _change(y, bad[y] - weights[i], limit, bad, hot)
    else:
        y = lists[FIRST, source]
        while y >= 0:
            if y != x:
                _change(y, bad[y] + row[y], limit, bad, hot)
            y = lists[NEXT, y]
        y = lists[FIRST, target]
        while y >= 0:
            _change(y, bad[y] - row[y], limit, bad, hot)
            y = lists[NEXT, y]
    _change(x, value, limit, bad, hot)
    if lists[SIZE, target] == 0:
        unused[0] -= 1
    _unlink(x, source, lists)
    if lists[SIZE, source] == 0:
        lists[FREE, unused[0]] = source
        unused[0] += 1
    _link(x, target, lists)
    labels[x] = target


@njit(cache=True, nogil=True, inline="always")
def _elsewhere(x, indptr, indices, weights, labels, lists, unused, state):  # type: ignore[no-untyped-def]
    """The cluster of a random positive neighbour outside x's own, or a new one; -1 if none."""
    alone = unused[0] > 0 and lists[SIZE, labels[x]] > 1
    if alone and unit(state) < _ALONE:
        return lists[FREE, unused[0] - 1]
    seen, target = 0, -1
    for i in range(indptr[x], indptr[x + 1]):
        label = labels[indices[i]]
        if weights[i] > 0 and label != labels[x]:
            seen += 1
            if below(state, seen) == 0:
                target = label
    if target < 0 and alone:
        return lists[FREE, unused[0] - 1]
    return target


@njit(cache=True, nogil=True)
def _partner(x, indptr, indices, weights, kappa, labels, lists, row, state):  # type: ignore[no-untyped-def]
    """(a random vertex with which x disagrees, whether they want to be together); -1 if none."""
    seen, found, apart = 0, -1, False
    for i in range(indptr[x], indptr[x + 1]):
        y, w = indices[i], weights[i]
        if (w > 0) != (labels[y] == labels[x]) and w != 0:
            seen += 1
            if below(state, seen) == 0:
                found, apart = y, w > 0
    if kappa > 0:
        y = lists[FIRST, labels[x]]
        while y >= 0:
            if y != x and row[y] < 0:
                seen += 1
                if below(state, seen) == 0:
                    found, apart = y, False
            y = lists[NEXT, y]
    return found, apart


@njit(cache=True, nogil=True, inline="always")
def _spread(x, indptr, indices, weights, row):  # type: ignore[no-untyped-def]
    for i in range(indptr[x], indptr[x + 1]):
        row[indices[i]] = weights[i]


@njit(cache=True, nogil=True, inline="always")
def _clear(x, indptr, indices, kappa, row):  # type: ignore[no-untyped-def]
    for i in range(indptr[x], indptr[x + 1]):
        row[indices[i]] = -kappa


@njit(cache=True, nogil=True)
def anneal(  # type: ignore[no-untyped-def]
    indptr, indices, weights, kappa, labels, bad, lists, unused, hot, row, state, limit,
    temperature, trials,
):  # fmt: skip
    """At most `trials` trials; how many were made until no vertex was beyond the limit.

    `row` float64 (n,) is -kappa everywhere.
    """
    n = labels.size
    for trial in range(trials):
        if hot[0, 0] == 0:
            return trial
        if unit(state) < FOCUS:
            x = hot[0, 1 + below(state, hot[0, 0])]
            if kappa > 0:
                _spread(x, indptr, indices, weights, row)
            y, apart = _partner(x, indptr, indices, weights, kappa, labels, lists, row, state)
            if kappa > 0:
                _clear(x, indptr, indices, kappa, row)
            if y < 0:
                continue
            if below(state, 2) == 0:
                x, y = y, x
            if apart:
                target = labels[y]
            else:
                target = _elsewhere(x, indptr, indices, weights, labels, lists, unused, state)
        else:
            x = below(state, n)
            target = _elsewhere(x, indptr, indices, weights, labels, lists, unused, state)
        if target < 0 or target == labels[x]:
            continue
        if kappa > 0:
            _spread(x, indptr, indices, weights, row)
        cost, value = _gain(
            x, target, limit, indptr, indices, weights, kappa, labels, bad, lists, row
        )
        if cost <= 0.0 or unit(state) < np.exp(-cost / temperature):
            _move(
                x, target, value, limit, indptr, indices, weights, kappa, labels, bad, lists,
                unused, hot, row,
            )  # fmt: skip
        if kappa > 0:
            _clear(x, indptr, indices, kappa, row)
    return trials
