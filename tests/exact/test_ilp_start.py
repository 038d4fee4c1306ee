from dataclasses import replace

import numpy as np
import pytest
from brute_force import random_program

from solverhub.exact.ilp_start import ilp_start
from solverhub.problems import families
from solverhub.problems.generators import generate

PROBLEM = families.get("ilp")
UNLOCKED = ("vertex-cover", "independent-set", "auction", "set-cover")
"""Generated families that are feasible at a bound of every column, unlike those of equations."""


@pytest.mark.parametrize("name", UNLOCKED)
def test_generated_families_have_a_start_better_than_a_bound(name):
    program = generate(name, 0).instance
    point = ilp_start(PROBLEM, program)
    assert PROBLEM.violations(program, point) == []
    sign = program.sense.sign
    sides = [
        sign * PROBLEM.objective(program, side)
        for side in (program.lower, program.upper)
        if not PROBLEM.violations(program, side)
    ]
    assert sign * PROBLEM.objective(program, point) < min(sides)


def test_starts_are_feasible():
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(60):
        program = random_program(rng, n=5, m=3)
        point = ilp_start(PROBLEM, program)
        if point is None:
            continue
        found += 1
        assert PROBLEM.violations(program, point) == []
    assert found


def test_no_start_without_bounds_or_integrality():
    program = random_program(np.random.default_rng(1))
    assert ilp_start(PROBLEM, replace(program, upper=np.full(4, np.inf))) is None
    assert ilp_start(PROBLEM, replace(program, integer=np.zeros(4, bool))) is None
