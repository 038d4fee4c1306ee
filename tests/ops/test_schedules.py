"""Heads, tails and critical operations of batches of schedules against longest paths."""

from __future__ import annotations

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.ops.schedules import CYCLIC, LONGEST, Schedules, evaluate


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


def test_every_solution_may_have_durations_of_its_own_and_any_number_fits():
    _, indptr, machine = shop([3, 2, 4], 3)
    duration = np.random.default_rng(2).integers(0, 50, (11, 9))
    batch = orders(indptr, machine, 11)
    for B in (0, 1, 2, 3, 5, 11):
        found = evaluate(duration[:B], indptr, batch[:B])
        assert found.est.shape == (B, 9)
        assert_right(found, duration[:B], indptr, batch[:B])


def test_one_cycle_leaves_the_solutions_beside_it_alone():
    duration, indptr, machine = shop([5, 4, 5], 3)
    batch = orders(indptr, machine, 16)
    expected = evaluate(duration, indptr, batch)
    for k in range(4, 8):
        bad = batch.copy()
        bad[k] = np.roll(np.arange(14), 1)
        found = evaluate(duration, indptr, bad)
        assert found.makespan[k] == CYCLIC
        for name in ("makespan", "est", "lst", "critical"):
            one, two = (np.delete(getattr(v, name), k, axis=0) for v in (found, expected))
            np.testing.assert_array_equal(one, two)


def test_numbering_jobs_anew_changes_nothing_else():
    duration, indptr, machine = shop([4] * 5, 4, visits="once")
    batch = orders(indptr, machine, 9)
    moved = np.random.default_rng(3).permutation(5)
    old = (moved[:, None] * 4 + np.arange(4)).ravel()  # old number of every new operation
    new = np.append(np.argsort(old), -1)
    found = evaluate(duration[old], indptr, new[batch[:, old]])
    expected = evaluate(duration, indptr, batch)
    np.testing.assert_array_equal(found.makespan, expected.makespan)
    np.testing.assert_array_equal(found.lst, expected.lst[:, old])


def test_the_largest_durations_are_exact_and_larger_ones_refused():
    indptr, chain = np.array([0, 2, 3]), np.array([[-1, -1, -1], [-1, 2, -1], [2, -1, -1]])
    duration = np.array([2**30, 2**30 - 3, 2])
    found = evaluate(duration, indptr, chain)
    assert found.makespan.tolist() == [LONGEST - 2, LONGEST, LONGEST - 2]
    assert_right(found, duration, indptr, chain)
    bad = np.tile(duration, (3, 1))
    bad[1, 2] += 1
    for rows, message in (
        (bad, "durations of solution 1 add up to more than 2147483647"),
        (
            duration + np.array([0, 0, 2**31]),
            "duration holds 2147483650: the largest is 2147483647",
        ),
        (-duration, "a duration of solution 0 is negative"),
        (np.array([2**63 - 1, 2**63 - 1, 2]), "duration holds 9223372036854775807"),
    ):
        with pytest.raises(InvalidInstance, match=message):
            evaluate(rows, indptr, chain)


def test_what_cannot_be_used_is_refused_by_name():
    duration, indptr, machine = shop([3, 4], 2)
    batch = orders(indptr, machine, 6)

    def changed(k, i, value):
        out = batch.astype(np.int64)
        out[k, i] = value
        return out

    last = int(np.flatnonzero(batch[5] < 0)[0])
    taken = int(batch[5].max())
    for orders_, message in (
        (changed(2, 3, 7), "machine_next of solution 2 is no set"),
        (changed(4, 0, -2), "machine_next of solution 4 is no set"),
        (changed(4, 0, 2**40), "machine_next of solution 4 is no set"),
        (changed(5, last, taken), "machine_next of solution 5 is no set"),
        (batch.astype(float), "machine_next holds float64"),
        (batch[0], r"machine_next has shape \(7,\)"),
        (batch[:, :6], "duration has shape"),
        (changed(0, 0, 2**40).astype(np.uint64), "machine_next holds 18446744073709551615"),
    ):
        with pytest.raises(InvalidInstance, match=message):
            evaluate(duration, indptr, orders_)
    for starts in ([0, 3, 8], [1, 3, 7], [0, 5, 4, 7], []):
        with pytest.raises(InvalidInstance, match="indptr does not cut 7 operations"):
            evaluate(duration, np.array(starts, int), batch)
    for how in ({"threads": 0}, {"device": "tpu"}):
        with pytest.raises(InvalidParams, match=next(iter(how))):
            evaluate(duration, indptr, batch, **how)


