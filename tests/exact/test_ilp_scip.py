import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from brute_force import program_optimum, random_program
from scipy.optimize import linprog
from scipy.sparse import csr_array

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Limit, Reason, Sense
from solverhub.exact.ilp_scip import ScipSolver
from solverhub.problems import families, judge
from solverhub.problems.ilp import IntegerProgram

pytest.importorskip("pyscipopt", reason="needs the extra scip")

PROBLEM = families.get("ilp")
Params = ScipSolver.Params
PLAIN = Params()
INF = np.inf


def solve(program, *, params=PLAIN, seed=0, warm_start=None, observe=lambda event: None, **budget):
    incoming = budget.pop("incoming", None)
    budget = Budget.start(**{"time_s": 30, "threads": 1, **budget})
    if incoming is not None:
        budget = budget.replace(incoming=incoming)
    return ScipSolver(PROBLEM).solve(
        program, budget, params=params, seed=seed, warm_start=warm_start, observe=observe
    )


def program(c, rows, low, high, *, lower=0.0, upper=INF, integer=True, sense=Sense.MINIMISE):
    n = len(c)
    return IntegerProgram(
        sense=sense,
        c=np.array(c, float),
        A=csr_array(np.array(rows, float).reshape(len(low), n)),
        row_lower=np.array(low, float),
        row_upper=np.array(high, float),
        lower=np.broadcast_to(np.array(lower, float), n),
        upper=np.broadcast_to(np.array(upper, float), n),
        integer=np.broadcast_to(integer, n),
    )


