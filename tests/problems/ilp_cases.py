"""Random integer programs for the tests of the ilp family."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.problems.integer_program import IntegerProgram

INTEGERS = st.integers(-9, 9).map(float)
REALS = st.floats(-1e3, 1e3).filter(lambda value: value == 0 or abs(value) > 1e-6)


@st.composite
def programs(
    draw: st.DrawFn,
    numbers: st.SearchStrategy[float] = INTEGERS | REALS,
    most: int = 4,
    crossed: bool = False,
) -> IntegerProgram:
    """Up to `most` rows and columns, every kind of side and bound."""
    n, m = draw(st.integers(1, most)), draw(st.integers(0, most))

    def vector(size: int) -> np.ndarray:
        return np.array(draw(st.lists(numbers, min_size=size, max_size=size)), dtype=np.float64)

    def limits(size: int) -> tuple[np.ndarray, np.ndarray]:
        low, high = vector(size), vector(size)
        if not crossed:
            low, high = np.minimum(low, high), np.maximum(low, high)
        for side, infinite in ((low, -np.inf), (high, np.inf)):
            absent = draw(st.lists(st.booleans(), min_size=size, max_size=size))
            side[np.array(absent, dtype=bool)] = infinite
        return low, high

    row_lower, row_upper = limits(m)
    lower, upper = limits(n)
    return IntegerProgram(
        sense=draw(st.sampled_from(list(Sense))),
        c=vector(n),
        offset=draw(numbers),
        A=csr_array(vector(m * n).reshape(m, n)),
        row_lower=row_lower,
        row_upper=row_upper,
        lower=lower,
        upper=upper,
        integer=np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool),
    )


def program(
    c: list[float],
    rows: list[list[float]],
    low: list[float],
    high: list[float],
    *,
    lower: float = 0.0,
    upper: float = np.inf,
    integer: bool = True,
    sense: Sense = Sense.MINIMISE,
    offset: float = 0.0,
) -> IntegerProgram:
    """A program with one bound and kind for all columns."""
    n = len(c)
    return IntegerProgram(
        sense=sense,
        c=np.array(c, dtype=np.float64),
        offset=offset,
        A=csr_array(np.array(rows, dtype=np.float64).reshape(len(rows), n)),
        row_lower=np.array(low, dtype=np.float64),
        row_upper=np.array(high, dtype=np.float64),
        lower=np.full(n, lower),
        upper=np.full(n, upper),
        integer=np.full(n, integer),
    )