def test_types_layouts_and_threads_change_nothing_and_compile_twice_at_most():
    from solverhub.ops.schedules_cpu import evaluate_range

    duration, indptr, machine = shop([5, 6, 4], 3)
    batch = orders(indptr, machine, 700)
    expected = evaluate(duration, indptr, batch)
    locked = batch.copy()
    locked.flags.writeable = False
    forms = [locked, batch.astype(np.int64), batch.astype(np.int16), np.asfortranarray(batch)]
    for form in forms:
        for kind in (np.int32, np.int64, np.uint8):
            found = evaluate(duration.astype(kind), indptr.tolist(), form, threads=2)
            np.testing.assert_array_equal(found.lst, expected.lst)
            np.testing.assert_array_equal(found.critical, expected.critical)
    forward = evaluate(duration, indptr, batch, backward=False)
    np.testing.assert_array_equal(forward.est, expected.est)
    assert forward.lst is None
    assert len(evaluate_range.signatures) <= 2


def test_tensors_are_read_in_place_and_answered_with_tensors():
    torch = pytest.importorskip("torch")
    from solverhub.ops import schedules

    duration, indptr, machine = shop([5, 6, 4], 3)
    batch = orders(indptr, machine, 20)
    for kind in (torch.int32, torch.int64):
        tensor = torch.tensor(batch, dtype=kind)
        _, read = schedules._checked(np, duration, np.asarray(tensor), indptr)
        assert read.ctypes.data == tensor.data_ptr()
        found = evaluate(torch.tensor(duration), torch.tensor(indptr), tensor)
        assert found.critical.dtype == torch.bool
        expected = evaluate(duration, indptr, batch)
        for name in ("makespan", "est", "lst", "critical"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_empty_jobs_and_no_operations():
    found = evaluate(np.zeros(0, int), [0, 0, 0], np.zeros((3, 0), int))
    assert found.makespan.tolist() == [0, 0, 0]
    duration, indptr = np.array([3, 4]), np.array([0, 0, 1, 1, 2, 2])
    found = evaluate(duration, indptr, np.array([[-1, -1], [1, -1], [-1, 0]]))
    assert found.makespan.tolist() == [4, 7, 7]
    assert found.est.tolist() == [[0, 0], [0, 3], [4, 0]]


@pytest.mark.parametrize("backward", [False, True])
def test_memory_of_an_earlier_answer_is_used_again(backward):
    duration, indptr, machine = shop([5, 6, 4], 3)
    one, two = orders(indptr, machine, 9), orders(indptr, machine, 9, seed=1)
    expected = evaluate(duration, indptr, two)
    held = evaluate(duration, indptr, one)
    found = evaluate(duration, indptr, two, backward=backward, out=held)
    assert np.shares_memory(found.est, held.est)
    np.testing.assert_array_equal(held.makespan, expected.makespan)
    np.testing.assert_array_equal(held.est, expected.est)
    if backward:
        np.testing.assert_array_equal(held.lst, expected.lst)
        np.testing.assert_array_equal(held.critical, expected.critical)
    with pytest.raises(InvalidParams, match=r"out holds int32 of shape \(9,\)"):
        evaluate(duration, indptr, two[:8], out=held)
