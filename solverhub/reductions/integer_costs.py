"""Costs as whole numbers times one scale, for solvers that know integers only.

Costs that are decimals (0.25, 12.5, ...) are taken exactly, by the smallest power of ten that
clears them; any others are rounded to a grid as fine as 62 bits allow.  With
`c_j = scale * k_j + e_j` and |x_j| <= span_j the true objective c'x differs from
`scale * k'x` by at most `slack = sum |e_j| span_j`, which bounds on the way back give up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from solverhub.core.result import Number

MOST_DIGITS = 15
CAPACITY = 2.0**52
"""Largest sum of |k_j| span_j for decimals: every such objective is an exact float64 too."""
INTEGER_CAPACITY = 2.0**61
"""The same for costs that are integers as given."""

_ROUNDING = 2.0**-50
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class IntegerCosts:
    """`coefficients` int64 (n,); the cost of one unit is `scale`; `slack` as above, 0 if exact."""

    coefficients: np.ndarray
    scale: Fraction
    slack: float

    def below(self, total: int) -> Number:
        """A number no larger than c'x, rounding apart, where `coefficients @ x >= total`."""
        exact = self.scale * total
        if self.slack == 0:
            return int(exact) if exact.denominator == 1 else float(exact)
        return float(np.nextafter(float(exact) - self.slack, -np.inf))


def integer_costs(
    costs: np.ndarray, span: np.ndarray | None = None, steps: np.ndarray | None = None
) -> IntegerCosts | None:
    """Scale int64 or float64 (n,) costs of variables with |x_j| <= span_j (default 1).

    With `steps` int64 (n,) the variable is z_j = x_j * steps_j, and the span is that of z_j.
    None if even the coarsest grid would exceed `CAPACITY`, that is for spans beyond 2^52.
    """
    reach = np.ones(len(costs)) if span is None else np.asarray(span, dtype=float)
    steps = np.ones(len(costs), np.int64) if steps is None else steps
    common = int(steps.max(initial=1))
    given_whole = costs.dtype.kind in "iub" and common == 1
    if given_whole and np.abs(costs.astype(float)) @ reach <= INTEGER_CAPACITY:
        return IntegerCosts(costs.astype(np.int64), Fraction(1), 0.0)
    costs = costs.astype(float)
    digits = decimal_digits(costs)
    places = int(digits.max(initial=0))
    factors = common // steps
    if places <= MOST_DIGITS and np.abs(costs) * factors @ reach <= CAPACITY / 10.0**places:
        whole = scaled(costs, digits, np.full(len(costs), places)) * factors
        return IntegerCosts(whole, Fraction(1, 10**places * common), 0.0)
    return _on_grid(costs / steps, reach)


def scaled(values: np.ndarray, digits: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`values * 10^places` as int64, exact for decimals with `digits <= places` digits."""
    exponent = np.where(values == 0, 0, places - digits)
    whole = np.rint(values * 10.0**digits).astype(np.int64)
    product: np.ndarray = whole * 10**exponent
    return product


def decimal_digits(values: np.ndarray) -> np.ndarray:
    """Digits after the point of each float64, int64; `MOST_DIGITS + 1` for no short decimal.

    A value has k digits if it is the float64 nearest to a decimal with k digits: that is what
    a file with k digits gives, and division by 10^k is correctly rounded.
    """
    digits = np.full(len(values), MOST_DIGITS + 1, dtype=np.int64)
    open_ = np.arange(len(values))
    for places in range(MOST_DIGITS + 1):
        rest = values[open_]
        with np.errstate(over="ignore"):
            whole = np.rint(rest * 10.0**places)
        met = (whole / 10.0**places == rest) & (np.abs(whole) < 2.0**53)
        digits[open_[met]] = places
        open_ = open_[~met]
    return digits


def _on_grid(costs: np.ndarray, reach: np.ndarray) -> IntegerCosts | None:
    costs = np.where(reach > 0, costs, 0.0)
    total = float(np.abs(costs) @ reach)
    if not np.isfinite(total) or reach.sum() > CAPACITY / 4:
        return None
    # Rounding adds at most half a unit a variable, hence the share left for the spans.
    exponent = math.floor(np.log2(CAPACITY - reach.sum()) - np.log2(max(total, _TINY)))
    exponent = min(exponent, 1000)
    whole = np.rint(np.ldexp(costs, exponent))
    error = np.abs(costs - np.ldexp(whole, -exponent))
    slack = (1 + _ROUNDING) * float(error @ reach)
    scale = Fraction(2) ** -exponent
    return IntegerCosts(whole.astype(np.int64), scale, slack)
