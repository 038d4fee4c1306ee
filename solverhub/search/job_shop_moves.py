"""N7 moves on a critical path, their estimated makespans, and which of them are tabu.

A block is a run of operations that follow one another on a machine and on the critical path.
N7 (C. Y. Zhang, P. Li, Z. Guan, Y. Rao 2007, doi:10.1016/j.cor.2005.12.002) takes an operation
of a block behind its last or before its first operation (N6 of Balas and Vazacopoulos 1998,
doi:10.1287/mnsc.44.2.262), or the first or last one into the block.  Before the first block's
first and behind the last block's last operation nothing can be gained, so those are left out.

A move of u behind v closes a cycle exactly if a path leads from u + 1 to v.  There is none if
rest(v) > rest(u + 1), or v starts before u + 1 ends, or u + 1 comes after v in the topological
order; each of the three holds in cases in which the others do not.

The estimate is Balas and Vazacopoulos': heads and tails of the operations whose place changes,
with those around them as they were.  It is a lower bound of the new makespan for neighbours on
the machine, and close to it otherwise.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from solverhub.search.job_shop_state import (
    BEST,
    HASH,
    ITERATION,
    MAKESPAN,
    SEEN_SLOTS,
)
from solverhub.search.job_shop_sweeps import draw, hashed, inlined, slot

FAR = np.int64(1) << 62


@inlined
def critical_path(s):
    """A random critical path in `path`, last operation first; returns its length."""
    end, duration, before, path = s.end, s.duration, s.before, s.path
    makespan = s.control[MAKESPAN]
    v = np.int32(0)
    ties = 0
    for w in s.last:
        if end[w] == makespan:
            ties += 1
            if ties == 1 or draw(s.random, ties) == 0:
                v = w
    length = 0
    while True:
        path[length] = v
        length += 1
        start = end[v] - duration[v]
        if start == 0:
            return length
        on_machine, in_job = before[v], v - 1
        if end[on_machine] != start:
            v = np.int32(in_job)
        elif end[in_job] != start or draw(s.random, 2) == 0:
            v = on_machine
        else:
            v = np.int32(in_job)


@inlined
def forward_allowed(duration, end, rest, position, u, v):
    """True if no path leads from u + 1 to v, as far as three quick conditions tell."""
    return (
        rest[v] > rest[u + 1]
        or (u + 1 != v and end[v] - duration[v] < end[u + 1])
        or position[v] < position[u + 1]
    )


@inlined
def backward_allowed(duration, end, rest, position, u, v):
    """True if no path leads from v to u - 1, likewise."""
    return (
        end[v] > end[u - 1]
        or (u - 1 != v and rest[v] - duration[v] < rest[u - 1])
        or position[v] > position[u - 1]
    )


@inlined
def collect(s, length, moves):
    """The moves of the path in `path[:length]` as rows (from, to) of places; returns their number.

    They may close cycles: most are ruled out by their length before that has to be known.
    -1 if the path consists of one block or of one job, which proves the schedule optimal.
    """
    path, place, before = s.path, s.place, s.before
    count, blocks, final = 0, 0, 0
    while final < length:
        begin = final
        while begin + 1 < length and before[path[begin]] == path[begin + 1]:
            begin += 1
        low, high = place[path[begin]], place[path[final]]
        opens, closes = begin + 1 == length, final == 0
        final = begin + 1
        if low == high:
            continue
        if opens and closes:
            return -1
        blocks += 1
        if not closes:
            for i in range(low, high):
                moves[count, 0], moves[count, 1] = i, high
                count += 1
            if opens:
                for i in range(low, high - 1):
                    moves[count, 0], moves[count, 1] = high, i
                    count += 1
        if not opens:
            # A swap of neighbours was collected above unless the block is the last.
            for i in range(high, low + (0 if closes else 1), -1):
                moves[count, 0], moves[count, 1] = i, low
                count += 1
            for k in range(low + 2 if closes else low + 1, high + (1 if closes else 0)):
                moves[count, 0], moves[count, 1] = low, k
                count += 1
        if not opens and not closes:
            for k in range(low + 1, high - 1):
                moves[count, 0], moves[count, 1] = high, k
                count += 1
    return count if blocks > 0 else -1


@inlined
def least_forward(sequence, duration, end, rest, i, k):
    """A lower bound of `estimate_forward` in constant time, within a critical block."""
    u = sequence[i]
    tail = duration[u] + max(rest[u + 1], rest[sequence[k + 1]])
    head = max(end[sequence[i - 1]], end[sequence[i + 1] - 1])
    # On a critical block the operations in between run without a gap.
    return max(head + end[sequence[k]] - end[u], end[u - 1]) + tail


@inlined
def least_backward(sequence, duration, end, rest, i, k):
    """A lower bound of `estimate_backward`, likewise."""
    u = sequence[i]
    head = duration[u] + max(end[u - 1], end[sequence[k - 1]])
    tail = max(rest[sequence[i + 1]], rest[sequence[i - 1] + 1])
    return max(tail + rest[sequence[k]] - rest[u], rest[u + 1]) + head


@inlined
def estimate_forward(sequence, duration, end, rest, heads, i, k, limit):
    """Estimated makespan after place i goes behind place k; FAR if it exceeds the limit."""
    u = sequence[i]
    head = end[sequence[i - 1]]
    for x in range(i + 1, k + 1):
        v = sequence[x]
        head = max(head, end[v - 1])
        heads[x] = head
        head += duration[v]
    tail = duration[u] + max(rest[u + 1], rest[sequence[k + 1]])
    most = max(head, end[u - 1]) + tail
    for x in range(k, i, -1):
        if most > limit:
            return FAR
        v = sequence[x]
        tail = max(tail, rest[v + 1]) + duration[v]
        most = max(most, heads[x] + tail)
    return most


@inlined
def estimate_backward(sequence, duration, end, rest, heads, i, k, limit):
    """Estimated makespan after place i goes before place k; FAR if it exceeds the limit."""
    u = sequence[i]
    tail = rest[sequence[i + 1]]
    for x in range(i - 1, k - 1, -1):
        v = sequence[x]
        tail = max(tail, rest[v + 1])
        heads[x] = tail
        tail += duration[v]
    head = duration[u] + max(end[u - 1], end[sequence[k - 1]])
    most = max(tail, rest[u + 1]) + head
    for x in range(k, i):
        if most > limit:
            return FAR
        v = sequence[x]
        head = max(head, end[v - 1]) + duration[v]
        most = max(most, heads[x] + head)
    return most


@inlined
def segment_hashes(sequence, i, k):
    """Hashes of the operations with their places between i and k, before and after the move."""
    low, high = min(i, k), max(i, k)
    step = -1 if i < k else 1
    old, new = np.int64(0), np.int64(0)
    for x in range(low, high + 1):
        v = sequence[x]
        old += hashed(v, x)
        new += hashed(v, k if x == i else x + step)
    return old, new


@inlined
def is_tabu(s, i, k):
    """True if the move gives places that are tabu, or a schedule that was seen lately."""
    old, new = segment_hashes(s.sequence, i, k)
    at = slot(new)
    if s.tabu_key[at] == new and s.tabu_until[at] >= s.control[ITERATION]:
        return True
    whole = s.control[HASH] + new - old
    return s.seen[whole & (SEEN_SLOTS - 1)] == whole


@inlined
def allowed(duration, end, rest, position, sequence, i, k):
    """True if the move surely closes no cycle."""
    if i < k:
        return forward_allowed(duration, end, rest, position, sequence[i], sequence[k])
    return backward_allowed(duration, end, rest, position, sequence[i], sequence[k])


@inlined
def choose(s, moves, count):
    """Row of the move to make: least estimate of those not tabu or better than the best known.

    Ties are broken at random; where all are tabu a random one is taken.  -1 if none is allowed.
    """
    sequence, duration, end, rest, heads = s.sequence, s.duration, s.end, s.rest, s.heads
    position = s.position
    known = s.control[BEST]
    least, ties, chosen = FAR - 1, 0, -1
    for c in range(count):
        i, k = moves[c, 0], moves[c, 1]
        if i < k:
            if least_forward(sequence, duration, end, rest, i, k) > least:
                continue
            if not forward_allowed(duration, end, rest, position, sequence[i], sequence[k]):
                continue
            value = estimate_forward(sequence, duration, end, rest, heads, i, k, least)
        else:
            if least_backward(sequence, duration, end, rest, i, k) > least:
                continue
            if not backward_allowed(duration, end, rest, position, sequence[i], sequence[k]):
                continue
            value = estimate_backward(sequence, duration, end, rest, heads, i, k, least)
        if value > least or (value >= known and is_tabu(s, i, k)):
            continue
        ties = ties + 1 if value == least else 1
        if ties == 1 or draw(s.random, ties) == 0:
            least, chosen = value, c
    if chosen >= 0 or count == 0:
        return chosen
    first = draw(s.random, count)
    for step in range(count):
        c = (first + step) % count
        if allowed(duration, end, rest, position, sequence, moves[c, 0], moves[c, 1]):
            return c
    return -1
