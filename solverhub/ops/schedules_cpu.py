"""The CPU form of `schedules`: one solution after the other, all of its arrays in the first cache.

Heads come out of a queue of operations whose predecessors are all done (Kahn 1962,
doi:10.1145/368996.369025), tails from the same order read backwards.  Slot 0 of every working
array stands for "none" and operation i has slot i + 1, so that the inner loops hold no branch:
an operation that may not be ready is written behind the queue and counted when it is.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

CYCLIC, MALFORMED, TOO_LONG, NEGATIVE = -1, -2, -3, -4
LONGEST = 2**31 - 1  # the largest total of the durations of an instance
_NEVER = 2**30

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def job_arcs(indptr, before, after):
    """Slots of the job predecessor and successor of every slot, 0 for none."""
    before[:], after[:] = 0, 0
    for j in range(indptr.size - 1):
        for i in range(indptr[j] + 1, indptr[j + 1]):
            before[i + 1], after[i] = i, i + 1


@kernel
def refusal(duration):
    """Why durations cannot be used, or 0."""
    total = np.int64(0)
    for i in range(duration.size):
        if duration[i] < 0:
            return NEGATIVE
        total += np.int64(duration[i])
        if total > LONGEST:
            return TOO_LONG
    return 0


@kernel
def machine_arcs(machine_next, before, after):
    """Slots of the machine predecessor and successor; False where they are no sequences."""
    n = machine_next.size
    good = True
    for i in range(n):
        v = machine_next[i]
        good &= (v >= -1) & (v < n)
    if not good:
        return False
    for i in range(n + 1):
        before[i] = 0
    after[0] = 0
    good = True
    for i in range(n):
        slot = np.uint32(machine_next[i] + 1)
        after[i + 1] = slot
        good &= (before[slot] == 0) | (slot == 0)
        before[slot] = i + 1
    before[0] = 0
    return good


@kernel
def heads(duration, jobs, machines, waiting, order, end):
    """Makespan, or CYCLIC; `order` (n + 3,) becomes topological, `end` the ends by slot."""
    job_before, job_after = jobs
    before, after = machines
    n = duration.size
    filled = 0
    for slot in range(1, n + 1):
        count = (job_before[slot] != 0) + (before[slot] != 0)
        waiting[slot] = count
        order[filled] = slot
        filled += count == 0
    waiting[0] = _NEVER
    end[0] = 0
    longest = np.int32(0)
    done = 0
    while done < filled:
        slot = order[done]
        done += 1
        finish = max(end[job_before[slot]], end[before[slot]]) + duration[slot - np.uint32(1)]
        end[slot] = finish
        longest = max(longest, finish)
        for later in (job_after[slot], after[slot]):
            left = waiting[later] - 1
            waiting[later] = left
            order[filled] = later
            filled += left == 0
    return longest if done == n else np.int32(CYCLIC)


@kernel
def tails(duration, jobs, machines, order, tail):
    """`tail` becomes the longest path from the start of a slot to the end of the schedule."""
    n = duration.size
    tail[0] = 0
    for k in range(n - 1, -1, -1):
        slot = order[k]
        rest = max(tail[jobs[1][slot]], tail[machines[1][slot]])
        tail[slot] = rest + duration[slot - np.uint32(1)]


@kernel
def evaluate_range(
    first, last, duration, indptr, machine_next, backward, makespan, est, lst, critical
):
    """Solutions `first` to `last`; one row of durations serves all."""
    n = machine_next.shape[1]
    slots = np.empty((4, n + 1), np.uint32)
    jobs, machines = (slots[0], slots[1]), (slots[2], slots[3])
    waiting, order = np.empty(n + 1, np.int32), np.empty(n + 3, np.uint32)
    end, tail = np.empty(n + 1, np.int32), np.empty(n + 1, np.int32)
    job_arcs(indptr, jobs[0], jobs[1])
    for k in range(first, last):
        d = duration[k if duration.shape[0] > 1 else 0]
        if duration.shape[0] > 1 or k == first:
            makespan[k] = refusal(d)
            if makespan[k] < 0:
                return
        if not machine_arcs(machine_next[k], machines[0], machines[1]):
            makespan[k] = MALFORMED
            return
        longest = heads(d, jobs, machines, waiting, order, end)
        makespan[k] = longest
        if longest == CYCLIC:
            est[k] = -1
            if backward:
                lst[k] = -1
                critical[k] = False
            continue
        for i in range(n):
            est[k, i] = end[i + 1] - d[i]
        if backward:
            tails(d, jobs, machines, order, tail)
            for i in range(n):
                latest = longest - tail[i + 1]
                lst[k, i] = latest
                critical[k, i] = latest == est[k, i]


@kernel
def _blocks(path, length, job_next, machine_next, est, duration, mask):
    """Mark the N5 swaps of a critical path whose block borders are where machines change."""
    first = 0
    while first < length:
        last = first
        while last + 1 < length and machine_next[path[last]] == path[last + 1]:
            last += 1
        for k, inner in ((first, first > 0), (last - 1, last < length - 1)):
            if inner and last > first:
                u, v = path[k], path[k + 1]
                w = job_next[u]
                mask[u] = w < 0 or (w != v and est[w] + duration[w] > est[v])
        first = last + 1


@kernel
def n5_range(duration, indptr, machine_next, makespan, est, critical, mask):
    """Mark the swaps (u, machine_next[u]) of N5 on one critical path of every solution."""
    B, n = machine_next.shape
    job_next, path = np.full(n, -1, np.int32), np.empty(n, np.int32)
    for j in range(indptr.size - 1):
        for i in range(indptr[j], indptr[j + 1] - 1):
            job_next[i] = i + 1
    for k in range(B):
        mask[k] = False
        if makespan[k] < 0:
            continue
        d = duration[k if duration.shape[0] > 1 else 0]
        at = 0
        while at < n and not (critical[k, at] and est[k, at] == 0):
            at += 1
        length = 0
        while 0 <= at < n:
            path[length] = at
            length += 1
            end, here = est[k, at] + d[at], at
            at = -1
            for later in (job_next[here], machine_next[k, here]):
                if later >= 0 and critical[k, later] and est[k, later] == end:
                    at = later
        _blocks(path, length, job_next, machine_next[k], est[k], d, mask[k])


@kernel
def swap_range(machine_next, first):
    """Swap `first` with its machine successor in every row; the first row that has none, or B."""
    B, n = machine_next.shape
    for k in range(B):
        u = first[k]
        if u < 0:
            continue
        v = machine_next[k, u] if u < n else -1
        if v < 0:
            return k
        for i in range(n):
            if machine_next[k, i] == u:
                machine_next[k, i] = v
        machine_next[k, u] = machine_next[k, v]
        machine_next[k, v] = u
    return B
