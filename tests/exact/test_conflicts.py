"""Conflicts of planted and random infeasible programs: they conflict, and no part is idle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck, Reason, Sense
from solverhub.exact.conflicts import Conflict, Part, explain
from solverhub.problems.integer_program import IntegerProgram

INF = np.inf


def program(A: list, row_lower: list, row_upper: list, **fields: object) -> IntegerProgram:
    matrix = csr_array(np.array(A, dtype=float).reshape(len(row_lower), -1))
    n = matrix.shape[1]
    parts = {
        "lower": np.zeros(n),
        "upper": np.full(n, INF),
        "integer": np.zeros(n, bool),
        "c": np.ones(n),
        "sense": Sense.MINIMISE,
        **fields,
    }
    return IntegerProgram(
        A=matrix, row_lower=np.array(row_lower), row_upper=np.array(row_upper), **parts
    )


def conflict_of(instance: IntegerProgram, time_s: float = 20.0) -> Conflict:
    found = explain(instance, Budget.start(time_s, threads=1))
    assert found.reason is Reason.INFEASIBLE
    assert found.conflict is not None
    return found.conflict


def test_two_rows_among_many() -> None:
    rng = np.random.default_rng(0)
    A = rng.integers(0, 5, (40, 30)).astype(float)
    row_lower = np.full(40, -INF)
    row_upper = A @ rng.integers(0, 3, 30) + 1.0
    A[7] = A[21] = 0
    A[7, [3, 4]] = A[21, [3, 4]] = 1
    row_upper[7], row_lower[21], row_upper[21] = 3, 4, INF
    found = conflict_of(program(A.tolist(), row_lower.tolist(), row_upper.tolist()))
    assert found.parts == (Part("row", 7), Part("row", 21))
    assert found.minimal
    assert not found.integer
    assert found.check is BoundCheck.CERTIFICATE


def test_a_row_and_bounds() -> None:
    found = conflict_of(program([[1, 1, 0]], [5], [INF], upper=np.array([2.0, 2.0, 9.0])))
    assert found.parts == (Part("row", 0), Part("upper", 0), Part("upper", 1))


def test_bounds_that_cross() -> None:
    crossed = program([[1, 1]], [-INF], [9], lower=np.array([0.0, 5.0]), upper=np.array([1.0, 3.0]))
    assert conflict_of(crossed).parts == (Part("lower", 1), Part("upper", 1))


def test_a_row_whose_sides_cross() -> None:
    assert conflict_of(program([[1, 1]], [5], [4])).parts == (Part("row", 0),)


def test_integrality_is_named_where_it_is_needed() -> None:
    even = program([[2, 2], [1, 0]], [5, -INF], [5, 4], integer=np.ones(2, bool))
    found = conflict_of(even)
    assert found.parts == (Part("row", 0),)
    assert found.integer


@pytest.mark.parametrize("integer", [False, True])
def test_a_feasible_program_has_no_conflict(integer: bool) -> None:
    found = explain(
        program([[1, 1]], [1], [4], integer=np.full(2, integer)), Budget.start(10, threads=1)
    )
    assert found.reason is Reason.FEASIBLE
    assert found.conflict is None


def test_without_time_nothing_is_claimed() -> None:
    found = explain(program([[1, 1]], [5], [4]), Budget.start(0.0, threads=1))
    assert found.reason in (Reason.NO_SOLUTION, Reason.INFEASIBLE)


def restricted(instance: IntegerProgram, parts: tuple[Part, ...]) -> IntegerProgram:
    """The program with these parts alone."""
    row = np.array([Part("row", i) in parts for i in range(instance.m)])
    lower = np.array([Part("lower", j) in parts for j in range(instance.n)])
    upper = np.array([Part("upper", j) in parts for j in range(instance.n)])
    return program(
        instance.A.toarray().tolist(),
        np.where(row, instance.row_lower, -INF).tolist(),
        np.where(row, instance.row_upper, INF).tolist(),
        lower=np.where(lower, instance.lower, -INF),
        upper=np.where(upper, instance.upper, INF),
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_part_of_a_random_conflict_is_idle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    A = rng.integers(-2, 3, (12, 4)).tolist()
    sides = rng.integers(-6, 3, 12).astype(float).tolist()
    instance = program(A, [-INF] * 12, sides, upper=np.full(4, 3.0))
    found = explain(instance, Budget.start(20, threads=1))
    if found.conflict is None:
        assert found.reason is Reason.FEASIBLE
        return
    parts = found.conflict.parts
    whole = explain(restricted(instance, parts), Budget.start(20, threads=1))
    assert whole.reason is Reason.INFEASIBLE
    for fewer in itertools.combinations(parts, len(parts) - 1):
        left = explain(restricted(instance, fewer), Budget.start(20, threads=1))
        assert left.reason in (Reason.FEASIBLE, Reason.UNBOUNDED)
