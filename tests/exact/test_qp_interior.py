import threading
import time

import numpy as np
import pytest
from quadratic_programs import quadratic, solved
from scipy.sparse import csc_array, eye_array, random_array

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.local import solve_parsed
from solverhub.problems.qp import Qp
from solverhub.problems.qp_residuals import residuals
from solverhub.problems.quadratic_program import QuadraticProgram

OWN = ("interior-point", "clarabel", "piqp")


def judged(program, solver, *, time_s=30, threads=1, gap=1e-6, cancel=None, **params):
    budget = Budget.start(time_s, threads=threads, gap=gap)
    if cancel is not None:
        budget = budget.replace(cancel=cancel)
    return solve_parsed(Parsed(Qp(), program), solver, budget, params=params)


def filling(n):
    """A program whose factor is dense."""
    rng = np.random.default_rng(0)
    root = random_array((n, n), density=6 / n, rng=rng, data_sampler=rng.standard_normal)
    P = csc_array(root @ root.T) + 1e-3 * eye_array(n)
    return QuadraticProgram(
        P=csc_array((P + P.T) / 2),
        q=rng.normal(size=n),
        A=csc_array(eye_array(n)),
        l=-np.ones(n),
        u=np.ones(n),
    )


@pytest.mark.parametrize("solver", OWN)
@pytest.mark.parametrize("rank", [None, 3])
def test_random_programs_are_solved_to_many_digits(solver, rank):
    for seed in range(6):
        program, _, _, value = solved(np.random.default_rng(seed), 10, 16, rank=rank)
        result = judged(program, solver, gap=1e-8, eps=1e-9)
        assert result.termination.reason is Reason.OPTIMAL
        assert result.verified
        assert result.objective == pytest.approx(value, rel=1e-7, abs=1e-7)
        y, x = result.evidence["row_dual"], result.evidence["point"]
        assert residuals(program, x, y).meets(1e-9)


def test_both_engines_agree_with_each_other():
    for seed in range(6, 10):
        program, *_ = solved(np.random.default_rng(seed), 15, 25)
        values = [float(judged(program, solver, eps=1e-9).objective) for solver in OWN]
        assert values == pytest.approx([values[0]] * len(OWN), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("solver", OWN)
def test_the_absolute_criterion_is_met(solver):
    program = quadratic([[1e4, 0], [0, 1]], [-3e4, 1], [[1, 1]], [(0, 2)])
    result = judged(program, solver, eps=1e-6, criterion="absolute")
    y, x = result.evidence["row_dual"], result.evidence["point"]
    assert residuals(program, x, y).meets(1e-6, "absolute")


@pytest.mark.parametrize("solver", OWN)
@pytest.mark.parametrize("power", [-8, 8])
def test_data_scaled_far_away_keeps_its_optimum(solver, power):
    size = 10.0**power
    program = quadratic(
        [[size, 0], [0, 1]], [-2 * size, -1], [[1 / size, 1], [1, 0]], [(None, 3e8), (None, 1)]
    )
    result = judged(program, solver)
    assert result.termination.reason in (Reason.OPTIMAL, Reason.FEASIBLE)
    if result.termination.reason is Reason.OPTIMAL:
        assert result.objective == pytest.approx(-1.5 * size - 0.5, rel=1e-5)


@pytest.mark.parametrize("solver", OWN)
def test_certificates_are_the_judges(solver):
    contradiction = quadratic(
        np.eye(2), [1, 1], [[1, 0], [0, 1], [1, 1]], [(1, None), (1, None), (None, 1)]
    )
    refuted = judged(contradiction, solver)
    if solver != "piqp" or refuted.termination.reason is Reason.INFEASIBLE:
        assert refuted.termination.reason is Reason.INFEASIBLE
        assert refuted.bound_check is BoundCheck.CERTIFICATE


@pytest.mark.parametrize("solver", [*OWN, "osqp", "scs", "proxqp"])
def test_integer_columns_are_refused_or_routed(solver):
    if solver not in catalog.available("qp"):
        pytest.skip("not installed")
    program = quadratic(np.eye(2), [0.6, 0], [[1, 0]], [(-5, 5)], integer=np.array([1, 0]))
    with pytest.raises(InvalidInstance, match="integer"):
        judged(program, solver)


@pytest.mark.parametrize("solver", OWN)
def test_the_deadline_holds_while_an_engine_factorises(solver):
    start = time.monotonic()
    result = judged(filling(3000), solver, time_s=0.5)
    assert time.monotonic() - start < 6
    if result.termination.reason is not Reason.OPTIMAL:
        assert result.termination.limit is Limit.TIME


def test_a_run_in_a_process_is_cancelled():
    flag = threading.Event()
    timer = threading.Timer(1.0, flag.set)
    timer.start()
    start = time.monotonic()
    result = judged(filling(3000), "piqp", time_s=120, cancel=flag)
    timer.cancel()
    assert time.monotonic() - start < 15
    if result.termination.reason is not Reason.OPTIMAL:
        assert result.termination.limit is Limit.CANCELLED


@pytest.mark.parametrize("threads", [1, 2])
def test_engines_beside_each_other_find_what_one_finds(threads):
    program = filling(700)
    result = judged(program, "interior-point", threads=threads, eps=1e-8)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == pytest.approx(
        float(judged(program, "clarabel", eps=1e-8).objective), rel=1e-7
    )


@pytest.mark.parametrize("solver", ["clarabel", "piqp"])
def test_native_settings_are_taken_or_refused(solver):
    program = quadratic(np.eye(2), [-1, -1], [[1, 1]], [(None, 1)])
    assert judged(program, solver, native={"max_iter": "60"}).termination.reason is Reason.OPTIMAL
    for native in ({"nonsense": 1}, {"verbose": True}, {"max_iter": "many"}):
        with pytest.raises(InvalidParams):
            judged(program, solver, native=native)


@pytest.mark.parametrize("params", [{"eps": 0.0}, {"eps": "nan"}, {"criterion": "hopeful"}])
def test_bad_params_are_named(params):
    with pytest.raises(InvalidParams):
        judged(quadratic([[1]], [0], [[1]], [(0, 1)]), "interior-point", **params)


@pytest.mark.parametrize("solver", OWN)
def test_one_iteration_is_no_proof(solver):
    program, *_ = solved(np.random.default_rng(1), 30, 60)
    budget = Budget.start(30, threads=1, iterations=1)
    result = solve_parsed(Parsed(Qp(), program), solver, budget)
    assert result.termination.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION)
    assert result.termination.limit is Limit.ITERATIONS
