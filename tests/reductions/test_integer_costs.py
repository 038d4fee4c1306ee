from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.reductions.integer_costs import (
    CAPACITY,
    MOST_DIGITS,
    decimal_digits,
    integer_costs,
)


def test_digits_of_short_decimals():
    values = [1, 0.5, 0.1, 1.25, -3.7, 1e-7, 12345.678901, 0.0, -2e10, 1 / 3, 1e300, np.pi]
    expected = [0, 1, 1, 2, 1, 7, 6, 0, 0, MOST_DIGITS + 1, MOST_DIGITS + 1, MOST_DIGITS + 1]
    found = decimal_digits(np.array(values))
    assert found[:10].tolist() == expected[:10]
    assert found[10] == expected[10]
    assert found[11] >= 15


@given(st.lists(st.decimals(-9999, 9999, places=4), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_decimals_are_exact(costs):
    found = integer_costs(np.array([float(cost) for cost in costs]))
    assert found.slack == 0
    assert [Fraction(cost) for cost in costs] == [
        found.scale * int(value) for value in found.coefficients
    ]


@given(
    st.lists(st.floats(-1e12, 1e12, allow_nan=False), min_size=1, max_size=8),
    st.data(),
)
@settings(max_examples=100, deadline=None)
def test_the_slack_covers_every_point(costs, data):
    span = [data.draw(st.integers(0, 1000)) for _ in costs]
    point = [data.draw(st.integers(-reach, reach)) for reach in span]
    found = integer_costs(np.array(costs), np.array(span))
    true = sum(Fraction(cost) * value for cost, value in zip(costs, point, strict=True))
    total = sum(int(c) * value for c, value in zip(found.coefficients, point, strict=True))
    size = float(sum(abs(Fraction(c)) * r for c, r in zip(costs, span, strict=True)))
    rounding = 1e-14 * size
    assert abs(float(true - found.scale * total)) <= found.slack + rounding
    assert float(found.below(total)) <= float(true) + rounding


def test_integers_stay_as_they_are():
    costs = np.array([2**60, -1, 0])
    found = integer_costs(costs)
    assert found.coefficients.tolist() == costs.tolist()
    assert found.below(2**60 - 1) == 2**60 - 1
    assert isinstance(found.below(3), int)


def test_sizes_stay_within_the_capacity():
    for scale in (1e-300, 1.0, 1e200):
        costs = np.array([1.0, np.pi, 1e-9]) * scale
        found = integer_costs(costs)
        assert np.abs(found.coefficients).sum() <= CAPACITY
    assert integer_costs(np.array([1.5]), np.array([2.0**51])) is None


def test_steps_measure_some_variables_more_finely():
    found = integer_costs(np.array([1.5, 0.25]), np.array([4, 400]), np.array([1, 100]))
    assert found.scale * int(found.coefficients[0]) == Fraction(3, 2)
    assert found.scale * int(found.coefficients[1]) == Fraction(1, 400)


def test_no_costs():
    found = integer_costs(np.zeros(3))
    assert found.coefficients.tolist() == [0, 0, 0]
    assert found.below(0) == 0
    assert integer_costs(np.empty(0)).below(0) == pytest.approx(0)
