"""Kernels that keep the topological order, the heads and the tails of a job shop schedule.

With end(v) = p(v) + max(end(v - 1), end(before v)) and rest(v) = p(v) + max(rest(v + 1),
rest(after v)), the makespan is the largest end, and v is critical exactly if
end(v) + rest(v) - p(v) is the makespan.

A move takes one operation to another place on its machine.  All arcs that change lie between
operations within a window of the topological order, so only the window is put in order again
(the operations that depend on the moved one go to its far end); heads change only from the
start of the window on, tails only from its end back.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.job_shop_state import MAKESPAN, STAMP, TABU_SLOTS

kernel = njit(cache=True, nogil=True, error_model="numpy")
inlined = njit(inline="always", cache=True, nogil=True, error_model="numpy")
# To hand over a schedule, some twenty arrays, costs more than most of these functions do.


@kernel
def draw(random, n):
    """A number from 0 to n - 1 (n below 2**32), by xorshift."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return np.int64(((x >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@inlined
def sweep_heads(order, begin, before, duration, end):
    """Ends of order[begin:], given those of all earlier operations."""
    for i in range(begin, order.size):
        v = order[i]
        end[v] = duration[v] + max(end[v - 1], end[before[v]])


@inlined
def sweep_tails(order, begin, after, duration, rest):
    """Rests of order[:begin + 1], given those of all later operations."""
    for i in range(begin, -1, -1):
        v = order[i]
        rest[v] = duration[v] + max(rest[v + 1], rest[after[v]])


@inlined
def longest(last, end):
    """The makespan."""
    most = np.int64(0)
    for v in last:
        most = max(most, end[v])
    return most


@kernel
def load(s, order, machine, first):
    """Take the schedule whose machines run their operations in the given topological order."""
    fill = s.path[: first.size - 1]
    fill[:] = first[:-1]
    for v in order:
        k = machine[v]
        s.sequence[fill[k]] = v
        s.place[v] = fill[k]
        fill[k] += 1
    for v in order:
        s.before[v] = s.sequence[s.place[v] - 1]
        s.after[v] = s.sequence[s.place[v] + 1]
    sweep_heads(order, 0, s.before, s.duration, s.end)
    # By start, and as given on a tie, the order stays topological and windows get short.
    start = np.empty(order.size, np.int64)
    for i in range(order.size):
        start[i] = s.end[order[i]] - s.duration[order[i]]
    by_start = np.argsort(start, kind="mergesort")
    for i in range(order.size):
        s.order[i] = order[by_start[i]]
        s.position[s.order[i]] = i
    sweep_tails(s.order, order.size - 1, s.after, s.duration, s.rest)
    s.control[MAKESPAN] = longest(s.last, s.end)


@inlined
def _shift(s, i, k):
    """Take the operation at place i of `sequence` to place k, and those between one back."""
    sequence, place, before, after = s.sequence, s.place, s.before, s.after
    moved = sequence[i]
    step = 1 if i < k else -1
    for x in range(i, k, step):
        v = sequence[x + step]
        sequence[x] = v
        place[v] = x
    sequence[k] = moved
    place[moved] = k
    low, high = min(i, k), max(i, k)
    for x in range(low, high + 1):
        v = sequence[x]
        before[v] = sequence[x - 1]
        after[v] = sequence[x + 1]
    if sequence[low - 1] != 0:
        after[sequence[low - 1]] = sequence[low]
    if sequence[high + 1] != 0:
        before[sequence[high + 1]] = sequence[high]


@inlined
def _order_forward(s, moved, begin, final):
    """Put order[begin:final + 1] in order after `moved`, its first, went behind its last.

    False, and nothing is changed, if that closes a cycle.
    """
    order, position, mark, before, spare = s.order, s.position, s.mark, s.before, s.spare
    s.control[STAMP] += 1
    stamp = s.control[STAMP]
    mark[moved] = stamp
    held = 1
    spare[0] = moved
    target = order[final]
    for i in range(begin + 1, final + 1):
        v = order[i]
        if mark[v - 1] == stamp or mark[before[v]] == stamp:
            mark[v] = stamp
            spare[held] = v
            held += 1
    if mark[target] == stamp:
        return False
    put = begin
    for i in range(begin + 1, final + 1):
        v = order[i]
        if mark[v] != stamp:
            order[put] = v
            position[v] = put
            put += 1
    for i in range(held):
        order[put] = spare[i]
        position[spare[i]] = put
        put += 1
    return True


@inlined
def _order_backward(s, moved, begin, final):
    """The mirror image: `moved`, the last of order[begin:final + 1], went before its first."""
    order, position, mark, after, spare = s.order, s.position, s.mark, s.after, s.spare
    s.control[STAMP] += 1
    stamp = s.control[STAMP]
    mark[moved] = stamp
    held = 1
    spare[0] = moved
    target = order[begin]
    for i in range(final - 1, begin - 1, -1):
        v = order[i]
        if mark[v + 1] == stamp or mark[after[v]] == stamp:
            mark[v] = stamp
            spare[held] = v
            held += 1
    if mark[target] == stamp:
        return False
    put = final
    for i in range(final - 1, begin - 1, -1):
        v = order[i]
        if mark[v] != stamp:
            order[put] = v
            position[v] = put
            put -= 1
    for i in range(held):
        order[put] = spare[i]
        position[spare[i]] = put
        put -= 1
    return True


@inlined
def apply(s, i, k):
    """Take the operation at place i of `sequence` to place k of the same machine.

    Order, heads, tails and makespan follow.  False, and nothing is changed, if the move closes
    a cycle.
    """
    moved, target = s.sequence[i], s.sequence[k]
    begin = min(s.position[moved], s.position[target])
    final = max(s.position[moved], s.position[target])
    _shift(s, i, k)
    if i < k:
        acyclic = _order_forward(s, moved, begin, final)
    else:
        acyclic = _order_backward(s, moved, begin, final)
    if not acyclic:
        _shift(s, k, i)
        return False
    sweep_heads(s.order, begin, s.before, s.duration, s.end)
    sweep_tails(s.order, final, s.after, s.duration, s.rest)
    s.control[MAKESPAN] = longest(s.last, s.end)
    return True


@inlined
def hashed(v, x):
    """A hash of operation v at place x."""
    z = (np.int64(v) << 32) + np.int64(x)
    z = (z ^ (z >> 29)) * np.int64(-0x40A7B892E31B1A47)
    z = (z ^ (z >> 32)) * np.int64(-0x6B2FB644ECCEEE15)
    return z ^ (z >> 29)


@inlined
def slot(key):
    """Where the table of tabus holds a key."""
    return (key >> 17) & (TABU_SLOTS - 1)


@kernel
def earliest_starts(order, machine, duration, n_machines):
    """Earliest start int64 (n_nodes,) of each node if machines run them in the given order."""
    free = np.zeros(n_machines, np.int64)
    end = np.zeros(duration.size, np.int64)
    for v in order:
        end[v] = duration[v] + max(end[v - 1], free[machine[v]])
        free[machine[v]] = end[v]
    return end - duration
