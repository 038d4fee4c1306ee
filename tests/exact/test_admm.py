"""`admm` against Clarabel, and its answers before the judge."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import scipy.sparse as sp
from admm_programs import INF, linear, program, rescaled

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.exact.admm import AdmmSolver
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.qp_clarabel import ClarabelSolver
from solverhub.problems.judge import verify
from solverhub.problems.qp import Qp
from solverhub.problems.qp_residuals import residuals
from solverhub.problems.quadratic_program import QuadraticProgram

QP = Qp()


def solve(qp: QuadraticProgram, **params: object):
    solver = AdmmSolver(QP)
    return solver.solve(qp, Budget.start(20), params=AdmmParams(**params))


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_clarabel(seed: int) -> None:
    qp = program(seed)
    ours = solve(qp, eps=1e-9)
    theirs = ClarabelSolver(QP).solve(qp, Budget.start(20), params=ClarabelSolver.Params(eps=1e-9))
    assert ours.termination.reason is Reason.OPTIMAL
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("criterion", ["relative", "absolute"])
@pytest.mark.parametrize("eps", [1e-6, 1e-9])
def test_optimal_means_the_criterion_on_the_given_problem(eps: float, criterion: str) -> None:
    qp = program(3, 20, 15)
    result = solve(qp, eps=eps, criterion=criterion)
    assert result.termination.reason is Reason.OPTIMAL
    found = residuals(qp, result.solution, result.evidence["row_dual"])
    assert found.meets(eps, criterion)


@pytest.mark.parametrize(
    "params",
    [
        {"linear_system": "cg"},
        {"linear_system": "cg", "newton": 0, "polish": False},
        {"newton": 0},
        {"polish": False},
        {"newton": 0, "polish": False, "acceleration": 0},
        {"newton": 1, "polish": False, "adaptive_rho": False},
        {"scaling": 0},
    ],
)
def test_every_part_may_be_left_out(params: dict[str, object]) -> None:
    result = solve(program(5), **params)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == pytest.approx(solve(program(5)).objective, rel=1e-4, abs=1e-4)


def test_the_judge_recomputes_the_bound() -> None:
    qp = program(1)
    result = verify(solve(qp, eps=1e-9), Parsed(QP, qp))
    assert result.verified
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check in (BoundCheck.RECOMPUTED, BoundCheck.CLAIMED)


def test_an_infeasible_program_has_a_certificate() -> None:
    qp = linear([1.0, -1.0], [[1, 0], [0, 1], [1, 1]], [0, 0, 3], [1, 1, INF])
    result = solve(qp)
    assert result.termination.reason is Reason.INFEASIBLE
    assert QP.check_infeasible(qp, result.evidence)


def test_an_unbounded_program_has_a_ray_and_a_point() -> None:
    qp = linear([1.0, -1.0, 0.0], [[1, 0, 0], [0, 1, -1]], [1, -INF], [INF, 2])
    result = solve(qp)
    assert result.termination.reason is Reason.UNBOUNDED
    assert QP.check_unbounded(qp, result.evidence)


def test_infeasible_and_unbounded_below_is_infeasible() -> None:
    qp = linear([0.0, -1.0], [[1, 0], [2, 0]], [1, -INF], [INF, 1])
    result = solve(qp)
    assert result.termination.reason is Reason.INFEASIBLE


@pytest.mark.parametrize("exponent", [-8, -4, 4, 8])
def test_bad_scaling_is_solved_all_the_same(exponent: int) -> None:
    qp = program(2)
    rng = np.random.default_rng(exponent + 8)
    columns = 10.0 ** rng.uniform(min(exponent, 0) / 2, max(exponent, 0) / 2, qp.n)
    rows = 10.0 ** rng.uniform(min(exponent, 0) / 2, max(exponent, 0) / 2, qp.m)
    scaled = rescaled(qp, columns, rows)
    result = solve(scaled, eps=1e-8)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == pytest.approx(solve(qp, eps=1e-9).objective, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("m", [0, 3])
def test_without_rows_or_with_empty_ones(m: int) -> None:
    qp = QuadraticProgram(
        P=sp.eye_array(3), q=np.array([1.0, -2.0, 0.0]), A=sp.csc_array((m, 3)),
        l=np.full(m, -1.0), u=np.full(m, INF),
    )  # fmt: skip
    result = solve(qp)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.solution == pytest.approx([-1.0, 2.0, 0.0], abs=1e-5)


def test_an_empty_row_that_cannot_hold_is_infeasible() -> None:
    qp = QuadraticProgram(
        P=sp.eye_array(2), q=np.zeros(2), A=sp.csc_array((1, 2)), l=np.ones(1), u=np.full(1, INF)
    )
    assert solve(qp).termination.reason is Reason.INFEASIBLE


def test_duplicate_rows_do_no_harm() -> None:
    qp = program(4)
    twice = QuadraticProgram(
        P=qp.P, q=qp.q, A=sp.vstack([qp.A, qp.A]), l=np.tile(qp.l, 2), u=np.tile(qp.u, 2), r=qp.r
    )
    assert solve(twice, eps=1e-8).objective == pytest.approx(
        solve(qp, eps=1e-8).objective, abs=1e-6
    )


def test_integer_columns_are_refused() -> None:
    qp = QuadraticProgram(
        P=sp.eye_array(1), q=np.zeros(1), A=sp.eye_array(1), l=np.zeros(1), u=np.ones(1),
        integer=np.ones(1, bool),
    )  # fmt: skip
    assert AdmmSolver(QP).serves(qp) is not None
    with pytest.raises(InvalidInstance):
        solve(qp)


@pytest.mark.parametrize(
    "wrong",
    [
        {"eps": 0.0},
        {"rho": float("nan")},
        {"alpha": 2.0},
        {"check": 0},
        {"scaling": -1},
        {"linear_system": "lu"},
        {"criterion": "both"},
    ],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidParams, match=next(iter(wrong))):
        AdmmParams(**wrong)


def test_equal_iterations_give_the_equal_answer() -> None:
    qp = program(7, 30, 20)
    budget = {"iterations": 17, "threads": 1, "deterministic": True}
    found = [
        AdmmSolver(QP).solve(qp, Budget.start(**budget), params=AdmmParams(eps=1e-15))
        for _ in range(2)
    ]
    assert found[0].termination.limit is Limit.ITERATIONS
    assert np.array_equal(found[0].evidence["row_dual"], found[1].evidence["row_dual"])


def test_a_cancelled_solve_says_so() -> None:
    flag = threading.Event()
    flag.set()
    result = AdmmSolver(QP).solve(program(8), Budget.start(20, cancel=flag))
    assert result.termination.limit is Limit.CANCELLED
