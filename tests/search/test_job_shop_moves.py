from itertools import pairwise

import numpy as np

from solverhub.search.job_shop_descent import search
from solverhub.search.job_shop_moves import (
    FAR,
    allowed,
    collect,
    critical_path,
    estimate_backward,
    estimate_forward,
    least_backward,
    least_forward,
    segment_hashes,
)
from solverhub.search.job_shop_state import HASH, MAKESPAN
from solverhub.search.job_shop_sweeps import hashed, kernel
from tests.search.job_shop_cases import classic, recomputed, shops, started

NO_LIMIT = int(FAR) - 1


@kernel
def forward(s, i, k, limit):
    return estimate_forward(s.sequence, s.duration, s.end, s.rest, s.heads, i, k, limit)


@kernel
def backward(s, i, k, limit):
    return estimate_backward(s.sequence, s.duration, s.end, s.rest, s.heads, i, k, limit)


@kernel
def surely_allowed(s, i, k):
    return allowed(s.duration, s.end, s.rest, s.position, s.sequence, i, k)


@kernel
def least(s, i, k):
    if i < k:
        return least_forward(s.sequence, s.duration, s.end, s.rest, i, k)
    return least_backward(s.sequence, s.duration, s.end, s.rest, i, k)


def rows_of(state, moves):
    """Places of the moves of a random critical path that close no cycle."""
    count = collect(state, critical_path(state), moves)
    rows = [tuple(row) for row in moves[: max(count, 0)].tolist()]
    return [row for row in rows if surely_allowed(state, *row)]


def estimate(state, i, k, limit=NO_LIMIT):
    return (forward if i < k else backward)(state, i, k, limit)


def states(count=30, seed=0):
    """Schedules of shops of every kind at several points of a search."""
    for number, shop in enumerate([*shops(count, seed), classic(8, 6), classic(12, 4)]):
        layout, state = started(shop, number)
        moves = np.zeros((4 * len(layout.node) + 8, 2), np.int32)
        for steps in (0, 1, 5, 40):
            search(state, moves, steps, 10**9, 0)
            yield layout, state, moves


def after_move(state, i, k):
    moved = state.sequence.tolist()
    moved.insert(k, moved.pop(i))
    return np.array(moved)


def reference_estimate(state, i, k):
    """Balas and Vazacopoulos' estimate as they write it."""
    p, end, rest = state.duration, state.end, state.rest
    low, high = min(i, k), max(i, k)
    new = after_move(state, i, k)
    head = {int(new[low - 1]): int(end[new[low - 1]])}
    tail = {int(new[high + 1]): int(rest[new[high + 1]])}
    for x in range(low, high + 1):
        head[int(new[x])] = int(p[new[x]]) + max(head[int(new[x - 1])], int(end[new[x] - 1]))
    for x in range(high, low - 1, -1):
        tail[int(new[x])] = int(p[new[x]]) + max(tail[int(new[x + 1])], int(rest[new[x] + 1]))
    return max(head[v] + tail[v] - int(p[v]) for v in map(int, new[low : high + 1]))


def test_critical_paths_have_the_length_of_the_makespan():
    for _, state, _ in states():
        length = critical_path(state)
        path = state.path[:length][::-1]
        assert state.duration[path].sum() == state.control[MAKESPAN]
        for v, w in pairwise(path):
            assert w - 1 == v or state.before[w] == v


def test_moves_close_no_cycle_and_are_estimated_as_the_paper_says():
    exact, total = 0, 0
    for layout, state, moves in states():
        rows = rows_of(state, moves)
        swaps = [(min(row), max(row)) for row in rows if abs(row[0] - row[1]) == 1]
        longer = [row for row in rows if abs(row[0] - row[1]) > 1]
        assert len(set(swaps)) == len(swaps)
        assert len(set(longer)) == len(longer)
        for i, k in rows:
            sequence = after_move(state, i, k)
            found = recomputed(layout, sequence)
            assert found is not None
            makespan = found[0].max()
            value = estimate(state, i, k)
            assert value == reference_estimate(state, i, k) >= least(state, i, k)
            if abs(i - k) == 1:
                assert value <= makespan
            exact += value == makespan
            total += 1
    assert exact > 0.5 * total > 100


def test_a_limit_only_cuts_off_estimates_above_it():
    for _, state, moves in states(10):
        for i, k in rows_of(state, moves):
            value = estimate(state, i, k)
            for limit in (value - 1, value, value + 1):
                assert estimate(state, i, k, limit) in (
                    (value,) if value <= limit else (value, FAR)
                )
            assert estimate(state, i, k, value - 1) > value - 1


def test_no_move_is_left_out_that_could_shorten_the_path():
    """All N6 insertions that a plain search finds acyclic and shorter are collected."""
    for layout, state, moves in states(20, seed=3):
        length = critical_path(state)
        path = [int(v) for v in state.path[:length][::-1]]
        if collect(state, length, moves) == -1:
            continue
        count = collect(state, length, moves)
        found = {(i, k) for i, k in moves[:count].tolist() if surely_allowed(state, i, k)}
        found |= {(k, i) for i, k in found if abs(i - k) == 1}
        for v, w in pairwise(path):
            if state.before[w] != v:
                continue
            i, k = int(state.place[v]), int(state.place[w])
            after = recomputed(layout, after_move(state, i, k))
            if after is not None and after[0].max() < state.control[MAKESPAN]:
                assert (i, k) in found


def test_hashes_follow_the_schedule():
    for layout, state, moves in states(10, seed=5):
        whole = np.int64(0)
        with np.errstate(over="ignore"):
            for v in layout.node:
                whole += np.int64(hashed(v, state.place[v]))
            assert whole == state.control[HASH]
            for i, k in rows_of(state, moves):
                old, new = segment_hashes(state.sequence, i, k)
                after = after_move(state, i, k)
                total = np.int64(0)
                for x in np.flatnonzero(after):
                    total += np.int64(hashed(np.int32(after[x]), x))
                assert total == whole + np.int64(new) - np.int64(old)
