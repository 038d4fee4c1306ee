"""Refuting a makespan by time windows: no schedule of a job shop ends by a horizon.

Every operation gets the window between the earliest start and the latest end that the horizon
leaves it.  Windows shrink along jobs, and on each machine by edge finding: of a set S of
operations with releases from l and ends by u, and an operation i outside of it, if

    min(l, release of i) + work of S + work of i > u,

then i runs after all of S, hence no earlier than any part of S can be done; and likewise
backwards.  Where work exceeds the time from l to u there is no schedule.  J. Carlier,
E. Pinson, An algorithm for solving the job-shop problem, Management Science 35 (1989),
doi:10.1287/mnsc.35.2.164, in the quadratic form of W. Nuijten and of P. Baptiste, C. Le Pape,
Edge-finding constraint propagation algorithms for disjunctive and cumulative scheduling (1996).
The rules hold for durations of 0 too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from solverhub.problems.job_shop import ShopInstance

ROUNDS = 50
"""Windows that still shrink after so many rounds are left as they are."""

MOST_PAIRS = 1_000_000
"""Pairs of operations on one machine beyond which a round takes too long."""


def refuted(shop: ShopInstance, horizon: int) -> bool:
    """True if windows prove that no schedule ends by `horizon`; False says nothing."""
    return bool(_refuted(*_by_machine(shop), shop.duration, shop.indptr, horizon))


def least_unrefuted(shop: ShopInstance, low: int) -> int:
    """A makespan from `low` on below which all are refuted; `low` itself for a huge shop."""
    order, begins = _by_machine(shop)
    if int((np.diff(begins) ** 2).sum()) > MOST_PAIRS:
        return low
    return int(_least(order, begins, shop.duration, shop.indptr, low, int(shop.duration.sum())))


def _by_machine(shop: ShopInstance) -> tuple[np.ndarray, np.ndarray]:
    """Operations by machine, and where each machine's begin, int64."""
    order = np.argsort(shop.machine, kind="stable")
    ends = np.cumsum(np.bincount(shop.machine, minlength=shop.n_machines))
    return order, np.concatenate([[0], ends])


@njit(cache=True, nogil=True)
def _least(order, begins, duration, indptr, low, high):  # type: ignore[no-untyped-def]
    """By steps that double, then by halving; one after another no work is refuted at `high`."""
    step = np.int64(1)
    while low < high and _refuted(order, begins, duration, indptr, low + step - 1):
        low += step
        step = min(2 * step, high - low)
    high = min(high, low + step - 1)
    while low < high:
        middle = low + (high - low) // 2
        if _refuted(order, begins, duration, indptr, middle):
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _refuted(order, begins, duration, indptr, horizon):  # type: ignore[no-untyped-def]
    n = duration.size
    release, due = np.zeros(n, np.int64), np.full(n, horizon)
    fresh = np.empty(n, np.int64)
    for _ in range(ROUNDS):
        if _along_jobs(indptr, duration, release, due):
            return True
        changed = False
        for machine in range(begins.size - 1):
            mine = order[begins[machine] : begins[machine + 1]]
            if mine.size < 2:
                continue
            for backwards in (False, True):
                # Backwards, time runs from the horizon down: ends become releases.
                one = horizon - due[mine] if backwards else release[mine]
                other = horizon - release[mine] if backwards else due[mine]
                later = fresh[: mine.size]
                if _edge_finding(one, other, duration[mine], later):
                    return True
                for k in range(mine.size):
                    if later[k] > one[k]:
                        changed = True
                        if backwards:
                            due[mine[k]] = horizon - later[k]
                        else:
                            release[mine[k]] = later[k]
        if not changed:
            return False
    return False


@njit(cache=True, nogil=True)
def _along_jobs(indptr, duration, release, due):  # type: ignore[no-untyped-def]
    """Shrink the windows along each job; True if one is too short for its operation."""
    for job in range(indptr.size - 1):
        for k in range(indptr[job] + 1, indptr[job + 1]):
            release[k] = max(release[k], release[k - 1] + duration[k - 1])
        for k in range(indptr[job + 1] - 2, indptr[job] - 1, -1):
            due[k] = min(due[k], due[k + 1] - duration[k + 1])
        for k in range(indptr[job], indptr[job + 1]):
            if release[k] + duration[k] > due[k]:
                return True
    return False


@njit(cache=True, nogil=True)
def _edge_finding(release, due, duration, later):  # type: ignore[no-untyped-def]
    """Write releases after one pass on a machine to `later`; True if work exceeds time.

    For each end u: `done[k]` is the earliest time by which all S with releases from that of
    the k-th operation on can be done, `latest` that of S with earlier releases too.
    """
    n = release.size
    ascending = np.arange(n)
    for at in range(1, n):  # by insertion: it compiles quickly, and all else is quadratic too
        i, into = ascending[at], at
        while into > 0 and release[ascending[into - 1]] > release[i]:
            ascending[into] = ascending[into - 1]
            into -= 1
        ascending[into] = i
    done = np.empty(n, np.int64)
    never = np.int64(-(2**62))
    later[:] = release
    for u in due:
        work, latest = np.int64(0), never
        for at in range(n - 1, -1, -1):
            i = ascending[at]
            if due[i] <= u:
                work += duration[i]
                latest = max(latest, release[i] + work)
                if latest > u:
                    return True
            done[at] = latest
        before = never
        for at in range(n):
            i = ascending[at]
            if due[i] <= u:
                before = max(before, release[i] + work)
                work -= duration[i]
                continue
            if work > 0 and release[i] + work + duration[i] > u:
                later[i] = max(later[i], done[at])
            if before > never and before + duration[i] > u:
                later[i] = max(later[i], latest)
    return False
