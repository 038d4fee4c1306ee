"""Moves of single vertices between clusters: descent and simulated annealing (Kirkpatrick,
Gelatt and Vecchi 1983, doi:10.1126/science.220.4598.671) by heat baths.

The objective is that of `clustering_contraction`: w_uv - kappa s_u s_v summed over pairs
within clusters.  Moving x from A to B gains conn(x, B) - kappa s_x mass(B) minus the same
for A without x, where conn sums the weights of its edges into a cluster; all of it is O(deg).

A clustering is `labels` int64 (n,), with `mass` float64 (n,) and `count` int64 (n,) by label
and `free`, a stack of unused labels: free[0] of them, from free[1] on.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.subset_random import word


@njit(cache=True, nogil=True)
def tally(labels, size):  # type: ignore[no-untyped-def]
    """(mass, count, free) of labels within 0..n-1."""
    n = labels.size
    mass, count = np.zeros(n, np.float64), np.zeros(n, np.int64)
    free = np.zeros(n + 1, np.int64)
    for x in range(n):
        mass[labels[x]] += size[x]
        count[labels[x]] += 1
    for label in range(n):
        if count[label] == 0:
            free[0] += 1
            free[free[0]] = label
    return mass, count, free


@njit(cache=True, nogil=True, inline="always")
def _move(x, target, labels, size, mass, count, free):  # type: ignore[no-untyped-def]
    """Put x into the cluster `target`, or alone into a free one for -1."""
    source = labels[x]
    if target < 0:
        target = free[free[0]]
    if count[target] == 0:
        free[0] -= 1
    labels[x] = target
    mass[target] += size[x]
    count[target] += 1
    mass[source] -= size[x]
    count[source] -= 1
    if count[source] == 0:
        mass[source] = 0.0
        free[0] += 1
        free[free[0]] = source


@njit(cache=True, nogil=True)
def descend(indptr, indices, weights, size, kappa, labels, mass, count, free, most):  # type: ignore[no-untyped-def]
    """Best moves of one vertex after another until none gains, at most `most` moves tried.

    (total gain, whether it is a local optimum).
    """
    n = labels.size
    conn = np.zeros(n, np.float64)
    queue = np.arange(n)
    waiting = np.ones(n, np.bool_)
    first, filled, total = 0, n, 0.0
    while filled > 0 and most > 0:
        most -= 1
        x = queue[first]
        first = first + 1 if first + 1 < n else 0
        filled -= 1
        waiting[x] = False
        source = labels[x]
        for k in range(indptr[x], indptr[x + 1]):
            conn[labels[indices[k]]] += weights[k]
        stay = conn[source] - kappa * size[x] * (mass[source] - size[x])
        best, target = 0.0, -1
        for k in range(indptr[x], indptr[x + 1]):
            label = labels[indices[k]]
            value = conn[label] - kappa * size[x] * mass[label]
            if label != source and value > best:
                best, target = value, label
        for k in range(indptr[x], indptr[x + 1]):
            conn[labels[indices[k]]] = 0.0
        if best <= stay + 1e-9 * (1.0 + abs(stay)):
            continue
        total += best - stay
        _move(x, target, labels, size, mass, count, free)
        for k in range(indptr[x], indptr[x + 1]):
            y = indices[k]
            if not waiting[y]:
                waiting[y] = True
                last = first + filled
                queue[last if last < n else last - n] = y
                filled += 1
    return total, filled == 0


@njit(cache=True, nogil=True)
def heat_bath(  # type: ignore[no-untyped-def]
    indptr, indices, weights, size, kappa, labels, mass, count, free, state, memory, temperature,
    steps,
):  # fmt: skip
    """`steps` trials at one temperature; the gain they made (negative for a loss).

    A trial takes a random vertex to a cluster of its neighbours, its own or one of its own with
    chances in proportion to exp(worth / temperature) (Geman and Geman 1984,
    doi:10.1109/TPAMI.1984.4767596).  Where a vertex has many neighbours that costs no more than
    one trial of Metropolis's rule, and weighs all of its clusters at once.
    `state` uint64 (1,) is that of the random numbers, not 0; `memory` is what `bath_memory` gives.
    """
    n = labels.size
    conn, seen, worth, chance = memory
    total, least = 0.0, -20.0 * temperature
    for _ in range(steps):
        bits = word(state)
        x = np.int64(((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))
        source, found = labels[x], 1
        seen[0] = source
        conn[source] = kappa * size[x] * size[x]
        for k in range(indptr[x], indptr[x + 1]):
            label = labels[indices[k]]
            known = conn[label]
            new = known == -np.inf
            seen[found] = label
            found += 1 if new else 0
            conn[label] = weights[k] if new else known + weights[k]
        best = 0.0
        for j in range(found):
            label = seen[j]
            worth[j] = conn[label] - kappa * size[x] * mass[label]
            conn[label] = -np.inf
            best = max(best, worth[j])
        below = 0.0
        for j in range(found):
            if worth[j] - best > least:
                below += np.exp((worth[j] - best) / temperature)
            chance[j] = below
        if count[source] > 1 and -best > least:
            below += np.exp(-best / temperature)
        drawn = below * (np.float64(word(state) >> np.uint64(11)) * 2.0**-53)
        j = 0
        while j < found and drawn >= chance[j]:
            j += 1
        if j == 0 or (j == found and count[source] == 1):
            continue
        total -= worth[0]
        if j < found:
            total += worth[j]
        _move(x, seen[j] if j < found else -1, labels, size, mass, count, free)
    return total


def bath_memory(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Arrays for `heat_bath` to work in; it leaves the first as it found it."""
    return np.full(n, -np.inf), np.empty(n + 1, np.int64), np.empty(n + 1), np.empty(n + 1)
