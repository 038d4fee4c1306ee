"""What every exact solver of integer programs must do, as plain checks to call."""

import threading
import time

import numpy as np
import pytest
from mixed_programs import optimum, program, random_program

from solverhub.core.budget import Budget
from solverhub.core.events import EventKind
from solverhub.core.problem import Parsed
from solverhub.core.result import Limit, Reason, Sense
from solverhub.problems.ilp import Ilp
from solverhub.problems.judge import verify

ILP = Ilp()


def solve(solver, given, *, judged=True, time_s=20.0, **more):
    budget = more.pop("budget", None) or Budget.start(time_s, threads=1)
    more = {"params": solver.Params(), "seed": 0, **more}
    result = solver.solve(given, budget, **more)
    return verify(result, Parsed(ILP, given), budget.gap) if judged else result


def market_split(seed=0, n=40, m=4, slack=0.0):
    """Cornuejols and Dawande 1999: no point is easy to find, nor to exclude.

    With slack columns (a cost on what is missed) points are easy and proofs are not.
    """
    rng = np.random.default_rng(seed)
    A = rng.integers(0, 100, (m, n)).astype(float)
    sides = [(float(total // 2),) * 2 for total in A.sum(axis=1)]
    if not slack:
        return program(np.zeros(n), A, sides, [(0, 1)] * n, np.ones(n))
    eye = np.eye(m)
    rows = np.hstack([A, eye, -eye])
    c = np.concatenate([np.zeros(n), np.full(2 * m, slack)])
    bounds = [(0, 1)] * n + [(0, None)] * (2 * m)
    return program(c, rows, sides, bounds, np.concatenate([np.ones(n), np.zeros(2 * m)]))


def require_the_optimum(solver, given):
    expected, result = optimum(given), solve(solver, given)
    if expected is None:
        assert result.termination.reason is Reason.INFEASIBLE
        assert result.solution is None
        return result
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert result.verified
    return result


def require_optima(solver, kind, seeds):
    for seed in seeds:
        require_the_optimum(solver, random_program(np.random.default_rng([seed, 7]), kind))


def require_no_time_is_an_answer(solver):
    result = solve(solver, market_split(slack=1), time_s=0.0)
    assert result.termination.limit is Limit.TIME
    assert result.termination.reason is Reason.NO_SOLUTION


def require_the_deadline(solver, time_s=1.0, overrun_s=5.0):
    start = time.monotonic()
    result = solve(solver, market_split(slack=1), time_s=time_s)
    assert time.monotonic() - start < time_s + overrun_s
    assert result.termination.reason is Reason.FEASIBLE
    assert result.termination.limit is Limit.TIME
    assert result.bound <= result.objective


def require_cancelling(solver, within_s=10):
    flag = threading.Event()
    started = []
    threading.Timer(0.7, lambda: (started.append(time.monotonic()), flag.set())).start()
    budget = Budget.start(60, threads=1, cancel=flag)
    result = solve(solver, market_split(slack=1), budget=budget)
    assert time.monotonic() - started[0] < within_s
    assert result.termination.limit is Limit.CANCELLED
    assert result.termination.reason is Reason.FEASIBLE


def require_the_target(solver):
    given = market_split(slack=1)
    far = float(given.row_upper.sum())
    budget = Budget.start(30, threads=1, target=far)
    result = solve(solver, given, budget=budget)
    assert result.objective <= far
    assert result.termination.limit is Limit.TARGET


def require_equal_answers(solver):
    given = market_split(slack=1, n=25, m=3)
    answers = [
        solve(
            solver, given, judged=False, seed=5, budget=Budget.start(60, iterations=60, threads=1)
        )
        for _ in range(2)
    ]
    assert answers[0].objective == answers[1].objective
    assert answers[0].bound == answers[1].bound
    assert np.array_equal(answers[0].solution, answers[1].solution)


def require_the_warm_start(solver):
    given = market_split(slack=1)
    start = np.zeros(given.n)
    start[40:44] = given.row_upper
    worth, events = ILP.objective(given, start), []
    result = solve(solver, given, time_s=1.0, warm_start=start, observe=events.append)
    found = [event for event in events if event.kind is EventKind.INCUMBENT]
    assert found[0].objective <= worth
    assert found[0].solution is not None
    assert result.objective <= worth


def require_infeasible_warm_starts_do_no_harm(solver):
    """HiGHS #902 and Cbc #449 called an infeasible program solved after such a start."""
    odd = program([1, 1], [[2, 4]], [(7, 7)], [(0, 50)] * 2, [1, 1])
    result = solve(solver, odd, warm_start=np.array([1.0, 1.0]))
    assert result.termination.reason is Reason.INFEASIBLE
    even = program([1, 1], [[2, 4]], [(8, 8)], [(0, 50)] * 2, [1, 1])
    result = solve(solver, even, warm_start=np.array([49.0, 50.0]))
    assert result.objective == 2


def require_unbounded(solver):
    for integer in (0, 1):
        endless = program([-3, 2], [[1, -1]], [(0, None)], [(0, None), (0, 10)], [integer] * 2)
        assert solve(solver, endless).termination.reason is Reason.UNBOUNDED
    most = program([1], [[1]], [(0, None)], [(0, None)], [1], sense=Sense.MAXIMISE)
    assert solve(solver, most).termination.reason is Reason.UNBOUNDED
    # Unbounded only if it were feasible.
    odd = program([-3, 0], [[1, 0], [0, 2]], [(0, None), (1, 1)], [(0, None), (0, 10)], [1, 1])
    assert solve(solver, odd).termination.reason is Reason.INFEASIBLE


def require_degenerate_shapes(solver):
    no_columns = program([], [], [(0, 0)], [], [], offset=5)
    assert solve(solver, no_columns).objective == 5
    contradiction = program([], [], [(1, None)], [], [])
    assert solve(solver, contradiction).termination.reason is Reason.INFEASIBLE
    no_rows = program([1, -1], [], [], [(-2, 3), (0, 4.5)], [1, 1])
    assert solve(solver, no_rows).objective == -6
    crossed = program([1], [[1]], [(0, 9)], [(3, 2)], [0])
    assert solve(solver, crossed).termination.reason is Reason.INFEASIBLE
    between = program([1], [[1]], [(0, 9)], [(2.2, 2.8)], [1])
    assert solve(solver, between).termination.reason is Reason.INFEASIBLE
    free_row = program([1, 1], [[1, 1], [2, 3]], [(None, None), (5, None)], [(0, 9)] * 2, [1, 1])
    assert solve(solver, free_row).objective == 2
