"""Programs like those that solvers of quadratic and linear programs were reported to get wrong.

Each shows the situation of a report in a few columns, typed from its mathematics; every
solver of the family faces all of them.  After the judge a claim must be true, whoever makes
it; the interior point solvers must also find the answer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from quadratic_programs import quadratic

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.core.result import Reason
from solverhub.local import solve_parsed
from solverhub.problems.qp import Qp

INFEASIBLE, UNBOUNDED = "infeasible", "unbounded"
DECISIVE = ("auto", "interior-point", "clarabel", "admm")


@dataclass(frozen=True)
class Case:
    name: str
    program: Any
    truth: float | str


def _support_vectors():
    """An l1 support vector machine as a linear program: y_i (w x_i + b) >= 1 - s_i."""
    points, labels = [0.0, 1.0, 3.0, 4.0], [-1, -1, 1, 1]
    # Columns w+, w-, b, s0..s3.
    rows = [
        [label * at, -label * at, label, *np.eye(4)[i]]
        for i, (at, label) in enumerate(zip(points, labels, strict=True))
    ]
    positive = [np.eye(7)[j] for j in (0, 1, 3, 4, 5, 6)]
    return quadratic(
        0, [1, 1, 0, 10, 10, 10, 10], [*rows, *positive], [(1, None)] * 4 + [(0, None)] * 6
    )


CASES = [
    Case(
        "OSQP #273: a far equation that a loose step seems to meet",
        quadratic([[1e-4, 0], [0, 1]], [0, 0], [[1, 0], [1, 1]], [(1e4, 1e4), (0, 1)]),
        0.5e-4 * 1e8 + 0.5 * 9999**2,
    ),
    Case(
        "OSQP #346: feasible on a thin set, called primal infeasible",
        quadratic(np.eye(2), [0, 0], [[1, 1], [1, 1 + 1e-4]], [(1, 1), (1, 1 + 1e-4)]),
        0.25,
    ),
    Case(
        "OSQP #228, #381, #398: rows of sizes 1e-3 and 1e4 stall the primal residual",
        quadratic(
            [[2, 0], [0, 2e-3]],
            [-2, 0],
            [[1e4, -1e4], [1e-3, 1e-3]],
            [(0, 0), (2e-3, None)],
        ),
        1 + 1e-3 - 2,
    ),
    Case(
        "OSQP #144: infeasible by three rows together",
        quadratic(np.eye(2), [1, 1], [[1, 0], [0, 1], [1, 1]], [(1, None), (1, None), (None, 1)]),
        INFEASIBLE,
    ),
    Case("CVXPY #871: an l1 support vector machine", _support_vectors(), 1.0),
    Case(
        "SCS #80, #171: an optimum at a vertex, with costs of different sizes",
        quadratic(
            0,
            [-1e4, -1, 0],
            [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [(10, 10), (0, 4), (0, 5), (0, None)],
        ),
        -40_005.0,
    ),
    Case(
        "OR-Tools #4874: feasible with coefficients scaled apart",
        quadratic(
            0,
            [1, 1],
            [[1e-3, 1e3], [1e3, 1e-3], [1, 0], [0, 1]],
            [(1e3 + 1e-3, None), (1e3 + 1e-3, None), (0, None), (0, None)],
        ),
        2.0,
    ),
    Case(
        "HiGHS #2317: optimal without meaning where costs and sides are large",
        quadratic(0, [1e8, 1e8], [[1, 1], [1, -1]], [(1e7, None), (-5, 5)]),
        1e15,
    ),
    Case(
        "cuOpt #1115: three columns, infeasible by parity of two equations",
        quadratic(
            0,
            [1, 1, 1],
            [[1, 1, 0], [0, 1, 1], [1, 2, 1], [1, 0, 0]],
            [(1, 1), (1, 1), (3, 3), (0, None)],
        ),
        INFEASIBLE,
    ),
    Case(
        "cuOpt #1806: sides of 1e20 are no sides",
        quadratic(0, [1, 0], [[1, 1], [1, 0], [0, 1]], [(3, 1e20), (-1e20, 1e20), (-1e20, 5)]),
        -2.0,
    ),
    Case(
        "cuOpt #1046: an optimum of zero with entries of 1e5",
        quadratic(0, [1e5, -1e5], [[1, -1], [1, 0], [0, 1]], [(0, None), (0, 1e5), (0, 1e5)]),
        0.0,
    ),
    Case(
        "cuOpt #112: unbounded, linear",
        quadratic(0, [-1, 0], [[1, -1], [0, 1]], [(None, 3), (0, None)]),
        UNBOUNDED,
    ),
    Case(
        "unbounded along the kernel of P",
        quadratic([[1, -1], [-1, 1]], [-1, -1], [[1, -1]], [(-4, 4)]),
        UNBOUNDED,
    ),
    Case(
        "unbounded if it were feasible",
        quadratic(0, [-1, 0], [[0, 1], [0, 2]], [(1, 1), (1, 1)]),
        INFEASIBLE,
    ),
    Case("cuOpt #103: no rows at all", quadratic([[2, 0], [0, 4]], [-2, -4], [], []), -3.0),
    Case("no rows and nothing to curve", quadratic(0, [-1, 0], [], []), UNBOUNDED),
    Case(
        "cuOpt #1021: an equation twice, called infeasible",
        quadratic(
            np.eye(3),
            [0, 0, 0],
            [[1, 1, 1], [2, 2, 2], [1, 1, 1]],
            [(3, 3), (6, 6), (3, 3)],
        ),
        1.5,
    ),
    Case(
        "cuOpt #1045: fixed columns and an empty row",
        quadratic(
            np.eye(2),
            [1, 1],
            [[1, 0], [1, 0], [0, 0], [1, 1]],
            [(2, 2), (2, None), (-1, 1), (None, 0)],
        ),
        2 + 2 + 2 - 2,
    ),
    Case("a row of zeros that asks for one", quadratic([[1]], [0], [[0]], [(1, None)]), INFEASIBLE),
    Case("crossed sides", quadratic([[1]], [0], [[1]], [(2, 1)]), INFEASIBLE),
    Case(
        "crossed sides of a general row",
        quadratic(np.eye(2), [0, 0], [[1, 1]], [(2, 1)]),
        INFEASIBLE,
    ),
]

SOLVERS = ["auto", *(name for name in catalog.available("qp") if name != "binary-admm")]
"""All but the one for integer columns, of which the cases have none."""


def judged(program, solver, **params):
    parsed = Parsed(Qp(), program)
    return solve_parsed(parsed, solver, Budget.start(10, threads=1), params=params)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_claim_is_true(case, solver):
    result = judged(case.program, solver)
    reason = result.termination.reason
    if result.solution is not None:
        assert not Qp().violations(case.program, result.solution)
        assert case.truth != INFEASIBLE
    if reason is Reason.OPTIMAL:
        assert result.objective == pytest.approx(case.truth, rel=3e-6, abs=3e-6)
    if reason is Reason.INFEASIBLE:
        assert case.truth == INFEASIBLE
    if reason is Reason.UNBOUNDED:
        assert case.truth == UNBOUNDED
    if result.bound is not None and not isinstance(case.truth, str):
        assert result.bound <= case.truth + 3e-6 * max(1, abs(case.truth))
    if solver in DECISIVE:
        assert reason in (Reason.OPTIMAL, Reason.INFEASIBLE, Reason.UNBOUNDED)
