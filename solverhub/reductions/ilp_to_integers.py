"""Integer programs as whole numbers throughout, for solvers that know nothing else.

Rows are multiplied by the power of ten that clears their decimals; sides are rounded inward
to the next integer, which loses no integer point.  A side within 1e-9 relative of an integer
counts as that integer.

A continuous column is served only where it may be taken as a whole number of steps 1/d
without losing the optimum: divided by the size of their continuous coefficients, all rows
become whole multiples of the step, and the continuous part of the matrix is totally
unimodular because no row has more than two of its entries and the columns split into two
classes such that two entries of a row have equal signs exactly if their classes differ
(Heller and Tompkins 1956, on the transpose).  For fixed integers every face of the rest then
has a point on the grid (Hoffman and Kruskal 1956).  Differences of times and absolute values
have this form; anything else is refused.

Columns without bounds take those that the rows imply, together with the objective of a known
solution if there is one; failing that they are cut off at `LARGEST_BOX`, and the result proves
nothing about the whole (`exact` is False).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Number
from solverhub.problems.activity import implied_bounds, rows_of
from solverhub.problems.integer_program import IntegerProgram
from solverhub.reductions.integer_costs import (
    MOST_DIGITS,
    IntegerCosts,
    decimal_digits,
    integer_costs,
    scaled,
)

CAPACITY = 2.0**61
"""Limit on the sum of |coefficient| times |value| in a row."""
LARGEST_BOX = 2.0**40
SMALLEST_BOX = 2.0**20
MOST_STEPS = 10**10
"""Steps that a unit of a continuous column may be cut into."""

_SNAP = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class WholeProgram:
    """minimise `costs` over integers z with row_lower <= A z <= row_upper, lower <= z <= upper.

    - `lower, upper` int64 (n,); `indptr, columns, coefficients` int64, CSR of the rows kept.
    - `row_lower, row_upper`: int64, with `no_lower, no_upper` bool where there is no side.
    - `steps` int64 (n,): x_j = z_j / steps_j, with 1 for integer columns.
    - `exact`: False if columns were cut off.
    - `contradiction`: bounds or rows leave no point.
    """

    lower: np.ndarray
    upper: np.ndarray
    indptr: np.ndarray
    columns: np.ndarray
    coefficients: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    no_lower: np.ndarray
    no_upper: np.ndarray
    steps: np.ndarray
    costs: IntegerCosts
    exact: bool
    contradiction: bool = False

    def values(self, point: np.ndarray) -> np.ndarray:
        """float64 (n,) x of int64 (n,) z."""
        found: np.ndarray = point / self.steps
        return found

    def point(self, values: np.ndarray) -> np.ndarray | None:
        """int64 (n,) z next to x, or None if it is out of bounds."""
        found = np.rint(values * self.steps)
        if (found < self.lower).any() or (found > self.upper).any():
            return None
        whole: np.ndarray = found.astype(np.int64)
        return whole


def refusal(program: IntegerProgram) -> str | None:
    """Why `whole_program` cannot serve the program, or None if it can."""
    try:
        whole_program(program)
    except InvalidInstance as error:
        return error.message
    return None


def whole_program(program: IntegerProgram, known: Number | None = None) -> WholeProgram:
    """The program in whole numbers; raises `InvalidInstance` where there is no exact form.

    With `known`, the objective of a solution, columns without bounds lose values that only
    worse solutions have.
    """
    digits = decimal_digits(program.A.data)
    if (digits > MOST_DIGITS).any():
        row = int(rows_of(program)[np.argmax(digits)])
        raise _refused(f"row {row} has the coefficient {program.A.data[np.argmax(digits)]!r}")
    steps = _steps_of(program)
    unbounded = np.isinf(program.lower).any() or np.isinf(program.upper).any()
    limited = _with_cutoff(program, known) if known is not None and unbounded else program
    low, high, contradiction = implied_bounds(limited)
    lower, upper = _whole_bounds(steps, low, high)
    if contradiction or (lower > upper).any():
        return _nothing(program, steps)
    return _with_rows(program, digits, steps, lower, upper)


def _refused(why: str) -> InvalidInstance:
    return InvalidInstance(
        f"CP-SAT needs whole numbers, and {why}", remedy="use the solver highs, scip or auto"
    )


def _with_cutoff(program: IntegerProgram, known: Number) -> IntegerProgram:
    """The program with the row "at least as good as known", a little generous."""
    sign = program.sense.sign
    limit = sign * float(known - program.offset)
    limit += _SNAP * max(1.0, abs(limit))
    return IntegerProgram(
        sense=program.sense,
        c=program.c,
        A=vstack([program.A, csr_array(sign * program.c[None, :])], format="csr"),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, limit),
        lower=program.lower,
        upper=program.upper,
        integer=program.integer,
    )


# Bounds and costs.


def _whole_bounds(
    steps: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Integer bounds in steps, float64, infinite where there is none."""
    return _ceil(low * steps), -_ceil(-high * steps)


