"""Programs like those that HiGHS, CBC, SCIP or PuLP were reported to call by a wrong name.

Each is typed from the mathematics of a report or made to show the same behaviour; every
solver of the family faces all of them.  After the judge a claim must be true, whoever makes
it; solvers that can represent the program must also find the answer.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from ilp_contract import market_split, solve
from mixed_programs import program

from solverhub import catalog
from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Guarantee, Limit, Reason
from solverhub.problems.ilp import Ilp

DECISIVE = ("highs", "cbc", "scip")
INFEASIBLE, UNBOUNDED = "infeasible", "unbounded"


@dataclass(frozen=True)
class Case:
    name: str
    program: Any
    truth: float | str


CASES = [
    Case(
        "HiGHS #3043: a continuous and an integer column share a row",
        program([2, 3], [[1, 1]], [(4.5, None)], [(0, 10)] * 2, [0, 1]),
        9,
    ),
    Case(
        "HiGHS #3073: distance to a target, three columns",
        program(
            [100, 0.01, 0],
            [[1, 0, 1], [0, -1, 1], [0, -1, -1], [0, 0, 1], [0, 0, -1]],
            [(3, 3), (None, 0), (None, 0), (None, 3), (None, -0.45)],
            [(0, None), (None, None), (0, None)],
            [0, 0, 1],
        ),
        0.03,
    ),
    Case(
        "HiGHS #3094: two big-M links and a packing row",
        program(
            [0, 0, 0, 0, 10, 8],
            [
                [-1000, 0, 1, 0, 0, 0],
                [0, -1000, 0, 1, 0, 0],
                [0, 0, 1, 0, 1, 0],
                [0, 0, 0, 1, 0, 1],
                [1, 1, 0, 0, 0, 0],
            ],
            [(None, 0), (None, 0), (1000, 1000), (1000, 1000), (None, 1)],
            [(0, 1), (0, 1), (0, 1000), (0, 1000), (0, 1000), (0, 1000)],
            [1, 1, 0, 0, 0, 0],
        ),
        8000,
    ),
    Case(
        "HiGHS #3002: an example of PuLP's own tests",
        program(
            [1, 4, 9],
            [[1, 1, 0], [1, 0, 1], [0, -1, 1]],
            [(None, 5), (10, None), (7.5, 7.5)],
            [(0, 4), (-1, 1), (0, None)],
            [0, 0, 1],
        ),
        64,
    ),
    Case(
        "HiGHS #3050: an epigraph over an integer column",
        program([-100, 0.01], [[1, -1]], [(None, 0)], [(1, 3), (1, 3)], [1, 0]),
        -299.97,
    ),
    Case(
        "HiGHS #2957, #2995: two binaries with capacities and penalties",
        program(
            [10, 12, 100, 100, 1, 1],
            [[40, 0, 1, 0, -1, 0], [0, 60, 0, 1, 0, -1]],
            [(30, 30), (30, 30)],
            [(0, 1), (0, 1), (0, None), (0, None), (0, None), (0, None)],
            [1, 1, 0, 0, 0, 0],
        ),
        20 + 42,
    ),
    Case(
        "HiGHS #2409: an integer column above a free one and its negative",
        program(
            [-1, 1],
            [[-1, 1], [1, 1]],
            [(0.1, None), (0.1, None)],
            [(None, None), (None, None)],
            [0, 1],
        ),
        0.1,
    ),
    Case(
        "HiGHS #3034: a big-M row missed by two millionths of its size",
        program(
            [0, 0, 0, 1],
            [[1, -1, 0, 0], [1, -1, 99_807_000, 0]],
            [(193_200, 193_200), (None, 100_000_000)],
            [(0, 1e8), (0, 1e8), (1, 1), (0, 5)],
            [0, 0, 0, 1],
        ),
        INFEASIBLE,
    ),
    Case(
        "HiGHS #902: infeasible by parity",
        program([1, 1], [[2, 4]], [(7, 7)], [(0, 50)] * 2, [1, 1]),
        INFEASIBLE,
    ),
    Case(
        "Cbc #740: feasible, called infeasible by preprocessing",
        program(
            [1, 0],
            [[41, 49], [22, -64], [0, 83]],
            [(None, -508), (None, -943), (506, None)],
            [(-200, 200)] * 2,
            [0, 1],
        ),
        -200,
    ),
    Case(
        "Cbc #737: one row, called infeasible by preprocessing",
        program([1, -1], [[-0.02, 88.5]], [(None, -1139)], [(-200, 200)] * 2, [0, 1]),
        -187,
    ),
    Case(
        "Cbc: ranged rows lose the optimum in preprocessing",
        program(
            [8, 5, 0, 1, -3],
            [[0, 0, 5.5, -4.5, -2.75], [2, -4.5, 0, -4, 0]],
            [(-4.5, None), (-3.5, -1.5)],
            [(0, 2), (-2, 1), (0, 3), (0, 1), (-2, 0)],
            [1] * 5,
        ),
        9,
    ),
    Case(
        "PySCIPOpt #352: two equations against a packing row",
        program(
            [1, 1], [[1, 1], [0, 1], [1, 0]], [(None, 1), (1, 1), (1, 1)], [(0, 1)] * 2, [1, 1]
        ),
        INFEASIBLE,
    ),
    Case(
        "PySCIPOpt #1016: an equation outside the bounds",
        program([0, 0], [[-1, 0], [0, -1]], [(None, -8.2), (5, 5)], [(0, 11.7), (0, None)], [0, 0]),
        INFEASIBLE,
    ),
    Case(
        "unbounded if it were feasible",
        program([-3, 0], [[1, 0], [0, 2]], [(0, None), (1, 1)], [(0, None), (0, 10)], [1, 1]),
        INFEASIBLE,
    ),
    Case(
        "unbounded, integer",
        program([-3, 2], [[1, -1]], [(0, None)], [(0, None), (0, 10)], [1, 1]),
        UNBOUNDED,
    ),
    Case(
        "unbounded, linear",
        program([-3, 2], [[1, -1]], [(0, None)], [(0, None), (0, 10)], [0, 0]),
        UNBOUNDED,
    ),
    Case(
        "an optimum of zero with large cancelling terms",
        program([1e6, -1e6], [[1, -1]], [(0, None)], [(0, 1e6)] * 2, [1, 1]),
        0,
    ),
    Case(
        "a tiny objective",
        program([1e-7, 2e-7], [[1, 1]], [(3, None)], [(0, 2)] * 2, [1, 1]),
        4e-7,
    ),
]

SOLVERS = catalog.available("ilp")
LINEAR_ONLY = ("highs-interior-point", "pdlp")
INTEGER_SOLVERS = [
    name for name in SOLVERS if name not in LINEAR_ONLY and name != "structure-search"
]
"""Solvers of any integer program; `structure-search` takes graphs and set covers alone."""


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_claim_is_true(case, solver):
    try:
        result = solve(catalog.solver("ilp", solver), case.program, time_s=10)
    except InvalidInstance:
        assert solver not in DECISIVE
        pytest.skip("the solver says that it cannot represent the program")
    reason = result.termination.reason
    if result.solution is not None:
        assert not Ilp().violations(case.program, result.solution)
        assert case.truth != INFEASIBLE
    if reason is Reason.OPTIMAL:
        assert result.objective == pytest.approx(case.truth, rel=1e-6, abs=1e-9)
    if reason is Reason.INFEASIBLE:
        assert case.truth == INFEASIBLE
    if reason is Reason.UNBOUNDED:
        assert case.truth == UNBOUNDED
    if result.bound is not None and not isinstance(case.truth, str):
        slack = 1e-6 * max(1e-3, abs(case.truth))
        assert case.program.sense.sign * (result.bound - case.truth) <= slack
    if solver in DECISIVE:
        assert reason not in (Reason.FEASIBLE, Reason.NO_SOLUTION)


@pytest.mark.parametrize("solver", INTEGER_SOLVERS)
def test_a_time_limit_is_neither_a_proof_nor_lost(solver):
    """PuLP #649, #711, #876: "optimal" at the limit, with or without a solution; #615: lost."""
    some = solve(catalog.solver("ilp", solver), market_split(slack=1), time_s=1.0)
    assert some.termination.reason is Reason.FEASIBLE
    assert some.termination.limit is Limit.TIME
    nothing = solve(catalog.solver("ilp", solver), market_split(), time_s=1.0)
    assert nothing.termination.reason is Reason.NO_SOLUTION
    assert nothing.termination.limit is Limit.TIME


