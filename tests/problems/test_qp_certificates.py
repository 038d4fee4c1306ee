"""Bounds, Farkas multipliers and rays: valid for any vector, tight at optimal ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qp_cases import random_program
from scipy.sparse import csc_array

from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Reason, Result, Termination
from solverhub.problems import families, judge
from solverhub.problems.qp_certificates import proves_no_point, proves_ray, safe_bound
from solverhub.problems.qp_curvature import diagonal_below
from solverhub.problems.quadratic_program import QuadraticProgram

QP = families.get("qp")


def equality(seed, n=6, m=2):
    """A strictly convex program with free variables and equations, and its optimal pair."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n, n))
    half = root @ root.T + np.eye(n)
    rows, q, b = rng.standard_normal((m, n)), rng.standard_normal(n), rng.standard_normal(m)
    made = QuadraticProgram(P=(half + half.T) / 2, q=q, A=rows, l=b, u=b)
    system = np.block([[half, rows.T], [rows, np.zeros((m, m))]])
    both = np.linalg.solve(system, np.concatenate([-q, b]))
    return made, both[:n], both[n:]


@pytest.mark.parametrize("seed", range(10))
def test_an_optimal_pair_proves_nearly_the_optimum(seed):
    made, x, y = equality(seed)
    best = float(QP.objective(made, x))
    for found in (safe_bound(made, y, x), safe_bound(made, y)):
        assert best - 1e-9 * (1 + abs(best)) <= found <= best + 1e-12 * (1 + abs(best))
    evidence = {"row_dual": y, "point": x}
    assert QP.check_bound(made, found - 1e-6, evidence) is BoundCheck.RECOMPUTED
    assert QP.check_bound(made, best + 1e-3, evidence) is None
    assert QP.check_bound(made, best, None) is None
    assert QP.check_bound(made, best, {"row_dual": y[:1]}) is None


