import itertools

import numpy as np
import pytest
from quadratic_programs import quadratic
from scipy.sparse import csc_array

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.problem import Parsed
from solverhub.core.result import Limit, Reason
from solverhub.local import solve_parsed
from solverhub.problems.qp import Qp
from solverhub.problems.quadratic_program import QuadraticProgram

pytest.importorskip("pyscipopt", reason="needs the extra scip")


def judged(program, solver="auto", *, warm_start=None, time_s=20, **params):
    budget = Budget.start(time_s, threads=1)
    parsed = Parsed(Qp(), program)
    return solve_parsed(parsed, solver, budget, params=params, warm_start=warm_start)


def mixed(seed, n=4):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, 3))
    P = root @ root.T
    return QuadraticProgram(
        P=csc_array((P + P.T) / 2),
        q=3 * rng.normal(size=n),
        A=csc_array(np.vstack([rng.normal(size=(2, n)), np.eye(n)])),
        l=np.full(2 + n, -2.0),
        u=np.full(2 + n, 2.0),
        integer=np.array([True, True, seed % 2 == 0, seed % 3 == 0]),
    )


def enumerated(program):
    """The optimum over all values of the integer columns, each a continuous program."""
    whole, best = np.flatnonzero(program.integer), np.inf
    for values in itertools.product(range(-2, 3), repeat=len(whole)):
        low, high = program.l.copy(), program.u.copy()
        low[2 + whole] = high[2 + whole] = values
        fixed = QuadraticProgram(P=program.P, q=program.q, A=program.A, l=low, u=high)
        found = judged(fixed, "clarabel").objective
        best = best if found is None else min(best, float(found))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_mixed_programs_against_enumeration(seed):
    program = mixed(seed)
    result = judged(program)
    assert result.solver == "scip"
    assert result.termination.reason is Reason.OPTIMAL
    assert result.verified
    assert float(result.objective) == pytest.approx(enumerated(program), rel=1e-6, abs=1e-6)


def test_an_integer_objective_is_exact():
    program = quadratic([[2, 0], [0, 2]], [-3, -5], [[1, 1]], [(None, 3)], integer=[1, 1])
    result = judged(program)
    assert result.objective == -8
    assert result.termination.reason is Reason.OPTIMAL


def test_infeasible_by_the_relaxation_and_by_integrality():
    for sides in ([(3, None), (None, 2)], [(0.2, 0.8), (None, 2)]):
        result = judged(quadratic([[1]], [0], [[1], [1]], sides, integer=[1]))
        assert result.termination.reason is Reason.INFEASIBLE


def test_a_warm_start_counts():
    program = mixed(0)
    known = judged(program)
    again = judged(program, warm_start=known.solution, time_s=5)
    assert float(again.objective) <= float(known.objective) + 1e-9


def test_no_time_is_an_answer():
    result = judged(mixed(0), time_s=0)
    assert result.termination.limit is Limit.TIME


def test_native_parameters_are_checked():
    with pytest.raises(InvalidParams):
        judged(mixed(0), "scip", native={"no/such/parameter": 1})
