"""Rays of unbounded programs: judged exactly, found by the solvers, told by `explain`."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidSolution
from solverhub.core.result import BoundCheck, Reason, Sense
from solverhub.local import solve
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.unbounded_ray import proves_unbounded, whole_ray


def endless(**changes):
    """max x + y with x - 3 y <= 1 and x, y >= 0, x whole."""
    fields = {
        "sense": Sense.MAXIMISE,
        "c": np.array([1.0, 1.0]),
        "A": csr_array([[1.0, -3.0]]),
        "row_lower": np.array([-np.inf]),
        "row_upper": np.array([1.0]),
        "lower": np.zeros(2),
        "upper": np.full(2, np.inf),
        "integer": np.array([True, False]),
    }
    return IntegerProgram(**{**fields, **changes})


def test_rays_move_away_from_every_limit_and_improve():
    program = endless()
    assert proves_unbounded(program, np.array([3.0, 1.0]))
    assert proves_unbounded(program, np.array([0.0, 1.0]))
    assert not proves_unbounded(program, np.array([3.0 + 1e-15, 1.0]))
    assert not proves_unbounded(program, np.array([-1.0, 2.0]))
    assert not proves_unbounded(program, np.zeros(2))
    assert not proves_unbounded(replace(program, sense=Sense.MINIMISE), np.array([3.0, 1.0]))
    assert not proves_unbounded(replace(program, upper=np.full(2, 9.0)), np.array([3.0, 1.0]))
    assert not proves_unbounded(replace(program, row_lower=np.array([0.0])), np.array([0.0, 1.0]))


def test_no_rounding_hides_a_side():
    # 0.1 + 0.2 - 0.3 is above 0 in floats; what counts is the numbers that they stand for.
    program = endless(
        c=np.ones(3),
        A=csr_array([[0.1, 0.2, -0.3]]),
        lower=np.zeros(3),
        upper=np.full(3, np.inf),
        integer=np.zeros(3, bool),
    )
    from fractions import Fraction

    total = Fraction(0.1) + Fraction(0.2) - Fraction(0.3)
    assert proves_unbounded(program, np.ones(3)) is (total <= 0)


def test_a_ray_that_is_nearly_whole_becomes_whole():
    found = whole_ray(endless(), np.array([1.0 + 1e-9, 1 / 3]))
    assert np.array_equal(found, [3.0, 1.0])
    assert whole_ray(endless(), np.array([1.0, 0.0])) is None


@pytest.mark.parametrize("ray", [np.ones(3), np.array([np.nan, 1.0]), "x"])
def test_other_forms_are_refused(ray):
    with pytest.raises(InvalidSolution):
        proves_unbounded(endless(), ray)


def test_solvers_certify_what_they_call_unbounded():
    result = solve(endless(), "ilp", "highs", time_limit=20, threads=1)
    assert result.termination.reason is Reason.UNBOUNDED
    assert result.bound_check is BoundCheck.CERTIFICATE
    lost = {"point": result.solution, "ray": None}
    assert not result.parsed.problem.check_unbounded(endless(), lost)
