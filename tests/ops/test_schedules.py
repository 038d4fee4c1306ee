"""Heads, tails and critical operations of batches of schedules against longest paths."""

from __future__ import annotations

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance
from solverhub.ops.schedules import CYCLIC, Schedules, evaluate, n5, swap


def shop(lengths, n_machines, seed=0, most=99, visits="any"):
    """duration, indptr, machine of random jobs; visits "any" lets a job return to a machine."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    if visits == "any":
        machine = rng.integers(0, n_machines, indptr[-1])
    else:
        machine = np.concatenate([rng.permutation(n_machines)[:k] for k in lengths])
    return rng.integers(0, most + 1, indptr[-1]), indptr, machine


def orders(indptr, machine, B, seed=0):
    """machine_next (B, N) of random dispatching: always acyclic."""
    rng = np.random.default_rng(seed)
    jobs = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    out = np.full((B, machine.size), -1, np.int32)
    for row in out:
        at, last = indptr[:-1].copy(), {}
        for j in rng.permutation(jobs):
            i = at[j]
            at[j] += 1
            if machine[i] in last:
                row[last[machine[i]]] = i
            last[machine[i]] = i
    return out


def brute_force(duration, indptr, machine_next):
    """makespan, est, lst by relaxing every arc N times; (-1, None, None) of a cycle."""
    N = machine_next.size
    arcs = [(i, i + 1) for i in range(N - 1) if i + 1 not in set(indptr.tolist())]
    arcs += [(i, int(k)) for i, k in enumerate(machine_next) if k >= 0]
    preds = {i: {u for u, v in arcs if v == i} for i in range(N)}
    order = []
    while len(order) < N:
        ready = [i for i in range(N) if i not in order and preds[i] <= set(order)]
        if not ready:
            return CYCLIC, None, None
        order += ready
    est = [0] * N
    for v in order:
        est[v] = max([est[u] + int(duration[u]) for u in preds[v]], default=0)
    makespan = max(e + int(d) for e, d in zip(est, duration, strict=True))
    lst = [makespan - int(d) for d in duration]
    for v in reversed(order):
        for u in preds[v]:
            lst[u] = min(lst[u], lst[v] - int(duration[u]))
    return makespan, est, lst


def assert_right(found: Schedules, duration, indptr, machine_next):
    for k, row in enumerate(machine_next):
        d = duration if duration.ndim == 1 else duration[k]
        makespan, est, lst = brute_force(d, indptr, row)
        assert found.makespan[k] == makespan
        if makespan == CYCLIC:
            assert (found.est[k] == -1).all()
            assert (found.lst[k] == -1).all()
            assert not found.critical[k].any()
            continue
        assert found.est[k].tolist() == est
        assert found.lst[k].tolist() == lst
        assert found.critical[k].tolist() == [a == b for a, b in zip(est, lst, strict=True)]


SHOPS = {
    "square": ([4] * 4, 4, "once"),
    "ragged": ([1, 5, 0, 3, 4], 5, "once"),
    "recirculation": ([6, 4, 5], 2, "any"),
    "one machine": ([2, 1, 3], 1, "any"),
    "one operation": ([1], 1, "any"),
    "one job": ([5], 3, "any"),
}


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("most", [99, 1])
def test_agrees_with_longest_paths(name, most):
    lengths, n_machines, visits = SHOPS[name]
    duration, indptr, machine = shop(lengths, n_machines, most=most, visits=visits)
    batch = orders(indptr, machine, 30)
    assert_right(evaluate(duration, indptr, batch), duration, indptr, batch)


def test_cyclic_selections_are_told_from_the_others():
    duration, indptr, machine = shop([5, 4, 5], 3)
    batch = orders(indptr, machine, 40)
    rng = np.random.default_rng(1)
    for row in batch[::2]:
        for m in range(3):
            order = rng.permutation(np.flatnonzero(machine == m))
            row[order[:-1]], row[order[-1]] = order[1:], -1
    found = evaluate(duration, indptr, batch)
    assert (found.makespan[1::2] >= 0).all()
    assert (found.makespan == CYCLIC).any()
    assert_right(found, duration, indptr, batch)


@pytest.mark.parametrize("least", [0, 1])
def test_swaps_of_n5_never_make_a_cycle_and_hold_every_improving_swap(least):
    duration, indptr, machine = shop([6] * 6, 6, visits="any", most=3)
    duration = np.maximum(duration, least)
    batch = orders(indptr, machine, 40)
    found = evaluate(duration, indptr, batch)
    mask = n5(duration, indptr, batch, found)
    for k, row in enumerate(batch):
        for u in np.flatnonzero(row >= 0):
            one = row[None].copy()
            swap(one, np.array([u]))
            makespan = evaluate(duration, indptr, one, backward=False).makespan[0]
            assert not mask[k, u] or makespan != CYCLIC
            assert least == 0 or mask[k, u] or not 0 <= makespan < found.makespan[k]


def test_swap_exchanges_neighbours_in_place():
    rows = np.array([[1, 2, 3, -1], [1, 2, 3, -1], [2, 0, -1, -1]])
    swap(rows, np.array([1, -1, 0]))
    assert rows.tolist() == [[2, 3, 1, -1], [1, 2, 3, -1], [-1, 2, 0, -1]]
    with pytest.raises(InvalidInstance, match="operation 0 of solution 2"):
        swap(rows, np.array([-1, -1, 0]))
