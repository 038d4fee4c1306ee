"""Solvers of linear programs alone: PDLP and the interior point method of HiGHS."""

from dataclasses import replace

import numpy as np
import pytest
from ilp_contract import solve
from mixed_programs import program

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Reason
from solverhub.local import solve_parsed
from solverhub.problems.generators import generate
from solverhub.problems.ilp import Ilp
from solverhub.routing.route import route

LINEAR = ("pdlp", "highs-interior-point")


def relaxation(name, **sizes):
    parsed = generate(name, 0, problem="ilp", **sizes)
    return replace(parsed.instance, integer=np.zeros(parsed.instance.n, bool))


@pytest.mark.parametrize("solver", LINEAR)
@pytest.mark.parametrize("rows", [20, 150])
def test_they_agree_with_the_simplex_method(solver, rows):
    instance = relaxation("set-cover", rows=rows, columns=2 * rows, density=0.2)
    result = solve(catalog.solver("ilp", solver), instance, time_s=30)
    exact = solve(catalog.solver("ilp", "highs"), instance, time_s=30)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.objective == pytest.approx(exact.objective, rel=1e-6)


@pytest.mark.parametrize("solver", LINEAR)
def test_integer_columns_are_refused(solver):
    whole = program([1], [[1]], [(0, None)], [(0, 1)], [1])
    with pytest.raises(InvalidInstance, match="integer"):
        solve(catalog.solver("ilp", solver), whole)


@pytest.mark.parametrize("solver", LINEAR)
def test_infeasible_programs_are_not_solved(solver):
    none = program([1, 1], [[1, 1], [1, 1]], [(3, None), (None, 2)], [(0, None)] * 2, [0, 0])
    result = solve(catalog.solver("ilp", solver), none)
    assert result.termination.reason in (Reason.INFEASIBLE, Reason.NO_SOLUTION)
    if solver == "pdlp" and result.termination.reason is Reason.INFEASIBLE:
        assert result.bound_check is BoundCheck.CERTIFICATE


def test_pdlp_refuses_a_tolerance_of_nothing():
    with pytest.raises(InvalidParams):
        catalog.solver("ilp", "pdlp").Params.from_mapping({"eps": 0})


def test_auto_races_linear_programs_by_size():
    def names(instance, threads=2):
        return route(Parsed(Ilp(), instance), Budget.start(10, threads=threads)).name

    small = relaxation("set-cover", rows=10, columns=20, density=0.2)
    middle = relaxation("set-cover", rows=200, columns=600, density=0.1)
    assert names(small) == "highs"
    assert names(middle) == "highs+highs-interior-point"
    assert names(middle, threads=1) == "highs"


def test_a_race_of_linear_solvers_is_won():
    instance = relaxation("set-cover", rows=200, columns=600, density=0.1)
    result = solve_parsed(Parsed(Ilp(), instance), "auto", Budget.start(30, threads=2))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED
