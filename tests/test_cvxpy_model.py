"""CVXPY problems as quadratic programs; CVXPY is no dependency, and the tests need it."""

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance
from solverhub.local_inputs import to_parsed

cp = pytest.importorskip("cvxpy", reason="CVXPY is not installed")


def test_a_projection_by_hand():
    x = cp.Variable(2, name="x")
    parsed = to_parsed(cp.Problem(cp.Minimize(cp.sum_squares(x - [3, 2])), [cp.sum(x) <= 2]))
    assert parsed.problem.name == "qp"
    at = np.zeros(parsed.instance.n)
    for j, name in enumerate(parsed.naming.items):
        if name.startswith("x["):
            at[j] = [1.5, 0.5][int(name[2])]
        else:
            at[j] = {"[0]": -1.5, "[1]": -1.5}[name[-3:]]
    assert not parsed.problem.violations(parsed.instance, at)
    assert parsed.problem.objective(parsed.instance, at) == pytest.approx(4.5)


def test_what_is_no_quadratic_program_is_refused():
    x = cp.Variable(2)
    whole = cp.Variable(2, boolean=True)
    unset = cp.Parameter(name="limit")
    for problem, message in (
        (cp.Problem(cp.Minimize(cp.norm(x - 1))), "no continuous convex"),
        (cp.Problem(cp.Minimize(cp.sum_squares(whole - 0.3))), "no continuous convex"),
        (cp.Problem(cp.Minimize(cp.sum_squares(x)), [x >= unset]), "limit has no value"),
    ):
        with pytest.raises(InvalidInstance, match=message):
            to_parsed(problem)


def test_a_problem_that_maximises_is_negated():
    x = cp.Variable(name="x")
    parsed = to_parsed(cp.Problem(cp.Maximize(2 * x + 5), [x <= 3]))
    assert parsed.instance.q.tolist() == [-2]
    assert parsed.instance.r == -5
    assert "negated" in parsed.warnings[0]
