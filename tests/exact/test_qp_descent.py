"""Steps along one column, and the claims that they refute."""

import numpy as np
import pytest
import scipy.sparse as sp

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.result import Reason
from solverhub.exact.qp_descent import better_point
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.quadratic_program import QuadraticProgram

FAMILY = families.get("qp")


def far_scaled(c):
    """Optimal at (1, -c) with c; the second column is invisible beside the first."""
    return QuadraticProgram(
        P=sp.csc_array(np.diag([c, 1 / c])),
        q=np.array([c, 1.0]),
        A=sp.csc_array(np.array([[c, 0.0], [0.0, 1 / c], [1.0, 1.0]])),
        l=np.array([c, -np.inf, -np.inf]),
        u=np.array([np.inf, 1 / c, 1e9]),
    )


def solve(qp, name, **params):
    solver = catalog.solver("qp", name)
    return solver.solve(qp, Budget.start(20, threads=1), params=solver.Params(**params), seed=0)


@pytest.mark.parametrize("name", ["admm", "interior-point", "clarabel", "piqp"])
@pytest.mark.parametrize("power", [4, 6, 8])
def test_no_false_optimum_by_scaling(name, power):
    result = solve(far_scaled(10.0**power), name)
    if result.termination.reason is Reason.OPTIMAL:
        assert result.objective == pytest.approx(10.0**power, rel=1e-3)


def test_the_invisible_column_is_seen():
    qp = far_scaled(1e8)
    moved = better_point(qp, np.array([1.0, 0.0]), 1.0)
    assert moved == pytest.approx([1.0, -1e8])
    assert FAMILY.violations(qp, moved) == []
    assert FAMILY.objective(qp, moved) == pytest.approx(1e8)


def test_what_is_found_is_better_and_feasible_and_the_optimum_is_left_alone():
    for seed in range(10):
        qp = generate("random-qp", seed, n=8, rows=12, density=0.5).instance
        best = solve(qp, "interior-point", eps=1e-9)
        worth = 1e-6 * (1 + abs(best.objective))
        assert better_point(qp, best.solution, worth) is None
        inside = 0.5 * best.solution
        if FAMILY.violations(qp, inside):
            continue
        moved = better_point(qp, inside, worth)
        if moved is not None:
            assert FAMILY.objective(qp, moved) < FAMILY.objective(qp, inside) - worth / 2
            assert FAMILY.violations(qp, moved) == []


def test_rows_end_a_step_and_an_endless_one_is_no_answer():
    line = QuadraticProgram(
        P=sp.csc_array((2, 2)), q=np.array([-1.0, -1.0]), A=sp.csc_array(np.array([[1.0, 0.0]])),
        l=np.array([-np.inf]), u=np.array([3.0]),
    )  # fmt: skip
    assert better_point(line, np.zeros(2), 0.1).tolist() == [3.0, 0.0]
