"""Safe bounds: never past a feasible point in exact arithmetic, and near the LP optimum."""

from __future__ import annotations

import math
from fractions import Fraction

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidSolution
from solverhub.core.result import Sense
from solverhub.problems.activity import implied_bounds
from solverhub.problems.dual_bound import proves_infeasible, safe_dual_bound
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.mps_write import write_mps
from tests.problems.ilp_cases import REALS, program, programs

INF = math.inf


def exact_objective(case: IntegerProgram, x: np.ndarray) -> Fraction:
    terms = (Fraction(a) * Fraction(b) for a, b in zip(case.c, x, strict=True))
    return sum(terms, Fraction(case.offset))


def contains_exactly(case: IntegerProgram, x: np.ndarray) -> bool:
    if not ((case.lower <= x).all() and (x <= case.upper).all()):
        return False
    for row, low, high in zip(case.A.toarray(), case.row_lower, case.row_upper, strict=True):
        value = sum((Fraction(a) * Fraction(b) for a, b in zip(row, x, strict=True)), Fraction())
        if not low <= value <= high:
            return False
    return True


def around(case: IntegerProgram, x: np.ndarray, tight: np.ndarray) -> IntegerProgram:
    """The program with its sides moved so that x is feasible, on the sides where `tight`."""
    activity = [
        sum((Fraction(a) * Fraction(b) for a, b in zip(row, x, strict=True)), Fraction())
        for row in case.A.toarray()
    ]
    below = np.array([_below(value) for value in activity]).reshape(case.m)
    above = np.array([_above(value) for value in activity]).reshape(case.m)
    return IntegerProgram(
        sense=case.sense,
        c=case.c,
        offset=case.offset,
        A=case.A,
        row_lower=np.where(tight, below, np.minimum(case.row_lower, below)),
        row_upper=np.where(tight, above, np.maximum(case.row_upper, above)),
        lower=np.minimum(case.lower, x),
        upper=np.maximum(case.upper, x),
        integer=np.zeros(case.n, dtype=bool),
    )


def _below(value: Fraction) -> float:
    near = float(value)
    return near if Fraction(near) <= value else float(np.nextafter(near, -np.inf))


def _above(value: Fraction) -> float:
    near = float(value)
    return near if Fraction(near) >= value else float(np.nextafter(near, np.inf))


@settings(max_examples=500, deadline=None)
@given(programs(REALS), st.data())
def test_no_multipliers_give_a_bound_past_a_feasible_point(
    case: IntegerProgram, data: st.DataObject
) -> None:
    def draw(size: int) -> np.ndarray:
        return np.array(data.draw(st.lists(REALS, min_size=size, max_size=size)), dtype=np.float64)

    x, y = draw(case.n), draw(case.m)
    tight = np.array(data.draw(st.lists(st.booleans(), min_size=case.m, max_size=case.m)), bool)
    case = around(case, x, tight)
    assert contains_exactly(case, x)
    bound = safe_dual_bound(case, y)
    assert not math.isnan(bound)
    if math.isfinite(bound):
        assert case.sense.sign * (exact_objective(case, x) - Fraction(bound)) >= 0
    else:
        assert bound == -case.sense.worst
    assert not proves_infeasible(case, y)
    lower, upper, contradiction = implied_bounds(case)
    assert not contradiction
    assert (lower <= x).all()
    assert (x <= upper).all()


@settings(max_examples=300, deadline=None)
@given(programs(REALS), st.data())
def test_bounds_at_an_optimal_dual_pair_round_outward(
    case: IntegerProgram, data: st.DataObject
) -> None:
    """Costs made from multipliers put the optimum at x: only the last bits can differ."""
    x = np.array(data.draw(st.lists(REALS, min_size=case.n, max_size=case.n)))
    y = np.array(data.draw(st.lists(REALS, min_size=case.m, max_size=case.m)), dtype=np.float64)
    case = IntegerProgram(
        sense=case.sense,
        c=case.A.T @ y,
        A=case.A,
        row_lower=case.row_lower,
        row_upper=case.row_upper,
        lower=x - 1,
        upper=x + 1,
        integer=np.zeros(case.n, dtype=bool),
    )
    case = around(case, x, np.ones(case.m, dtype=bool))
    bound = safe_dual_bound(case, y)
    distance = case.sense.sign * (exact_objective(case, x) - Fraction(bound))
    scale = 1 + float(np.abs(case.A.toarray()).T @ np.abs(y) @ (np.abs(x) + 2))
    assert 0 <= distance <= 1e-12 * scale


