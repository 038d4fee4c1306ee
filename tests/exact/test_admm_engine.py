"""Warm starts, cached factorisations and what is told along the way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from admm_programs import INF, program

from solverhub.exact.admm_engine import Status, Workspace
from solverhub.exact.admm_settings import AdmmParams
from solverhub.problems.quadratic_program import QuadraticProgram


def moved(qp: QuadraticProgram, seed: int) -> np.ndarray:
    """q changed by 1 %."""
    return qp.q * (1 + 0.01 * np.random.default_rng(seed).standard_normal(qp.n))


def changed(qp: QuadraticProgram, q: np.ndarray) -> QuadraticProgram:
    return QuadraticProgram(P=qp.P, q=q, A=qp.A, l=qp.l, u=qp.u, r=qp.r)


@pytest.mark.parametrize(("eps", "share"), [(1e-3, 0.2), (1e-6, 0.6)])
def test_warm_starts_save_iterations(eps: float, share: float) -> None:
    ratios = []
    for seed in range(11):
        qp = program(seed, 40, 30)
        space = Workspace(qp, AdmmParams(eps=eps))
        first = space.solve()
        q = moved(qp, seed)
        cold = Workspace(changed(qp, q), AdmmParams(eps=eps)).solve()
        space.update(q=q)
        warm = space.solve((first.x, first.y))
        assert {first.status, cold.status, warm.status} == {Status.OPTIMAL}
        ratios.append(warm.iterations / cold.iterations)
    assert np.median(ratios) <= share


@pytest.mark.parametrize("criterion", ["relative", "absolute"])
def test_a_loose_criterion_holds_on_the_given_problem(criterion: str) -> None:
    answer = Workspace(program(3, 20, 15), AdmmParams(eps=1e-3, criterion=criterion)).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.residuals.meets(1e-3, criterion)


def test_the_solution_itself_needs_no_iteration() -> None:
    qp = program(0)
    first = Workspace(qp).solve()
    assert Workspace(qp).solve((first.x, first.y)).iterations == 0


def test_the_factorisation_outlives_a_change_of_q() -> None:
    params = AdmmParams(eps=1e-6, newton=0, polish=False, adaptive_rho=False)
    space = Workspace(program(0), params)
    assert space.solve().factorisations == 1
    space.update(q=moved(space.qp, 1))
    assert space.solve().factorisations == 0


def test_changed_sides_are_solved_as_a_new_problem() -> None:
    qp = program(6)
    space = Workspace(qp, AdmmParams(eps=1e-9))
    first = space.solve()
    low, high = qp.l - 0.1, np.where(qp.l == qp.u, INF, qp.u)
    space.update(l=low, u=high)
    again = space.solve((first.x, first.y))
    other = QuadraticProgram(P=qp.P, q=qp.q, A=qp.A, l=low, u=high, r=qp.r)
    fresh = Workspace(other, AdmmParams(eps=1e-9)).solve()
    assert again.residuals.objective == pytest.approx(fresh.residuals.objective, abs=1e-7)


def test_only_better_pairs_are_told() -> None:
    told: list[float] = []
    answer = Workspace(program(9, 30, 20), AdmmParams(eps=1e-8)).solve(
        improved=lambda x, y, error: told.append(error)
    )
    assert all(later < earlier for earlier, later in pairwise(told))
    assert told[-1] == answer.residuals.largest("relative") <= 1e-8


def test_iterations_are_what_the_caller_counts() -> None:
    answer = Workspace(program(9), AdmmParams(eps=1e-14)).solve(stopped=lambda steps: steps >= 13)
    assert (answer.status, answer.iterations) == (Status.STOPPED, 13)
