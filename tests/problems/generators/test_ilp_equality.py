"""Programs full of equations: small ones are solved, equal seeds give equal programs."""

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.problems import families
from solverhub.problems.generators import generate

SIZES = {
    "generalised-assignment": {"agents": 3, "tasks": 8},
    "time-indexed-schedule": {"jobs": 5, "machines": 2},
    "lot-sizing": {"items": 2, "periods": 4},
}


@pytest.mark.parametrize("name", SIZES)
def test_every_program_has_a_solution(name):
    problem, solver = families.get("ilp"), catalog.solver("ilp", "highs")
    for seed in range(3):
        program = generate(name, seed, **SIZES[name]).instance
        budget = Budget.start(20, threads=1)
        result = solver.solve(program, budget, params=solver.Params(), seed=0)
        assert not problem.violations(program, result.solution)


@pytest.mark.parametrize("name", SIZES)
def test_equal_seeds_give_equal_programs(name):
    problem = families.get("ilp")
    first, second, third = (
        problem.digest(generate(name, seed, **SIZES[name]).instance) for seed in (4, 4, 5)
    )
    assert first == second != third


def test_general_integers_and_equations_are_there():
    program = generate("lot-sizing", 1).instance
    assert program.integer.all()
    assert (program.upper > 1).sum() > program.n / 2
    assert ((program.row_lower == program.row_upper).sum()) == 12 * 24
    program = generate("generalised-assignment", 1).instance
    assert np.isclose(program.row_lower, program.row_upper).sum() == 200


@pytest.mark.parametrize("name", SIZES)
def test_sizes_of_nothing_are_refused(name):
    first = next(iter(SIZES[name]))
    with pytest.raises(InvalidParams):
        generate(name, 1, **{first: 0})
    with pytest.raises(InvalidParams):
        generate(name, 1, **{first: 10**9})