def market_split(seed=0, n=30, m=4):
    """Hard for its size: no search ends soon."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 100, (m, n)).astype(float)
    slack = np.concatenate([np.eye(m), -np.eye(m)], axis=1)
    middle = np.floor(rows.sum(axis=1) / 2)
    return program(
        [0] * n + [1] * (2 * m),
        np.concatenate([rows, slack], axis=1),
        middle,
        middle,
        upper=[1] * n + [INF] * (2 * m),
    )


@pytest.mark.parametrize("sense", list(Sense))
@pytest.mark.parametrize("decimals", [False, True])
@pytest.mark.parametrize("feasible", [True, False])
def test_brute_force_agrees(sense, decimals, feasible):
    rng = np.random.default_rng(23)
    for _ in range(12):
        instance = random_program(rng, sense=sense, decimals=decimals, feasible=feasible)
        result = solve(instance)
        optimum = program_optimum(instance)
        if optimum is None:
            assert result.termination.reason is Reason.INFEASIBLE
        else:
            assert PROBLEM.violations(instance, result.solution) == []
            assert result.termination.reason is Reason.OPTIMAL
            assert result.objective == pytest.approx(optimum)
            assert result.bound == pytest.approx(optimum)


@pytest.mark.parametrize("sense", list(Sense))
def test_linear_programs_come_with_checked_bounds(sense):
    rng = np.random.default_rng(1)
    for _ in range(10):
        instance = replace(random_program(rng, n=6, m=5, sense=sense), integer=np.zeros(6, bool))
        result = solve(instance)
        sign = sense.sign
        rows = instance.A.toarray()
        expected = linprog(
            sign * instance.c,
            np.concatenate([rows, -rows]),
            np.nan_to_num(np.concatenate([instance.row_upper, -instance.row_lower]), posinf=1e9),
            bounds=np.stack([instance.lower, instance.upper], axis=1),
        )
        assert result.objective == pytest.approx(sign * expected.fun + instance.offset, abs=1e-6)
        checked = judge.verify(result, Parsed(PROBLEM, instance))
        assert checked.termination.reason is Reason.OPTIMAL
        assert checked.bound_check is BoundCheck.RECOMPUTED


def test_an_infeasible_linear_program_comes_with_a_certificate():
    rows = [[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    instance = program([1, 1, 1], rows, [-INF] * 3 + [4], [2, 2, 2, INF], upper=3, integer=False)
    result = solve(instance)
    assert result.termination.reason is Reason.INFEASIBLE
    checked = judge.verify(result, Parsed(PROBLEM, instance))
    assert checked.bound_check is BoundCheck.CERTIFICATE


def test_unbounded_and_infeasible_are_told_apart():
    assert solve(program([-1, 0], [[1, -1]], [-INF], [0])).termination.reason is Reason.UNBOUNDED
    line = program([-1], [], [], [], integer=False)
    assert solve(line).termination.reason is Reason.UNBOUNDED
    neither = program([-1, 0, 0], [[1, -1, 0], [0, 0, 2]], [-INF, 1], [0, 1])
    assert solve(neither).termination.reason is Reason.INFEASIBLE


def test_no_rows_no_costs_no_columns():
    assert solve(program([1, -1], [], [], [], upper=3)).objective == -3
    feasible = solve(program([0, 0], [[1, 1]], [2], [2], upper=3))
    assert feasible.termination.reason is Reason.OPTIMAL
    empty = solve(program([], [], [], []))
    assert empty.termination.reason is Reason.OPTIMAL
    assert empty.objective == 0
    assert solve(program([1], [[0]], [1], [2], upper=1)).termination.reason is Reason.INFEASIBLE


def test_incumbents_and_bounds_stream():
    events = []
    result = solve(market_split(n=20, m=2), observe=events.append, time_s=10)
    found = [event for event in events if event.kind is EventKind.INCUMBENT]
    assert found
    assert all(PROBLEM.violations(market_split(n=20, m=2), e.solution) == [] for e in found)
    objectives = [event.objective for event in found]
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[-1] == result.objective
    assert any(event.kind is EventKind.BOUND for event in events)


def test_the_deadline_and_cancel_hold():
    started = time.monotonic()
    result = solve(market_split(), time_s=1.0)
    assert time.monotonic() - started < 6
    assert result.termination.limit is Limit.TIME
    assert result.solution is not None
    flag = threading.Event()
    timer = threading.Timer(0.7, flag.set)
    timer.start()
    started = time.monotonic()
    cancelled = solve(market_split(1), time_s=60, cancel=flag)
    assert time.monotonic() - started < 10
    timer.cancel()
    assert cancelled.termination.limit is Limit.CANCELLED


def test_nodes_are_the_iterations_and_runs_repeat():
    runs = [solve(market_split(), iterations=200, seed=4) for _ in range(2)]
    assert runs[0].termination.limit is Limit.ITERATIONS
    assert runs[0].deterministic
    assert np.array_equal(runs[0].solution, runs[1].solution)
    assert [p.objective for p in runs[0].trace] == [p.objective for p in runs[1].trace]


def test_the_target_ends_the_search():
    result = solve(market_split(), target=40)
    assert result.objective <= 40
    assert result.termination.limit is Limit.TARGET


def test_a_warm_start_is_used():
    instance = random_program(np.random.default_rng(6), n=5, m=3)
    best = solve(instance)
    again = solve(instance, warm_start=best.solution)
    assert again.trace[0].objective == best.objective
    kept = solve(instance, warm_start=best.solution, time_s=0)
    assert np.array_equal(kept.solution, best.solution)
    with pytest.raises(InvalidSolution):
        solve(instance, warm_start=best.solution.astype(int))


def test_incumbents_of_others_reach_scip():
    instance = market_split()
    good = solve(instance, time_s=4)
    pending = [Event(EventKind.INCUMBENT, 0.0, objective=good.objective, solution=good.solution)]
    started = time.monotonic()

    def incoming():
        return [pending.pop()] if pending and time.monotonic() - started > 0.3 else []

    result = solve(instance, time_s=2, incoming=incoming)
    assert not pending
    assert result.objective <= good.objective


def test_pool_and_log():
    instance = program([1, 1, 1], [[1, 1, 1]], [1], [INF], upper=1)
    result = solve(instance, params=Params(pool=3, log=True))
    assert all(PROBLEM.violations(instance, point) == [] for point in result.pool)
    points = [result.solution, *result.pool]
    assert len({point.tobytes() for point in points}) == len(points)
    assert any("SCIP Status" in line or "presolving" in line for line in result.log)
    assert solve(instance).log == ()
    assert set(result.engines) == {"scip", "pyscipopt"}


def test_native_parameters_pass_through():
    instance = market_split(n=40, m=5)
    stopped = solve(instance, params=Params(native={"limits/nodes": "1"}))
    assert stopped.termination.limit is Limit.ITERATIONS
    for native, words in (
        ({"limits/nonsense": 1}, "no parameter"),
        ({"limits/nodes": "many"}, "does not take"),
        ({"limits/gap": -1.0}, "does not take"),
        ({"presolving/maxrounds": 1.5}, "does not take"),
    ):
        with pytest.raises(InvalidParams, match=words):
            solve(instance, params=Params(native=native))
    with pytest.raises(InvalidParams):
        Params(pool=-1)