@settings(max_examples=40, deadline=None)
@given(programs(st.integers(-9, 9).map(float)))
def test_duals_of_highs_give_its_optimum(
    tmp_path_factory: pytest.TempPathFactory, case: IntegerProgram
) -> None:
    case = IntegerProgram(
        sense=case.sense, c=case.c, offset=case.offset, A=case.A, row_lower=case.row_lower,
        row_upper=case.row_upper, lower=np.maximum(case.lower, -20),
        upper=np.minimum(case.upper, 20), integer=np.zeros(case.n, dtype=bool),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("lp") / "m.mps"
    path.write_bytes(write_mps(case))
    solver = highspy.Highs()
    solver.silent()
    solver.readModel(str(path))
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        bound = safe_dual_bound(case, np.array(solver.getSolution().row_dual))
        value = solver.getObjectiveValue()
        assert bound == pytest.approx(value, abs=1e-6)
        assert case.sense.sign * (value - bound) >= -1e-7
    elif status == highspy.HighsModelStatus.kInfeasible and case.m:
        solver.setOptionValue("presolve", "off")
        solver.run()
        _, exists, ray = solver.getDualRay()
        if exists:
            assert proves_infeasible(case, np.array(ray))


def test_implied_bounds_stand_in_for_missing_ones() -> None:
    """Reduced costs of basic columns are zero only up to rounding; x >= 0 has no upper bound."""
    case = program([0.1, 0.3], [[0.1, 0.3]], [1], [7], integer=False)
    assert safe_dual_bound(case, np.array([1.0])) == pytest.approx(1, abs=1e-9)
    assert safe_dual_bound(case, np.array([1.0 + 1e-12])) == pytest.approx(1, abs=1e-9)
    loose = program([0.1, 0.3], [[0.1, 0.3]], [1], [INF], integer=False)
    assert safe_dual_bound(loose, np.array([1.0 + 1e-12])) == pytest.approx(1, abs=1e-9)
    assert safe_dual_bound(loose, np.array([1.0 - 1e-12])) == pytest.approx(1, abs=1e-9)
    assert safe_dual_bound(loose, np.array([0.0])) == 0
    free = program([0.1, 0.2], [[0.3, 0.7]], [1], [INF], lower=-INF, integer=False)
    assert safe_dual_bound(free, np.array([0.33])) == -INF


@pytest.mark.parametrize("sense", list(Sense))
def test_columns_without_upper_bounds_have_a_bound_near_the_optimum(sense: Sense) -> None:
    """Costs made from y and reduced costs that are 0 on the columns in use, up to rounding."""
    rng = np.random.default_rng(7)
    for m, n in ((5, 9), (20, 40), (60, 100)):
        dense = rng.random((m, n)) * (rng.random((m, n)) < 0.3)
        used = rng.permutation(n) < m // 2
        x, y = rng.random(n) * used, rng.random(m) + 0.1
        case = IntegerProgram(
            sense=sense,
            c=sense.sign * (dense.T @ y + rng.random(n) * ~used),
            A=csr_array(dense),
            row_lower=dense @ x,
            row_upper=np.full(m, np.inf),
            lower=np.zeros(n),
            upper=np.full(n, np.inf),
            integer=np.zeros(n, dtype=bool),
        )
        bound = safe_dual_bound(case, sense.sign * y)
        assert bound == pytest.approx(case.c @ x, rel=1e-7)
        assert sense.sign * bound <= sense.sign * case.c @ x + 1e-12


def test_both_senses_and_the_offset() -> None:
    up = program([3], [[1]], [-INF], [4], sense=Sense.MAXIMISE, offset=10, integer=False, upper=9)
    assert safe_dual_bound(up, np.array([3.0])) == pytest.approx(22)
    assert safe_dual_bound(up, np.array([3.0])) >= 22
    assert safe_dual_bound(up, np.array([-3.0])) >= 22
    down = program([3], [[1]], [4], [INF], offset=10, integer=False)
    assert safe_dual_bound(down, np.array([2.9])) == pytest.approx(21.6)
    assert safe_dual_bound(down, np.array([0.0])) == pytest.approx(10)


def test_integer_columns_without_an_integer_and_crossed_limits() -> None:
    assert proves_infeasible(program([1], [], [], [], lower=0.2, upper=0.8))
    assert not proves_infeasible(program([1], [], [], [], lower=0.2, upper=0.8, integer=False))
    assert proves_infeasible(program([1], [], [], [], lower=3, upper=2))
    assert proves_infeasible(program([1], [[1]], [3], [2]))
    assert proves_infeasible(program([1], [[1]], [3], [INF], upper=2))
    assert proves_infeasible(program([1], [[0]], [1], [INF]))


@pytest.mark.parametrize("y", [np.zeros(2), np.array([math.nan]), np.array([INF]), "rubbish", None])
def test_multipliers_of_the_wrong_form_are_refused(y: object) -> None:
    with pytest.raises(InvalidSolution):
        safe_dual_bound(program([1], [[1]], [0], [1]), y)  # type: ignore[arg-type]


def test_huge_multipliers_give_no_bound_rather_than_a_wrong_one() -> None:
    case = IntegerProgram(
        sense=Sense.MINIMISE, c=np.array([1.0, 1.0]), A=csr_array(np.array([[1e15, -1e15]])),
        row_lower=np.array([0.0]), row_upper=np.array([0.0]), lower=np.zeros(2),
        upper=np.full(2, 9.0), integer=np.zeros(2, dtype=bool),
    )  # fmt: skip
    assert safe_dual_bound(case, np.array([1e300])) <= 0
