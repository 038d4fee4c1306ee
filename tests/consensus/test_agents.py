"""Prox operators against their definition: first-order conditions and foreign solvers."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csc_array

from solverhub import consensus
from solverhub.consensus.projection import nearest
from solverhub.core.errors import InvalidInstance
from solverhub.problems.quadratic_program import QuadraticProgram

RNG = np.random.default_rng
RHOS = (1e-3, 0.7, 50.0)


@pytest.mark.parametrize("rho", RHOS)
def test_least_squares(rho):
    rng = RNG(0)
    A, b, v = rng.standard_normal((3, 5)), rng.standard_normal(3), rng.standard_normal(5)
    x = consensus.LeastSquares(A, b, 0.2).prox(v, rho)
    slope = A.T @ (A @ x - b) + 0.2 * x + rho * (x - v)
    np.testing.assert_allclose(slope, 0, atol=1e-10)


@pytest.mark.parametrize("rho", RHOS)
@pytest.mark.parametrize("seed", range(5))
def test_lasso(rho, seed):
    rng = RNG(seed)
    A, b = rng.standard_normal((6, 12)), rng.standard_normal(6)
    agent = consensus.Lasso(A, b, 0.8)
    for _ in range(3):
        v = rng.standard_normal(12)
        x = agent.prox(v, rho)
        slope = A.T @ (A @ x - b) + rho * (x - v)
        np.testing.assert_allclose(slope[x != 0], -0.8 * np.sign(x[x != 0]), atol=1e-9)
        assert (np.abs(slope[x == 0]) <= 0.8 + 1e-9).all()


@pytest.mark.parametrize("rho", RHOS)
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_logistic(rho, scale):
    rng = RNG(2)
    A, y = scale * rng.standard_normal((8, 4)), np.sign(rng.standard_normal(8))
    v = rng.standard_normal(4)
    x = consensus.Logistic(A, y, 0.1).prox(v, rho)
    wrong = 1 / (1 + np.exp(y * (A @ x)))
    slope = -A.T @ (y * wrong) + 0.1 * x + rho * (x - v)
    np.testing.assert_allclose(slope, 0, atol=1e-7 * scale)


def program(rng, n, m, equal):
    M = rng.standard_normal((n, n // 2 + 1))
    A, inside = rng.standard_normal((m, n)), rng.standard_normal(n)
    middle = A @ inside
    l, u = middle - rng.random(m), middle + rng.random(m)  # noqa: E741
    l[:equal] = u[:equal] = middle[:equal]
    l[equal::3] = -np.inf
    return QuadraticProgram(
        P=csc_array(M @ M.T), q=5 * rng.standard_normal(n), A=csc_array(A), l=l, u=u
    )


@pytest.mark.parametrize("seed", range(12))
def test_quadratic_against_a_foreign_solver(seed):
    rng = RNG(seed)
    held = program(rng, 6, 9, seed % 4)
    v, rho = rng.standard_normal(6), 0.3
    x = consensus.Quadratic(held).prox(v, rho)
    A, P = held.A.toarray(), held.P.toarray()
    assert (A @ x >= held.l - 1e-8).all()
    assert (A @ x <= held.u + 1e-8).all()

    def value(x):
        return 0.5 * x @ P @ x + held.q @ x + 0.5 * rho * (x - v) @ (x - v)

    same = held.l == held.u
    rows = [{"type": "eq", "fun": lambda x: (A @ x - held.u)[same]}] if same.any() else []
    for side, sign in ((held.l, 1), (held.u, -1)):
        kept = np.isfinite(side) & ~same
        rows.append({"type": "ineq", "fun": lambda x, k=kept, b=side, s=sign: s * (A @ x - b)[k]})
    found = minimize(
        value, x, jac=lambda x: P @ x + held.q + rho * (x - v), constraints=rows, method="SLSQP"
    )
    assert value(x) <= found.fun + 1e-8


def test_quadratic_agents_agree_with_the_joint_program():
    """min sum (x - c_i)^2 with x0 + x1 = 1 known to one agent and x >= 0 to another."""
    eye = csc_array(2 * np.eye(2))
    agents = {
        "sum": consensus.Quadratic(
            QuadraticProgram(P=eye, q=[-6.0, 0.0], A=csc_array([[1.0, 1.0]]), l=[1.0], u=[1.0])
        ),
        "sign": consensus.Quadratic(
            QuadraticProgram(
                P=eye, q=[-2.0, 4.0], A=csc_array(np.eye(2)), l=[0.0, 0.0], u=[np.inf, np.inf]
            )
        ),
        "free": consensus.Quadratic(
            QuadraticProgram(P=eye, q=[0.0, 0.0], A=csc_array((0, 2)), l=[], u=[])
        ),
    }
    network = consensus.Network(agents, consensus.ring(agents))
    outcome = consensus.solve(network, runner="simulated", eps=1e-9)
    assert outcome.converged
    np.testing.assert_allclose(outcome.mean, [1.0, 0.0], atol=1e-6)


def test_projection_on_degenerate_rows():
    corner = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [1.0, 0.0]])
    y = nearest(np.array([-1.0, -2.0]), corner, np.zeros(4))
    np.testing.assert_allclose(y, 0, atol=1e-12)


@pytest.mark.parametrize("equal", [0, 2])
def test_constraints_that_contradict_each_other_name_the_agent(equal):
    A = csc_array([[1.0, 1.0], [1.0, 1.0]])
    l, u = ([2.0, -np.inf], [np.inf, 1.0]) if not equal else ([2.0, 1.0], [2.0, 1.0])  # noqa: E741
    held = consensus.Quadratic(
        QuadraticProgram(P=csc_array(np.eye(2)), q=[0.0, 0.0], A=A, l=l, u=u)
    )
    with pytest.raises(InvalidInstance, match=r"'only'.*contradict"):
        consensus.solve(consensus.Network({"only": held}), runner="simulated")


def test_bad_data_are_refused():
    eye = csc_array(np.eye(2))
    whole = QuadraticProgram(
        P=eye, q=[0.0, 0.0], A=csc_array((0, 2)), l=[], u=[], integer=[False, True]
    )
    with pytest.raises(InvalidInstance, match="column 1 takes integers"):
        consensus.Quadratic(whole)
    with pytest.raises(InvalidInstance, match="NaN"):
        consensus.LeastSquares(np.array([[np.nan]]), np.zeros(1))
    with pytest.raises(InvalidInstance, match="shapes"):
        consensus.Lasso(np.ones((2, 3)), np.zeros(3), 1.0)
    with pytest.raises(InvalidInstance, match="label 1 is 0"):
        consensus.Logistic(np.ones((2, 3)), np.array([1.0, 0.0]))
    with pytest.raises(InvalidInstance, match="l1 is -1"):
        consensus.Lasso(np.ones((2, 3)), np.zeros(2), -1.0)
