"""The judge against every way a result can be wrong, on real families."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from solverhub.core.problem import Parsed
from solverhub.core.result import (
    BoundCheck,
    Limit,
    Reason,
    Result,
    Sense,
    Termination,
    TracePoint,
    relative_gap,
)
from solverhub.problems.graph import Graph
from solverhub.problems.ilp import Ilp, IntegerProgram
from solverhub.problems.job_shop import JobShop, ShopInstance
from solverhub.problems.judge import verify
from solverhub.problems.subsets import MaximumIndependentSet

# Two jobs on machines 0 and 1; the optimum is 7 and so is the bound of machine 0.
SHOP = Parsed(JobShop(), ShopInstance.from_jobs([[(0, 3), (1, 2)], [(0, 2), (1, 2)]]))
BEST = np.array([2, 5, 0, 2], np.int64)
GOOD = np.array([0, 3, 3, 5], np.int64)
SLOW = np.array([0, 3, 13, 15], np.int64)
BROKEN = np.array([0, 2, 3, 5], np.int64)

# A path of three vertices: the ends, weight 2.
PATH = Parsed(MaximumIndependentSet(), Graph.from_edges(3, np.array([0, 1]), np.array([1, 2])))
ENDS, MIDDLE = np.array([True, False, True]), np.array([False, True, False])


def program(lower: float = 0.0, *, sense: Sense = Sense.MAXIMISE, integer: bool = False) -> Parsed:
    """max 1.5 x + y with x + y <= 4, x <= 3, x, y >= lower: 5.5 at (3, 1)."""
    two = np.full(2, np.inf)
    instance = IntegerProgram(
        sense=sense,
        c=np.array([1.5, 1.0]),
        A=csr_array(np.array([[1.0, 1.0], [1.0, 0.0]])),
        row_lower=-two,
        row_upper=np.array([4.0, 3.0]),
        lower=np.full(2, lower),
        upper=two,
        integer=np.full(2, integer),
    )
    return Parsed(Ilp(), instance)


LP = program()
CORNER = np.array([3.0, 1.0])
DUAL = {"row_dual": np.array([1.0, 0.5])}


def claim(reason: str, limit: Limit | None = None, **fields: Any) -> Result:
    return Result(termination=Termination(Reason(reason), limit), **fields)


def test_an_honest_answer_is_kept() -> None:
    result = verify(claim("optimal", solution=BEST, objective=7, bound=7), SHOP)
    assert result.verified is True
    assert (result.objective, result.bound, result.gap) == (7, 7, 0.0)
    assert result.termination == Termination(Reason.OPTIMAL, None)
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.violations == ()
    assert (result.solution == BEST).all()


@pytest.mark.parametrize("reason", ["optimal", "feasible", "no_solution"])
def test_an_infeasible_answer_is_refused(reason: str) -> None:
    result = verify(claim(reason, Limit.TIME, solution=BROKEN, objective=7, bound=6), SHOP)
    assert result.verified is False
    assert result.solution is None
    assert result.objective is None
    assert result.termination == Termination(Reason.NO_SOLUTION, Limit.TIME)
    assert "starts 1 before" in result.violations[0].message


@pytest.mark.parametrize(
    "solution",
    [
        np.array([2, 5, 0], np.int64),
        BEST.reshape(2, 2),
        BEST + 0.5,
        np.array([2, np.nan, 0, 2]),
        np.array([2, np.inf, 0, 2]),
        np.array([2, 1e300, 0, 2]),
        np.array(["2", "5", "0", "2"]),
        np.array([2, 5, 0, None], dtype=object),
        np.array([2, 5, 0, 2], np.complex128),
        np.array([2**63 + 5, 5, 0, 2], np.uint64),
        7,
    ],
    ids=str,
)
def test_a_malformed_answer_is_refused(solution: Any) -> None:
    result = verify(claim("feasible", solution=solution, objective=7), SHOP)
    assert result.verified is False
    assert result.solution is None
    assert [broken.constraint for broken in result.violations] == ["form"]


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.float64, np.float32])
def test_a_cast_that_loses_nothing_is_made(kind: type) -> None:
    result = verify(claim("feasible", solution=BEST.astype(kind), objective=7), SHOP)
    assert result.verified is True
    assert result.solution is not None
    assert result.solution.dtype == np.int64


def test_the_answer_is_a_copy() -> None:
    mine = BEST.copy()
    result = verify(claim("feasible", solution=mine), SHOP)
    mine[:] = 0
    assert result.solution is not None
    assert (result.solution == BEST).all()


def test_boolean_vectors_have_no_other_values() -> None:
    assert verify(claim("feasible", solution=np.array([1, 0, 1])), PATH).verified is True
    assert verify(claim("feasible", solution=np.array([2, 0, 1])), PATH).verified is False


@pytest.mark.parametrize("claimed", [None, 6, 8, math.nan, math.inf, "7"])
def test_the_objective_is_the_recomputed_one(claimed: Any) -> None:
    result = verify(claim("feasible", solution=BEST, objective=claimed), SHOP)
    assert result.verified is True
    assert result.objective == 7


def test_optimal_without_a_bound_is_only_feasible() -> None:
    result = verify(claim("optimal", solution=BEST, objective=7), SHOP)
    assert result.termination == Termination(Reason.FEASIBLE, None)
    assert result.bound_check is None


def test_optimal_with_an_open_gap_is_only_feasible() -> None:
    result = verify(claim("optimal", solution=SLOW, objective=7, bound=7), SHOP)
    assert result.termination.reason is Reason.FEASIBLE
    assert result.objective == 17
    within = verify(claim("optimal", solution=GOOD, objective=7, bound=7), SHOP, gap=0.5)
    assert within.termination.reason is Reason.OPTIMAL


def test_a_closed_gap_is_optimal_whatever_was_claimed() -> None:
    result = verify(claim("feasible", Limit.TIME, solution=BEST, objective=7, bound=7), SHOP)
    assert result.termination == Termination(Reason.OPTIMAL, None)


@pytest.mark.parametrize(
    ("parsed", "solution", "bound"),
    [(SHOP, BEST, 8), (SHOP, BEST, 7.5), (PATH, ENDS, 1), (PATH, ENDS, 1.9), (LP, CORNER, 5.4)],
)
def test_a_bound_on_the_wrong_side_is_dropped(parsed: Parsed, solution: Any, bound: float) -> None:
    result = verify(claim("optimal", solution=solution, bound=bound), parsed)
    assert result.verified is True
    assert (result.bound, result.bound_check) == (None, None)
    assert result.termination.reason is Reason.FEASIBLE


def test_a_bound_past_the_objective_by_rounding_is_clipped() -> None:
    result = verify(claim("optimal", solution=CORNER, bound=5.5 - 1e-7), LP)
    assert result.bound == 5.5
    assert result.termination.reason is Reason.OPTIMAL


@pytest.mark.parametrize("bound", [math.nan, math.inf, -math.inf, "7", True, [7]])
def test_a_bound_that_is_no_number_is_dropped(bound: Any) -> None:
    result = verify(claim("optimal", solution=BEST, bound=bound), SHOP)
    assert (result.bound, result.bound_check) == (None, None)
    assert result.termination.reason is Reason.FEASIBLE


def test_integer_objectives_round_the_bound() -> None:
    assert verify(claim("feasible", solution=BEST, bound=6.2), SHOP).bound == 7
    near = verify(claim("feasible", solution=GOOD, bound=6.0000002), SHOP)
    assert near.bound == 6
    assert verify(claim("feasible", solution=MIDDLE, bound=2.9), PATH).bound == 2
    assert verify(claim("feasible", solution=CORNER, bound=5.7), LP).bound == 5.7


def test_numpy_numbers_become_plain_ones() -> None:
    result = verify(claim("optimal", solution=BEST, bound=np.int64(7)), SHOP)
    assert type(result.bound) is int
    assert type(result.objective) is int


def test_bounds_say_how_far_they_were_checked() -> None:
    open_gap = np.array([0.0, 0.0])
    recomputed = verify(claim("optimal", solution=CORNER, bound=5.5, evidence=DUAL), LP)
    assert recomputed.bound_check is BoundCheck.RECOMPUTED
    assert recomputed.bound == pytest.approx(5.5)
    assert recomputed.termination.reason is Reason.OPTIMAL
    claimed = verify(claim("feasible", solution=open_gap, bound=5.6), LP)
    assert claimed.bound_check is BoundCheck.CLAIMED
    too_tight = verify(claim("feasible", solution=open_gap, bound=5.2, evidence=DUAL), LP)
    assert too_tight.bound_check is BoundCheck.CLAIMED


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"row_dual": None},
        {"row_dual": "x"},
        {"row_dual": np.array([1.0])},
        {"row_dual": np.array([np.nan, 1.0])},
        {"row_dual": [[1.0], [2.0, 3.0]]},
        {"row_dual": {"a": 1}},
        {"farkas": np.array([1.0, 1.0])},
    ],
    ids=str,
)
def test_malformed_evidence_supports_nothing(evidence: dict[str, Any]) -> None:
    result = verify(claim("optimal", solution=CORNER, bound=5.5, evidence=evidence), LP)
    assert result.bound_check is BoundCheck.CLAIMED
    gone = verify(claim("infeasible", evidence=evidence), LP)
    assert gone.bound_check is BoundCheck.CLAIMED


def test_a_claimed_bound_of_a_refused_solver_is_not_believed() -> None:
    outside = np.array([3.0, 2.0])
    claimed = verify(claim("optimal", solution=outside, objective=6.5, bound=6.5), LP)
    assert (claimed.bound, claimed.bound_check) == (None, None)
    proved = verify(claim("optimal", solution=outside, bound=5.5, evidence=DUAL), LP)
    assert proved.bound == pytest.approx(5.5)
    assert proved.bound_check is BoundCheck.RECOMPUTED


def test_infeasible_is_refuted_by_a_solution() -> None:
    result = verify(claim("infeasible", solution=CORNER), LP)
    assert result.termination.reason is Reason.FEASIBLE
    assert result.objective == 5.5
    pooled = verify(claim("infeasible", pool=(CORNER,)), LP)
    assert pooled.termination.reason is Reason.FEASIBLE


def test_infeasible_is_claimed_or_certified() -> None:
    claimed = verify(claim("infeasible", Limit.TIME, bound=3.0), LP)
    assert claimed.termination == Termination(Reason.INFEASIBLE, None)
    assert (claimed.bound, claimed.bound_check) == (None, BoundCheck.CLAIMED)
    assert claimed.verified is None
    empty = program(lower=3.0)
    farkas = {"farkas": np.array([1.0, 0.0])}
    certified = verify(claim("infeasible", evidence=farkas), empty)
    assert certified.bound_check is BoundCheck.CERTIFICATE


def test_a_point_left_by_an_infeasible_solve_does_not_refute_it() -> None:
    result = verify(claim("infeasible", solution=np.array([9.0, 9.0])), LP)
    assert result.termination.reason is Reason.INFEASIBLE
    assert (result.solution, result.verified, result.violations) == (None, None, ())


def test_unbounded_is_claimed_unless_a_bound_is_proved() -> None:
    unbounded = verify(claim("unbounded", solution=CORNER, bound=9.0), LP)
    assert unbounded.termination == Termination(Reason.UNBOUNDED, None)
    assert (unbounded.bound, unbounded.bound_check) == (None, BoundCheck.CLAIMED)
    assert unbounded.verified is True
    refuted = verify(claim("unbounded", solution=CORNER, bound=5.5, evidence=DUAL), LP)
    assert refuted.termination.reason is Reason.OPTIMAL


def test_no_answer_stays_none() -> None:
    result = verify(claim("no_solution", Limit.MEMORY, bound=6), SHOP)
    assert result.termination == Termination(Reason.NO_SOLUTION, Limit.MEMORY)
    assert (result.verified, result.bound) == (None, 6)
    for reason in ("optimal", "feasible"):
        assert verify(claim(reason), SHOP).termination.reason is Reason.NO_SOLUTION


def test_the_pool_is_sifted_sorted_and_made_distinct() -> None:
    pool = (SLOW, BROKEN, GOOD, BEST, GOOD, np.array([1, 2]))
    result = verify(claim("feasible", solution=BEST, pool=pool), SHOP)
    assert [SHOP.problem.objective(SHOP.instance, member) for member in result.pool] == [7, 17]
    assert not any((member == BEST).all() for member in result.pool)


def test_the_best_member_of_the_pool_leads() -> None:
    better = verify(claim("feasible", solution=SLOW, pool=(BEST,)), SHOP)
    assert better.objective == 7
    assert (better.pool[0] == SLOW).all()
    rescued = verify(claim("feasible", solution=BROKEN, pool=(GOOD,)), SHOP)
    assert rescued.verified is True
    assert rescued.violations == ()


def test_the_trace_tells_no_better_story_than_the_answer() -> None:
    trace = (
        TracePoint(0.1, 20, 3),
        TracePoint(0.2, 5, 9),
        TracePoint(0.15, 18, math.nan),
        TracePoint(0.3, 19, 2),
        TracePoint(math.nan, 17, 6),
        TracePoint(0.4, 17, 6),
    )
    result = verify(claim("feasible", solution=SLOW, bound=6, trace=trace), SHOP)
    assert result.trace == (
        TracePoint(0.1, 20, 3),
        TracePoint(0.2, 20, 3),
        TracePoint(0.2, 18, 3),
        TracePoint(0.3, 18, 3),
        TracePoint(0.4, 17, 6),
    )
    refused = verify(claim("feasible", solution=BROKEN, bound=99, trace=trace), SHOP)
    assert {(point.objective, point.bound) for point in refused.trace} == {(None, None)}


@pytest.mark.parametrize("wall_s", [math.nan, math.inf, -1.0])
def test_a_time_that_is_no_number_is_not_passed_on(wall_s: float) -> None:
    assert verify(claim("feasible", solution=BEST, wall_s=wall_s), SHOP).wall_s == 0.0


def test_evidence_that_no_json_can_carry_is_dropped() -> None:
    evidence = {"row_dual": np.array([np.nan, 0.0]), "note": "kept"}
    assert verify(claim("feasible", evidence=evidence), LP).evidence == {"note": "kept"}
    assert verify(claim("feasible", evidence={"farkas": np.array([np.inf])}), LP).evidence is None


@pytest.mark.parametrize("sense", list(Sense))
def test_either_sense_is_judged_alike(sense: Sense) -> None:
    parsed = program(sense=sense, integer=True)
    sign = sense.sign
    good = claim("feasible", solution=CORNER, bound=5.5 - sign)
    assert verify(good, parsed).bound == 5.5 - sign
    bad = replace(good, bound=5.5 + sign)
    assert verify(bad, parsed).bound is None


NUMBERS = st.none() | st.integers(-5, 40) | st.floats() | st.fractions(0, 40)


@settings(max_examples=200, deadline=None)
@given(
    reason=st.sampled_from(list(Reason)),
    limit=st.none() | st.sampled_from(list(Limit)),
    start=st.none() | st.lists(st.integers(-1, 8), min_size=4, max_size=4),
    pool=st.lists(st.lists(st.integers(0, 8), min_size=4, max_size=4), max_size=3),
    objective=NUMBERS,
    bound=NUMBERS,
    gap=st.sampled_from([0.0, 1e-6, 0.2]),
)
def test_whatever_is_claimed_what_comes_out_is_consistent(
    reason: Reason, limit: Limit | None, start: Any, pool: Any, objective: Any, bound: Any, gap: Any
) -> None:
    arrays = [np.array(member, np.int64) for member in pool]
    solution = None if start is None else np.array(start, np.int64)
    given_ = Result(
        termination=Termination(reason, limit),
        solution=solution,
        objective=objective,
        bound=bound,
        pool=tuple(arrays),
    )
    result = verify(given_, SHOP, gap)
    judged = result.termination.reason
    if result.solution is None:
        assert judged in (Reason.NO_SOLUTION, Reason.INFEASIBLE, Reason.UNBOUNDED)
        assert result.objective is None
        assert not result.verified
    else:
        assert SHOP.problem.violations(SHOP.instance, result.solution) == []
        assert result.objective == SHOP.problem.objective(SHOP.instance, result.solution)
        assert result.verified
        assert judged is not Reason.INFEASIBLE
        closed = relative_gap(result.objective, result.bound)
        if judged is not Reason.UNBOUNDED:
            assert (judged is Reason.OPTIMAL) == (closed is not None and closed <= gap)
        assert result.bound is None or result.bound <= result.objective
    assert (result.bound_check is None) == (
        result.bound is None and judged not in (Reason.INFEASIBLE, Reason.UNBOUNDED)
    )
    again = verify(result, SHOP, gap)
    assert again.termination == result.termination
    assert (again.objective, again.bound, again.bound_check) == (
        result.objective,
        result.bound,
        result.bound_check,
    )
