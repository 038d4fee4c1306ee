"""The parts of the splitting engine, each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from admm_programs import INF, linear, program
from scipy.optimize import minimize_scalar

from solverhub.exact.admm_acceleration import Anderson
from solverhub.exact.admm_certificates import Certificates
from solverhub.exact.admm_engine import Workspace
from solverhub.exact.admm_line_search import step_length
from solverhub.exact.admm_linear import Direct, Indirect
from solverhub.exact.admm_polish import polish
from solverhub.exact.admm_scaling import scale
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.admm_steps import EQUALITY, FREE, ONE_SIDED, TWO_SIDED, row_classes
from solverhub.ops.sparse_qp import vectors
from solverhub.problems.qp_residuals import residuals
from solverhub.problems.quadratic_program import QuadraticProgram


@pytest.mark.parametrize("kind", [Direct, Indirect])
@pytest.mark.parametrize("seed", range(5))
def test_linear_systems_are_solved(kind: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    qp = program(seed)
    shift, weight = rng.random(qp.n) + 0.1, rng.random(qp.m) + 0.1
    weight[rng.random(qp.m) < 0.3] = 0.0
    system = kind(qp.P, qp.A)
    for factor in (1.0, 7.0):
        system.prepare(shift, factor * weight)
        a, b = rng.standard_normal(qp.n), rng.standard_normal(qp.m)
        x, v = system.solve(a, b, exact=True)
        assert qp.P @ x + shift * x + qp.A.T @ v == pytest.approx(a, abs=1e-8)
        assert v == pytest.approx(factor * weight * (qp.A @ x - b), abs=1e-8)


def test_equal_weights_are_factorised_once() -> None:
    qp = program(0)
    system = Direct(qp.P, qp.A)
    for _ in range(3):
        system.prepare(0.1, np.ones(qp.m))
    assert system.factorisations == 1


def test_equilibration_evens_out_and_goes_back() -> None:
    qp = program(1)
    rows = 10.0 ** np.linspace(-3, 3, qp.m)
    uneven = QuadraticProgram(
        P=1e4 * qp.P, q=qp.q, A=sp.diags_array(rows) @ qp.A, l=rows * qp.l, u=rows * qp.u
    )
    scaled = scale(uneven, 20)
    tops = abs(scaled.A).max(axis=1).toarray().ravel()
    assert tops.min() > 0.5
    assert tops.max() < 2.0
    x, y = np.ones(qp.n), np.ones(qp.m)
    back = scaled.inward(*scaled.original(x, y))
    assert back[0] == pytest.approx(x)
    assert back[1] == pytest.approx(y)


@pytest.mark.parametrize("seed", range(20))
def test_the_step_minimises_along_the_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = 15
    w, d, weight = rng.standard_normal(m), rng.standard_normal(m), rng.random(m) + 0.1
    low, high = -rng.random(m), rng.random(m)
    low[:3], high[3:6], d[6] = -INF, INF, 0.0
    curvature, slope = rng.random(), -5.0 * rng.random()

    def value(t: float) -> float:
        r = w + t * d
        miss = r - np.clip(r, low, high)
        return float(slope * t + 0.5 * curvature * t * t + 0.5 * (weight * miss) @ miss)

    t = step_length(w, d, low, high, weight, curvature, slope)
    best = minimize_scalar(value, bounds=(0.0, 100.0), options={"xatol": 1e-10}, method="bounded")
    assert value(t) <= best.fun + 1e-8


def test_row_classes() -> None:
    low, high = np.array([-INF, 0.0, -INF, 0.0, 1.0]), np.array([INF, INF, 1.0, 1.0, 1.0])
    expected = [FREE, ONE_SIDED, ONE_SIDED, TWO_SIDED, EQUALITY]
    assert row_classes(low, high).tolist() == expected


def test_acceleration_solves_a_linear_iteration_in_as_many_steps_as_dimensions() -> None:
    rng = np.random.default_rng(0)
    matrix = np.diag(rng.uniform(0.5, 0.99, 6))
    fixed = rng.standard_normal(6)
    anderson, w = Anderson(vectors(), 8, 6), np.zeros(6)
    for _ in range(12):
        w = anderson.next(w, fixed + matrix @ (w - fixed))
    assert w == pytest.approx(fixed, abs=1e-6)


def test_acceleration_that_fails_is_taken_back() -> None:
    anderson, w = Anderson(vectors(), 4, 1), np.zeros(1)
    for _ in range(200):  # a kinked contraction, on which secants overshoot
        w = anderson.next(w, np.array([0.9 * abs(w[0] - 1.0) + 0.05]))
    assert w[0] == pytest.approx(0.95 / 1.9, abs=1e-6)


def test_polish_from_the_right_active_set_is_exact() -> None:
    qp = QuadraticProgram(
        P=sp.csc_array((2, 2)), q=np.array([1.0, 2.0]), A=sp.csc_array([[1.0, 1.0], [1.0, 0.0]]),
        l=np.array([1.0, 0.0]), u=np.array([1.0, 0.7]),
    )  # fmt: skip
    scaled = scale(qp, 5)
    x, y = scaled.inward(np.array([0.65, 0.3]), np.array([-1.9, 1.1]))
    rows = scaled.A @ x
    pair = next(
        polish(qp, scaled, Direct(scaled.P, scaled.A), x, np.clip(rows, scaled.l, scaled.u), y, 1)
    )
    found = scaled.original(*pair)
    assert found[0] == pytest.approx([0.7, 0.3], abs=1e-10)
    assert residuals(qp, *found).meets(1e-10, "absolute")


def test_polish_reaches_the_last_digits_of_a_large_objective() -> None:
    rng = np.random.default_rng(3)
    qp = program(3, 30, 20)
    large = QuadraticProgram(
        P=1e3 * qp.P, q=1e6 * (1.0 + rng.random(qp.n)), A=qp.A, l=1e3 * qp.l, u=1e3 * qp.u
    )
    answer = Workspace(large, AdmmParams(eps=1e-3, criterion="absolute")).solve(
        stopped=lambda iterations: iterations > 5000
    )
    assert abs(answer.residuals.objective) > 1e10
    assert answer.residuals.meets(1e-3, "absolute")


def test_a_vector_that_proves_nothing_is_no_certificate() -> None:
    qp = linear([1.0, -1.0], [[1, 0], [0, 1], [1, 1]], [0, 0, 1], [1, 1, INF])
    certificates = Certificates(qp, 1e-3)
    assert certificates.farkas(np.array([1.0, 1.0, -1.0])) is None
    assert certificates.ray(np.array([0.0, 1.0])) is None
