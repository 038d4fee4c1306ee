"""Sessions on quadratic programs."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from admm_programs import program

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, MissingDependency
from solverhub.core.result import Limit, Reason
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.qp_clarabel import ClarabelSolver
from solverhub.exact.qp_session import QpSession
from solverhub.problems.qp import Qp
from solverhub.problems.quadratic_program import QuadraticProgram


def fresh(qp: QuadraticProgram) -> float:
    result = ClarabelSolver(Qp()).solve(
        qp, Budget.start(20), params=ClarabelSolver.Params(eps=1e-9)
    )
    assert result.objective is not None
    return float(result.objective)


@pytest.mark.parametrize("seed", range(4))
def test_every_change_is_solved_as_a_new_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    session = QpSession(program(seed), AdmmParams(eps=1e-9))
    for _ in range(4):
        result = session.solve(Budget.start(20))
        assert result.verified
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == pytest.approx(fresh(session.instance), rel=1e-6, abs=1e-6)
        qp = session.instance
        session.update(q=qp.q + 0.1 * rng.standard_normal(qp.n), l=qp.l - 0.01, u=qp.u + 0.01)


def test_a_small_change_needs_few_iterations() -> None:
    session = QpSession(program(2, 40, 30))
    few = 10
    stopped = session.solve(Budget.start(20, iterations=few))
    assert stopped.termination.limit is Limit.ITERATIONS
    assert session.solve(Budget.start(20)).termination.reason is Reason.OPTIMAL
    session.update(q=1.0001 * session.instance.q)
    again = session.solve(Budget.start(20, iterations=few))
    assert again.termination.reason is Reason.OPTIMAL


def test_a_change_that_does_not_fit_is_refused_and_leaves_the_program() -> None:
    session = QpSession(program(0))
    before = session.instance
    with pytest.raises(InvalidInstance):
        session.update(q=np.zeros(before.n + 1))
    assert session.instance is before


def test_an_infeasible_change_is_proved_and_taken_back() -> None:
    qp = QuadraticProgram(
        P=sp.eye_array(2), q=np.zeros(2), A=sp.csc_array([[1.0, 1.0], [2.0, 2.0]]),
        l=np.array([1.0, 0.0]), u=np.array([1.0, 9.0]),
    )  # fmt: skip
    session = QpSession(qp)
    assert session.solve(Budget.start(20)).termination.reason is Reason.OPTIMAL
    session.update(l=np.array([1.0, 5.0]))
    assert session.solve(Budget.start(20)).termination.reason is Reason.INFEASIBLE
    session.update(l=qp.l)
    assert session.solve(Budget.start(20)).objective == pytest.approx(0.25, abs=1e-4)


def test_a_solve_that_was_stopped_can_be_continued() -> None:
    session = QpSession(program(9, 30, 20), AdmmParams(eps=1e-8))
    stopped = session.solve(Budget.start(20, iterations=3))
    assert stopped.termination.limit is Limit.ITERATIONS
    assert session.solve(Budget.start(20)).termination.reason is Reason.OPTIMAL


def test_what_it_cannot_take_is_refused() -> None:
    whole = QuadraticProgram(
        P=sp.eye_array(1), q=np.zeros(1), A=sp.eye_array(1), l=np.zeros(1), u=np.ones(1),
        integer=np.ones(1, bool),
    )  # fmt: skip
    with pytest.raises(InvalidInstance, match="integer"):
        QpSession(whole)
    indefinite = QuadraticProgram(
        P=-sp.eye_array(1), q=np.zeros(1), A=sp.eye_array(1), l=np.zeros(1), u=np.ones(1)
    )
    with pytest.raises(InvalidInstance):
        QpSession(indefinite)


def test_a_device_that_is_missing_is_named() -> None:
    pytest.importorskip("qdldl")
    try:
        import cupy  # noqa: F401
    except ImportError:
        with pytest.raises(MissingDependency, match="CuPy"):
            QpSession(program(0), device="cuda")
