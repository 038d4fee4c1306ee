"""Conflict cycles: shortest paths of positive edges between vertices that want to be apart."""

from __future__ import annotations

import numpy as np
from numba import njit

HOP = 1e-8
"""Added to every length, so that of paths equally long that with the fewest edges is found."""


@njit(cache=True, nogil=True)
def violated_cycles(  # type: ignore[no-untyped-def]
    sources,
    indptr,
    indices,
    edge_ids,
    x,
    far_indptr,
    far,
    slack,
    complete,
    tolerance,
    most,
    again,
    in_one,
):
    """Cycles with x(path) < slack of their closing pair, found from each of `sources`.

    `indptr`, `indices`, `edge_ids`: the positive edges, of which `x` is raised along every path
    found until the pair is satisfied, so that the next paths differ (the projections of
    Sonthalia and Gilbert, without their norm).  `far[far_indptr[s]:far_indptr[s + 1]]` are
    vertices that s wants apart, with how much is left of each pair, at most 1; with `complete`
    so is every larger vertex that is no neighbour, with slack 1 unless listed.
    Returns (indptr, cycles, violation, sources done): a cycle runs from its source to the other
    end.  A source is searched at most `again` times, and gives at most `in_one` in one search.
    """
    n = indptr.size - 1
    distance = np.full(n, np.inf)
    before = np.full(n, -1, np.int64)
    via = np.full(n, -1, np.int64)
    left = np.full(n, 1.0 if complete else -1.0)
    key = np.empty(indices.size + 1, np.float64)
    item = np.empty(indices.size + 1, np.int64)
    reached = np.empty(n, np.int64)
    ends = np.zeros(most + 1, np.int64)
    cycles = np.empty(8 * most + n, np.int64)
    amount = np.empty(most, np.float64)
    found = done = 0
    for s in sources:
        if found >= most:
            break
        done += 1
        wanted = 0
        if complete:
            wanted = n
            for k in range(indptr[s], indptr[s + 1]):
                left[indices[k]] = -1.0
        for k in range(far_indptr[s], far_indptr[s + 1]):
            left[far[k]] = slack[k]
            wanted += slack[k] > tolerance
        for _ in range(again):
            distance[s] = 0.0
            key[0], item[0], reached[0] = 0.0, s, s
            count, touched, pending, given = 1, 1, wanted, 0
            while count > 0 and pending > 0 and found < most:
                d, a = key[0], item[0]
                count -= 1
                sift(key, item, count)
                if d > distance[a]:
                    continue
                if left[a] > tolerance and a != s and (not complete or a > s):
                    pending -= 1
                    if d < left[a] - tolerance:
                        room = ends[found] + n
                        if room > cycles.size:
                            grown = np.empty(2 * room, np.int64)
                            grown[: ends[found]] = cycles[: ends[found]]
                            cycles = grown
                        hops, lack = _trace(s, a, before, via, x, left[a], cycles, ends[found])
                        if lack > tolerance:
                            amount[found] = lack
                            found += 1
                            given += 1
                            ends[found] = ends[found - 1] + hops
                            if given >= in_one:
                                break
                for k in range(indptr[a], indptr[a + 1]):
                    b = indices[k]
                    longer = d + x[edge_ids[k]] + HOP
                    if longer < distance[b] and longer < 1.0 - tolerance:
                        if distance[b] == np.inf:
                            reached[touched] = b
                            touched += 1
                        distance[b] = longer
                        before[b], via[b] = a, edge_ids[k]
                        lift(key, item, count, longer, b)
                        count += 1
            for k in range(touched):
                distance[reached[k]] = np.inf
            if given == 0:
                break
        for k in range(far_indptr[s], far_indptr[s + 1]):
            left[far[k]] = 1.0 if complete else -1.0
        if complete:
            for k in range(indptr[s], indptr[s + 1]):
                left[indices[k]] = 1.0
    return ends[: found + 1], cycles[: ends[found]], amount[:found], done


@njit(cache=True, nogil=True)
def _trace(s, end, before, via, x, slack, cycles, start):  # type: ignore[no-untyped-def]
    """Write the path s..end and raise x along it to `slack`; (vertices, what was lacking)."""
    hops, length, b = 1, 0.0, end
    while b != s:
        length += x[via[b]]
        b = before[b]
        hops += 1
    lack = slack - length
    b = end
    for h in range(hops - 1, 0, -1):
        cycles[start + h] = b
        x[via[b]] += max(0.0, lack) / (hops - 1)
        b = before[b]
    cycles[start] = s
    return hops, lack


@njit(cache=True, nogil=True)
def lift(key, item, count, value, x):  # type: ignore[no-untyped-def]
    at = count
    while at > 0:
        above = (at - 1) // 2
        if key[above] <= value:
            break
        key[at], item[at] = key[above], item[above]
        at = above
    key[at], item[at] = value, x


@njit(cache=True, nogil=True)
def sift(key, item, count):  # type: ignore[no-untyped-def]
    value, x = key[count], item[count]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= count:
            break
        if below + 1 < count and key[below + 1] < key[below]:
            below += 1
        if key[below] >= value:
            break
        key[at], item[at] = key[below], item[below]
        at = below
    if count > 0:
        key[at], item[at] = value, x
