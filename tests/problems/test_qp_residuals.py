"""Residuals: hand-checked numbers, and zero exactly at optimal pairs."""

import numpy as np
import pytest
from qp_cases import random_program

from solverhub.problems.qp_residuals import residuals
from solverhub.problems.quadratic_program import QuadraticProgram


def line():
    """min x^2 - 2x + 3, 2 <= 4x <= inf."""
    return QuadraticProgram(P=[[2.0]], q=[-2.0], A=[[4.0]], l=[2.0], u=[np.inf], r=3.0)


def test_the_optimum_has_no_residual():
    found = residuals(line(), np.array([1.0]), np.array([0.0]))
    assert found.largest() == found.largest("absolute") == 0
    assert found.objective == found.dual_objective == 2


def test_each_residual_by_hand():
    found = residuals(line(), np.array([0.25]), np.array([-0.5]))
    assert found.primal == 1
    assert found.dual == abs(0.5 - 2 - 2)
    objective = 0.0625 - 0.5 + 3
    dual_objective = -0.0625 + 0.5 * 2 + 3
    assert (found.objective, found.dual_objective) == (objective, dual_objective)
    assert found.gap == abs(objective - dual_objective)
    assert found.primal_relative == 1 / (1 + 1)
    assert found.dual_relative == 3.5 / (1 + 2)
    assert found.gap_relative == found.gap / (1 + dual_objective)
    assert not found.meets(0.5)
    assert found.meets(1.2)
    assert not found.meets(1.2, "absolute")


def test_a_multiplier_of_an_absent_side_is_a_dual_residual():
    found = residuals(line(), np.array([1.0]), np.array([0.5]))
    assert found.dual == max(2.0, 0.5)
    free = QuadraticProgram(P=[[0.0]], q=[-3.0], A=[[1e-3]], l=[-np.inf], u=[np.inf])
    assert residuals(free, np.array([0.0]), np.array([3e3])).dual == 3e3


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_points_that_are_not_finite_or_overflow_meet_nothing(bad):
    found = residuals(line(), np.array([bad]), np.array([0.0]))
    assert found.primal == found.gap_relative == np.inf
    assert not found.meets(1e300)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="shape"):
        residuals(line(), np.zeros(2), np.zeros(1))


def test_the_dual_objective_never_exceeds_a_feasible_one():
    for seed in range(30):
        made, inside = random_program(seed)
        x = np.random.default_rng(seed).standard_normal(made.n)
        y = np.linalg.lstsq(made.A.T.toarray(), -(made.P @ x + made.q), rcond=None)[0]
        found = residuals(made, x, y)
        if found.dual < 1e-9:
            assert found.dual_objective <= residuals(made, inside, y).objective + 1e-7
