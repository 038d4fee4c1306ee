"""The CPU form of `schedules`: four solutions in step, all of their arrays in the first cache.

Heads come out of a queue of operations whose predecessors are all done (Kahn 1962,
doi:10.1145/368996.369025), tails from the same order read backwards.  One such queue waits for
its own stores most of the time, so that four of them take little longer than one; and the inner
loop holds no branch: an operation that may not be ready is written behind the queue, and counted
when it is.

Every operation has a slot, jobs one after the other with an empty slot before each, so that the
job predecessor and successor of a slot are its neighbours:

    0 | job 0 | empty | job 1 | ... | job J-1 | empty | NEVER | NEVER + 1 | NEVER + 2 | ...

`end` is 0 in the empty slot before a job and -1 in what is not done, and in NEVER for good.  What
has no machine predecessor has slot 0, and what has no successor NEVER + 1, which is ready never
since the slot before it is not done; empty slots have NEVER as machine predecessor.  A queue that
has run dry, as in a cycle, goes on with NEVER + 2, whose neighbours are as good as done.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.ops.schedules import CYCLIC, LONGEST, MALFORMED, NEGATIVE, TOO_LONG

LANES = 4
_SLOT, _SHIFT = np.uint64(2**32 - 1), np.uint64(32)  # a queue holds start << 32 | slot
_ONE = np.uint64(1)

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def number_slots(indptr):
    """Slots of -1, 0, ..., N - 1 (as an index of N + 1), and of the first of every job."""
    n, n_jobs = indptr[-1], indptr.size - 1
    slot = np.empty(n + 1, np.uint32)
    first = np.empty(n_jobs, np.uint32)
    slot[0] = n + n_jobs + 2
    filled = 0
    for j in range(n_jobs):
        if indptr[j] < indptr[j + 1]:
            first[filled] = indptr[j] + j + 1
            filled += 1
        for i in range(indptr[j], indptr[j + 1]):
            slot[i + 1] = i + j + 1
    return slot, first[:filled]


@kernel
def refusal(duration):
    """Why durations cannot be used, or 0."""
    total = np.int64(0)
    least = np.int64(0)
    for i in range(duration.size):
        total += np.int64(duration[i])
        least = min(least, np.int64(duration[i]))
    if least < 0:
        return NEGATIVE
    return TOO_LONG if total > LONGEST else 0


@kernel
def _load_machines(machine_next, slot, before, after):
    """Machine arcs by slot, without those that are job arcs; False where they are no sequences."""
    n = machine_next.size
    good = True
    for i in range(n):
        v = machine_next[i]
        good &= (v >= -1) & (v < n)
    if not good or n == 0:
        return good
    none = slot[0]
    for i in range(n):
        before[slot[i + 1]] = 0
    arcs = 0
    for i in range(n):
        s, t = slot[i + 1], slot[np.uint64(machine_next[i] + 1)]
        after[s] = t
        before[t] = s
        arcs += t != none
    n_slots = none - 2
    empty = n_slots - 1 - n
    ends, doubled = (before[1] != 0) - empty, 0
    for s in range(2, n_slots):
        ends += before[s] != 0
        doubled += before[s] == s - 1
    if doubled > 0:
        for s in range(2, n_slots):  # the first slot has no job predecessor
            if before[s] == s - 1:
                before[s], after[s - 1] = 0, none
    return arcs == ends


@kernel
def _start_queues(first, before, queue, end, filled):
    """Nothing is done, and the queues hold what has no predecessor."""
    end[:] = -1
    for w in range(LANES):
        end[w, 0] = 0
        count = np.uint64(0)
        for s in first:
            end[w, s - np.uint32(1)] = 0
            queue[w, count] = s
            count += np.uint64(before[w, s] == 0)
        filled[w] = count


@kernel
def _heads(n, dry, duration, before, after, queue, end, filled, makespan):
    """`end` of every slot and the makespans, CYCLIC for a cycle; queues become topological."""
    makespan[:] = 0
    for k in range(n):
        for w in range(LANES):
            count = filled[w]
            entry = queue[w, k] if np.uint64(k) < count else dry
            s = entry & _SLOT
            finish = np.int32(entry >> _SHIFT) + duration[w, s]
            end[w, s] = finish
            makespan[w] = max(makespan[w], finish)
            t = s + _ONE
            other = end[w, before[w, t]]
            queue[w, count] = (np.uint64(max(finish, other)) << _SHIFT) | t
            count += np.uint64(other >= 0)
            t = np.uint64(after[w, s])
            other = end[w, t - _ONE]
            queue[w, count] = (np.uint64(max(finish, other)) << _SHIFT) | t
            filled[w] = count + np.uint64(other >= 0)
    for w in range(LANES):
        if filled[w] < np.uint64(n):
            makespan[w] = CYCLIC


@kernel
def _tails(n, duration, after, queue, tail):
    """`tail` of every slot: the longest path from its start to the end of the schedule."""
    for k in range(n - 1, -1, -1):
        for w in range(LANES):
            s = queue[w, k] & _SLOT
            tail[w, s] = duration[w, s] + max(tail[w, s + _ONE], tail[w, after[w, s]])


@kernel
def _write(slot, duration, end, tail, makespan, backward, est, lst, critical):
    """The rows of one solution, from its slots."""
    for i in range(est.size):
        s = slot[i + 1]
        est[i] = end[s] - duration[s]
    if backward:
        for i in range(est.size):
            latest = makespan - tail[slot[i + 1]]
            lst[i] = latest
            critical[i] = latest == est[i]


@kernel
def evaluate_range(
    first, last, duration, indptr, machine_next, backward, makespan, est, lst, critical
):
    """Solutions `first` to `last`; one row of durations serves all."""
    n, size = machine_next.shape[1], machine_next.shape[1] + indptr.size + 5
    slot, first_of_job = number_slots(indptr)
    none, dry = slot[0], np.uint64(slot[0]) + _ONE
    d = np.zeros((LANES, size), np.int32)
    before = np.full((LANES, size), none - np.uint32(1), np.uint32)
    after = np.full((LANES, size), none, np.uint32)
    queue, filled = np.zeros((LANES, size), np.uint64), np.empty(LANES, np.uint64)
    end, tail = np.empty((LANES, size), np.int32), np.zeros((LANES, size), np.int32)
    longest = np.empty(LANES, np.int32)
    for k in range(first, last, LANES):
        for w in range(LANES):
            row = min(k + w, last - 1)
            if k == first or duration.shape[0] > 1:
                given = duration[row if duration.shape[0] > 1 else 0]
                makespan[row] = refusal(given)
                if makespan[row] < 0:
                    return
                for i in range(n):
                    d[w, slot[i + 1]] = given[i]
            if not _load_machines(machine_next[row], slot, before[w], after[w]):
                makespan[row] = MALFORMED
                return
        _start_queues(first_of_job, before, queue, end, filled)
        _heads(n, dry, d, before, after, queue, end, filled, longest)
        if backward:
            _tails(n, d, after, queue, tail)
        for w in range(min(LANES, last - k)):
            row = k + w
            makespan[row] = longest[w]
            if longest[w] == CYCLIC:
                est[row] = -1
                if backward:
                    lst[row] = -1
                    critical[row] = False
                    tail[w] = 0  # also in empty slots, which a queue that ran dry leads to
            else:
                late = row if backward else 0
                _write(
                    slot,
                    d[w],
                    end[w],
                    tail[w],
                    longest[w],
                    backward,
                    est[row],
                    lst[late],
                    critical[late],
                )