@pytest.mark.parametrize("solver", INTEGER_SOLVERS)
def test_the_limit_holds_where_the_tree_is_endless(solver):
    """HiGHS #2226 (and #1501): free integer columns that no branching can decide."""
    endless = program(
        [0, 0, 0], [[6, 10, -15], [2, 4, 8]], [(1, 1), (21, 21)], [(None, None)] * 3, [1, 1, 1]
    )
    start = time.monotonic()
    result = solve(catalog.solver("ilp", solver), endless, time_s=1.0)
    assert time.monotonic() - start < 10
    assert result.termination.reason in (Reason.INFEASIBLE, Reason.NO_SOLUTION)


@pytest.mark.parametrize("solver", INTEGER_SOLVERS)
def test_an_infeasible_start_does_not_make_it_feasible(solver):
    """HiGHS #902, Cbc #449."""
    odd = program([1, 1], [[2, 4]], [(7, 7)], [(0, 50)] * 2, [1, 1])
    found = catalog.solver("ilp", solver)
    result = solve(found, odd, warm_start=np.array([1.0, 1.0]))
    proves = found.guarantee is Guarantee.EXACT
    no = {Reason.INFEASIBLE} if proves else {Reason.INFEASIBLE, Reason.NO_SOLUTION}
    assert result.termination.reason in no
