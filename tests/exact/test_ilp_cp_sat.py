from dataclasses import replace

import numpy as np
import pytest
from brute_force import program_optimum, random_program
from scipy.sparse import csr_array

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Limit, Reason, Sense
from solverhub.engines import cp_sat
from solverhub.exact.ilp_cp_sat import CpSatSolver
from solverhub.problems import families
from solverhub.problems.ilp import IntegerProgram

PROBLEM = families.get("ilp")
Params = CpSatSolver.Params
ONE = Params(workers=1)
INF = np.inf


def solve(program, *, params=ONE, seed=0, warm_start=None, **budget):
    budget = Budget.start(**{"time_s": 30, "threads": 1, **budget})
    return CpSatSolver(PROBLEM).solve(
        program, budget, params=params, seed=seed, warm_start=warm_start
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


@pytest.mark.parametrize("sense", list(Sense))
@pytest.mark.parametrize("decimals", [False, True])
@pytest.mark.parametrize("feasible", [True, False])
def test_brute_force_agrees(sense, decimals, feasible):
    rng = np.random.default_rng(17)
    for _ in range(12):
        instance = random_program(rng, sense=sense, decimals=decimals, feasible=feasible)
        result = solve(instance)
        optimum = program_optimum(instance)
        if optimum is None:
            assert result.termination.reason is Reason.INFEASIBLE
            assert result.solution is None
        else:
            assert PROBLEM.violations(instance, result.solution) == []
            assert result.termination.reason is Reason.OPTIMAL
            assert result.objective == pytest.approx(optimum)
            assert result.bound == pytest.approx(optimum)


@pytest.mark.parametrize(
    ("threads", "cores", "given", "workers", "weight"),
    [
        (1, None, None, 1, 1),
        (2, None, None, 8, 2),
        (2, 1, None, 8, 0.5),
        (4, None, None, 8, 4),
        (4, 3, None, 8, 1.5),
        (12, None, None, 12, 12),
        (2, 1, 8, 8, 8),
    ],
)
def test_workers_weigh_as_much_as_their_threads_or_half_their_own_cores_unless_asked_for(
    monkeypatch, threads, cores, given, workers, weight
):
    told = []

    class Told(cp_sat.Run):
        def __init__(self, model, settings, *, nice, **rest):
            told.append((settings.num_workers, nice))
            super().__init__(model, settings, **rest)

    monkeypatch.setattr(cp_sat, "Run", Told)
    instance = program([1.0, 1.0], [[1.0, 1.0]], [1.0], [INF], upper=3.0)
    budget = Budget.start(30, threads=threads).replace(cores=cores)
    result = CpSatSolver(PROBLEM).solve(instance, budget, params=Params(workers=given), seed=0)
    assert result.objective == 1
    assert [count for count, _ in told] == [workers]
    assert [count * 1.25**-nice for count, nice in told] == [pytest.approx(weight, rel=0.15)]


def test_boolean_rows_in_every_form():
    rng = np.random.default_rng(3)
    for _ in range(40):
        signs = rng.choice([-1.0, 1.0], 4) * rng.integers(1, 3)
        low, high = sorted(rng.integers(-5, 5, 2))
        instance = program(
            rng.integers(-5, 6, 4), [signs], [low if rng.random() < 0.6 else -INF], [high], upper=1
        )
        result = solve(instance)
        optimum = program_optimum(instance)
        if optimum is None:
            assert result.termination.reason is Reason.INFEASIBLE
        else:
            assert result.objective == optimum
            assert PROBLEM.violations(instance, result.solution) == []


def test_no_rows_no_costs_no_columns():
    assert solve(program([1, -1], [], [], [], upper=3)).objective == -3
    feasible = solve(program([0, 0], [[1, 1]], [2], [2], upper=3))
    assert feasible.termination.reason is Reason.OPTIMAL
    assert feasible.objective == feasible.bound == 0
    empty = solve(program([], [], [], []))
    assert empty.termination.reason is Reason.OPTIMAL
    assert solve(program([1], [[0]], [1], [2], upper=1)).termination.reason is Reason.INFEASIBLE


def test_crossed_bounds_are_infeasible():
    crossed = program([1, 1], [[1, 1]], [0], [9], lower=[0, 4], upper=[5, 3])
    assert solve(crossed).termination.reason is Reason.INFEASIBLE
    between = program([1], [], [], [], lower=0.2, upper=0.8)
    assert solve(between).termination.reason is Reason.INFEASIBLE


def test_bounds_come_from_rows_or_from_a_first_solution():
    from_rows = program([-1, -2], [[1, 1]], [-INF], [10])
    assert solve(from_rows).termination.reason is Reason.OPTIMAL
    assert solve(from_rows).objective == -20
    from_costs = program([2, 3], [[5, 4]], [17], [INF])
    result = solve(from_costs)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == result.bound == 8


def test_nothing_is_claimed_of_columns_that_were_cut_off():
    unbounded = program([-1, 0], [[1, -1]], [-INF], [0])
    result = solve(unbounded)
    assert result.termination.reason is Reason.FEASIBLE
    assert result.bound is None
    assert PROBLEM.violations(unbounded, result.solution) == []
    parity = program([0, 0], [[2, -2]], [1], [1])
    assert solve(parity).termination.reason is Reason.NO_SOLUTION


def test_differences_of_continuous_columns_are_exact():
    """Two tasks of 2.5 and 1.25 hours in either order, and the end of the last one."""
    big = 10
    instance = program(
        [0, 0, 0, 1],
        [
            [big, 1, -1, 0],
            [-big, -1, 1, 0],
            [0, -1, 0, 1],
            [0, 0, -1, 1],
        ],
        [1.25, 2.5 - big, 2.5, 1.25],
        [INF] * 4,
        upper=[1, INF, INF, INF],
        integer=[True, False, False, False],
    )
    result = solve(instance)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == pytest.approx(3.75)
    assert PROBLEM.violations(instance, result.solution) == []


@pytest.mark.parametrize(
    ("rows", "integer", "words"),
    [
        ([[1, 1, 1]], [False] * 3, "column 0 is continuous"),
        ([[1 / 3, 1, 0]], [True] * 3, "row 0 has the coefficient"),
        ([[1e18, 1e3, 0]], [True] * 3, "row 0"),
        ([[3, 2, 0]], [True, False, True], None),
    ],
)
def test_what_has_no_exact_form_is_refused(rows, integer, words):
    instance = program([1, 1, 1], rows, [1], [INF], upper=10, integer=integer)
    solver = CpSatSolver(PROBLEM)
    if words is None:
        assert solver.serves(instance) is None
        return
    assert words in solver.serves(instance)
    with pytest.raises(InvalidInstance, match="highs"):
        solve(instance)


def test_large_and_odd_costs_keep_bounds_on_the_right_side():
    rng = np.random.default_rng(5)
    for scale in (1e-9, 1.0, 1e9, 1e15):
        instance = program(rng.normal(size=6) * scale, [[1] * 6], [2], [4], upper=3)
        result = solve(instance)
        optimum = program_optimum(instance)
        assert result.objective == pytest.approx(optimum, rel=1e-9)
        assert result.bound <= optimum + 1e-9 * abs(optimum)


def test_a_warm_start_guides_even_if_infeasible():
    instance = random_program(np.random.default_rng(6), n=5, m=3)
    best = solve(instance)
    again = solve(instance, warm_start=best.solution)
    assert again.objective == best.objective
    wrong = solve(instance, warm_start=np.full(5, 99.0))
    assert wrong.objective == best.objective
    kept = solve(instance, warm_start=best.solution, time_s=0)
    assert kept.termination.limit is Limit.TIME
    assert np.array_equal(kept.solution, best.solution)


def test_columns_may_be_permuted():
    rng = np.random.default_rng(7)
    instance = random_program(rng, n=6, m=5)
    order = rng.permutation(6)
    permuted = replace(
        instance,
        c=instance.c[order],
        A=csr_array(instance.A.toarray()[:, order]),
        lower=instance.lower[order],
        upper=instance.upper[order],
        integer=instance.integer[order],
    )
    assert solve(instance).objective == solve(permuted).objective


def test_the_pool_lists_other_optima():
    instance = program([1, 1, 1], [[1, 1, 1]], [1], [INF], upper=1)
    result = solve(instance, params=Params(workers=1, pool=2))
    assert result.objective == 1
    assert len(result.pool) == 2
    assert all(point.sum() == 1 for point in result.pool)
