"""Decimal numbers: every accepted token is the float nearest to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.problems.decimal_scan import (
    LATE,
    MALFORMED,
    NOT_A_NUMBER,
    NUMBER,
    late_value,
    parse_decimal,
)


def parse(text: str) -> tuple[int, float]:
    data = np.frombuffer(text.encode(), np.uint8)
    status, value = parse_decimal(data, 0, data.size)
    return status, late_value(text.encode()) if status == LATE else value


DIGITS = st.text("0123456789", min_size=1, max_size=24)
EXPONENTS = st.just("") | st.integers(-40, 40).map(lambda e: f"e{e}")


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from(["", "+", "-"]), DIGITS, st.just("") | DIGITS, EXPONENTS)
def test_decimals_are_correctly_rounded(sign: str, whole: str, part: str, power: str) -> None:
    text = f"{sign}{whole}.{part}{power}"
    status, value = parse(text)
    expected = float(text)
    assert status in (NUMBER, LATE)
    assert value == expected or (
        abs(expected) >= 1e27 and value == math.copysign(math.inf, expected)
    )


@settings(max_examples=2000, deadline=None)
@given(st.floats(-1e25, 1e25, allow_nan=False))
def test_the_shortest_form_of_a_float_reads_back(value: float) -> None:
    assert parse(repr(value))[1] == value


@settings(max_examples=500, deadline=None)
@given(st.integers(2**52, 2**53 - 1), st.integers(-8, 10))
def test_halfway_cases_round_to_even(mantissa: int, power: int) -> None:
    exact = (2 * mantissa + 1) * 5 ** max(0, -power)
    text = f"{exact * 2 ** max(0, power)}e{min(0, power)}"
    assert parse(text)[1] == float(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1D3", 1000),
        ("1.d-3", 0.001),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e300", math.inf),
    ],
)
def test_spellings(text: str, value: float) -> None:
    assert parse(text) == (NUMBER, value)


@pytest.mark.parametrize(
    "text",
    ["", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x1", "1_0", "1 0", "--1", "infinit", "1f", "na"],
)
def test_malformed(text: str) -> None:
    assert parse(text)[0] == MALFORMED


def test_nan_is_told_apart() -> None:
    assert parse("NaN")[0] == parse("-nan")[0] == NOT_A_NUMBER