@given(seed=st.integers(0, 10**6), rank=st.integers(0, 5), boxed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_vectors_prove_a_bound_above_a_feasible_objective(seed, rank, boxed):
    made, inside = random_program(seed, rank=rank, boxed=boxed)
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(made.m) * 10.0 ** rng.integers(-3, 3)
    x = inside + rng.standard_normal(made.n)
    least = float(QP.objective(made, inside))
    assert safe_bound(made, y, x) <= least
    assert safe_bound(made, y) <= least
    assert not proves_no_point(made, y)
    assert not QP.check_infeasible(made, {"farkas": y})


def test_vectors_of_the_wrong_form_are_refused():
    made, inside = random_program(0)
    with pytest.raises(InvalidSolution, match="row_dual"):
        safe_bound(made, np.zeros(3))
    with pytest.raises(InvalidSolution, match="point"):
        safe_bound(made, np.zeros(made.m), np.full(made.n, np.nan))
    assert not QP.check_infeasible(made, {"farkas": [1.0]})
    assert not QP.check_unbounded(made, {"ray": [1.0], "point": inside})


def test_columns_without_upper_bounds_take_multipliers_that_are_a_little_off():
    """min x1 + x2 over x1 + x2 >= 1, x >= 0, whose reduced costs are all zero."""
    made = QuadraticProgram(
        P=np.zeros((2, 2)),
        q=[1, 1],
        A=[[1, 1], [1, 0], [0, 1]],
        l=[1, 0, 0],
        u=[np.inf] * 3,
    )
    found = safe_bound(made, np.array([-1 - 1e-9, 0, 0]), np.zeros(2))
    assert 1 - 1e-6 <= found <= 1


def contradiction(free):
    """x - y >= 2, y - x >= -1, of free or nonnegative variables, with a free bystander."""
    rows = [[1, -1, 0], [-1, 1, 0], [0, 0, 1]] + ([] if free else [[1, 0, 0], [0, 1, 0]])
    low = [2, -1, -np.inf] + ([] if free else [0, 0])
    return QuadraticProgram(P=np.eye(3), q=np.zeros(3), A=rows, l=low, u=np.full(len(low), np.inf))


@pytest.mark.parametrize("free", [True, False])
def test_farkas_multipliers_prove_infeasibility(free):
    made = contradiction(free)
    y = np.zeros(made.m)
    assert not proves_no_point(made)
    assert not proves_no_point(made, y)
    y[:2] = -1
    assert proves_no_point(made, y)
    assert proves_no_point(made, 1e-7 * y)
    noisy = y * (1 + 1e-9 * np.array([1, -1, 0, 0, 0])[: made.m]) + 1e-12
    assert proves_no_point(made, noisy)
    assert not proves_no_point(made, -y)
    y[1] = 0
    assert not proves_no_point(made, y)


def test_crossed_sides_and_bounds_need_no_multipliers():
    base = {"P": np.eye(1), "q": [0.0], "u": [1.0, 5.0]}
    assert proves_no_point(QuadraticProgram(A=[[1], [1]], l=[0, 2], **base))
    assert proves_no_point(QuadraticProgram(A=[[1], [0]], l=[0, 6], **base))
    assert not proves_no_point(QuadraticProgram(A=[[1], [1]], l=[0, 1], **base))
    whole = QuadraticProgram(A=[[1], [1]], l=[0.2, 0], **{**base, "u": [0.8, 5]}, integer=[True])
    assert proves_no_point(whole)


def valley():
    """The objective falls along (1, 1, 1)."""
    return QuadraticProgram(
        P=[[2, -2, 0], [-2, 2, 0], [0, 0, 0]],
        q=[-1, 0, -1],
        A=[[1, -2, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
        l=[-np.inf, 0, 0, 0],
        u=[4, np.inf, np.inf, np.inf],
    )


def test_rays_prove_unboundedness():
    made = valley()
    assert proves_ray(made, np.ones(3))
    assert proves_ray(made, 1e-5 * np.ones(3) + 1e-13 * np.array([1, -1, 2]))
    for wrong in ([0, 0, 0], [-1, -1, -1], [1, 0, 0], [0, 0, 1]):
        assert not proves_ray(made, np.array(wrong, dtype=float))
    ray = {"ray": np.ones(3)}
    assert QP.check_unbounded(made, {**ray, "point": np.zeros(3)})
    assert not QP.check_unbounded(made, {**ray, "point": np.array([-1.0, 0, 0])})
    assert not QP.check_unbounded(made, ray)
    assert not QP.check_unbounded(made, None)


def test_the_judge_accepts_a_ray_as_a_certificate():
    parsed = Parsed(QP, valley())
    claim = Result(
        termination=Termination(Reason.UNBOUNDED, None),
        solution=np.zeros(3),
        objective=0.0,
        evidence={"ray": np.ones(3)},
    )
    found = judge.verify(claim, parsed)
    assert found.termination.reason is Reason.UNBOUNDED
    assert found.bound_check is BoundCheck.CERTIFICATE
    bare = judge.verify(Result(termination=Termination(Reason.UNBOUNDED, None)), parsed)
    assert bare.bound_check is BoundCheck.CLAIMED


def test_the_judge_accepts_farkas_multipliers_as_a_certificate():
    parsed = Parsed(QP, contradiction(free=True))
    claim = Result(
        termination=Termination(Reason.INFEASIBLE, None), evidence={"farkas": [-1, -1, 0]}
    )
    assert judge.verify(claim, parsed).bound_check is BoundCheck.CERTIFICATE


@pytest.mark.parametrize("seed", range(20))
def test_the_diagonal_taken_away_leaves_a_semidefinite_matrix(seed):
    made, _ = random_program(seed, n=8, rank=int(np.random.default_rng(seed).integers(1, 9)))
    dense = made.P.toarray() + np.diag(np.random.default_rng(seed).random(8))
    taken = diagonal_below(csc_array(dense), np.ones(8, dtype=bool))
    assert (taken >= 0).all()
    assert np.linalg.eigvalsh(dense - np.diag(taken))[0] > -1e-12