def _ceil(values: np.ndarray) -> np.ndarray:
    """Round up, but a hair above an integer is that integer."""
    nearest = np.rint(values)
    with np.errstate(invalid="ignore"):
        hair = np.abs(values - nearest) <= _SNAP * np.maximum(1.0, np.abs(values))
    found: np.ndarray = np.where(np.isfinite(values) & hair, nearest, np.ceil(values))
    return found


def _nothing(program: IntegerProgram, steps: np.ndarray) -> WholeProgram:
    empty, none = np.empty(0, np.int64), np.empty(0, bool)
    zeros = np.zeros(program.n, np.int64)
    return WholeProgram(
        lower=zeros,
        upper=zeros,
        indptr=np.zeros(1, np.int64),
        columns=empty,
        coefficients=empty,
        row_lower=empty,
        row_upper=empty,
        no_lower=none,
        no_upper=none,
        steps=steps,
        costs=IntegerCosts(zeros, integer_costs(zeros).scale, 0.0),  # type: ignore[union-attr]
        exact=True,
        contradiction=True,
    )


# Rows.


def _with_rows(
    program: IntegerProgram,
    digits: np.ndarray,
    steps: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> WholeProgram:
    rows, columns = rows_of(program), program.A.indices
    numerators, multiples = _multiples(program, digits, steps)
    sizes = np.abs(program.A.data) / steps[columns] * multiples[rows]
    box = _box(rows, columns, sizes, program.m, lower, upper)
    exact = bool(np.isfinite(lower).all() and np.isfinite(upper).all())
    low = np.where(np.isinf(lower), np.minimum(-box, upper), lower)
    high = np.where(np.isinf(upper), np.maximum(box, low), upper)
    span = np.maximum(np.abs(low), np.abs(high))
    costs = integer_costs(program.sense.sign * program.c, span, steps)
    if costs is None or span.max(initial=0) > CAPACITY:
        raise _refused("its costs times its bounds leave the range of 64-bit integers")
    side_low = _ceil(program.row_lower * multiples)
    side_high = -_ceil(-program.row_upper * multiples)
    whole = WholeProgram(
        lower=low.astype(np.int64),
        upper=high.astype(np.int64),
        indptr=program.A.indptr.astype(np.int64),
        columns=columns.astype(np.int64),
        coefficients=numerators,
        row_lower=_clipped(side_low),
        row_upper=_clipped(side_high),
        no_lower=side_low <= -CAPACITY,
        no_upper=side_high >= CAPACITY,
        steps=steps,
        costs=costs,
        exact=exact,
    )
    crossed = (side_low > side_high) | (side_low > CAPACITY) | (side_high < -CAPACITY)
    return replace(whole, contradiction=bool(crossed.any()))


def _multiples(
    program: IntegerProgram, digits: np.ndarray, steps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whole coefficients int64 (nnz,), and what each row was multiplied by, int64 (m,).

    A coefficient is N / (10^k s) with k digits and s steps; the row is multiplied by the
    least common multiple of the denominators that are left once these are in lowest terms.
    """
    rows, owner = rows_of(program), steps[program.A.indices]
    whole = scaled(program.A.data, digits, digits)
    limits = np.zeros(program.m)
    np.maximum.at(limits, rows, 10.0**digits)
    limits *= steps.max(initial=1)
    if (limits > CAPACITY).any():
        raise _refused(f"row {int(limits.argmax())} has too many digits")
    denominators = 10**digits * owner
    common = np.gcd(whole, denominators)
    denominators = denominators // common
    multiples = np.ones(program.m, np.int64)
    np.lcm.at(multiples, rows, denominators)
    return whole // common * (multiples[rows] // denominators), multiples


def _box(
    rows: np.ndarray,
    columns: np.ndarray,
    sizes: np.ndarray,
    m: int,
    lower: np.ndarray,
    upper: np.ndarray,
) -> float:
    """How far columns without bounds may reach so that no row overflows."""
    span = np.maximum(np.abs(lower), np.abs(upper))
    finite = np.isfinite(span)
    known = np.where(finite, np.maximum(span, 1.0), 0.0)[columns]
    fixed = np.bincount(rows, weights=sizes * known, minlength=m)
    if (fixed > CAPACITY).any():
        raise _refused(
            f"row {int(fixed.argmax())} times the bounds of its columns leaves the range of"
            " 64-bit integers"
        )
    free = np.bincount(rows, weights=np.where(finite[columns], 0.0, sizes), minlength=m)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(free > 0, (CAPACITY - fixed) / free, np.inf)
    box = min(LARGEST_BOX, float(room.min(initial=np.inf)))
    if box < SMALLEST_BOX:
        raise _refused(f"row {int(room.argmin())} has large coefficients on unbounded columns")
    return float(np.floor(box))


def _clipped(side: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.clip(side, -CAPACITY, CAPACITY).astype(np.int64)
    return found


# Continuous columns.


def _steps_of(program: IntegerProgram) -> np.ndarray:
    """Steps to a unit of each column: 1 for integer ones, one common number for the others."""
    steps = np.ones(program.n, np.int64)
    if program.integer.all():
        return steps
    common = _common_steps(program)
    if common is None:
        raise _refused(
            f"column {int(np.argmin(program.integer))} is continuous and takes part in a way that"
            " no grid represents exactly"
        )
    steps[~program.integer] = common
    return steps


def _common_steps(program: IntegerProgram) -> int | None:
    """The least d such that steps of 1/d lose no optimum, or None."""
    rows, columns = rows_of(program), program.A.indices
    free = ~program.integer[columns]
    counts = np.bincount(rows[free], minlength=program.m)
    if (counts > 2).any() or not _splits(program, rows, columns, free, counts):
        return None
    mixed = counts > 0
    inside = mixed[rows]
    sides = np.concatenate([program.row_lower[mixed], program.row_upper[mixed]])
    bounds = np.concatenate([program.lower[~program.integer], program.upper[~program.integer]])
    numbers = np.concatenate([program.A.data[inside], sides, bounds])
    numbers[np.isinf(numbers)] = 0
    found = _on_one_scale(numbers)
    if found is None:
        return None
    ten, whole = found
    entries, owner = whole[: inside.sum()], rows[inside]
    pivot = np.zeros(program.m, np.int64)
    np.maximum.at(pivot, owner, np.where(free[inside], np.abs(entries), 0))
    if (free[inside] & (np.abs(entries) != pivot[owner])).any():
        return None
    divisors = np.concatenate(
        [pivot[owner], np.tile(pivot[mixed], 2), np.full(len(bounds), ten, np.int64)]
    )
    return _least_multiple(divisors // np.gcd(whole, divisors))


def _on_one_scale(numbers: np.ndarray) -> tuple[int, np.ndarray] | None:
    """(10^k, int64 numbers * 10^k) for decimals, or None where that leaves 53 bits."""
    digits = decimal_digits(numbers)
    places = int(digits.max(initial=0))
    if places > MOST_DIGITS or np.abs(numbers).max(initial=0) * 10.0**places > 2.0**53:
        return None
    return 10**places, scaled(numbers, digits, np.full(len(numbers), places))


def _least_multiple(numbers: np.ndarray) -> int | None:
    """The least common multiple, or None beyond `MOST_STEPS`."""
    multiple = 1
    for number in np.unique(numbers).tolist():
        multiple = math.lcm(multiple, number)
        if multiple > MOST_STEPS:
            return None
    return multiple


def _splits(
    program: IntegerProgram,
    rows: np.ndarray,
    columns: np.ndarray,
    free: np.ndarray,
    counts: np.ndarray,
) -> bool:
    """Whether the continuous columns split into the two classes of the module's theorem.

    Each column is two nodes, "in the first class" and "in the second"; a row with two
    entries ties them, and a column tied to its own opposite has no class.
    """
    pairs = np.flatnonzero(free & (counts[rows] == 2)).reshape(-1, 2)
    a, b = columns[pairs[:, 0]].astype(np.int64), columns[pairs[:, 1]].astype(np.int64)
    same_sign = np.sign(program.A.data[pairs]).sum(axis=1) != 0
    n = program.n
    ends = np.concatenate([b + n * same_sign, b + n * ~same_sign])
    starts = np.concatenate([a, a + n])
    links = csr_array((np.ones(len(ends)), (starts, ends)), shape=(2 * n, 2 * n))
    label = connected_components(links, directed=False)[1]
    return not bool((label[:n] == label[n:]).any())
