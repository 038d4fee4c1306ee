"""The LP relaxation of an integer program, as the contrastive policy is taught with it.

By the method that gives a search its relaxation, `search.ilp_multipliers`, so that the policy
meets in use what it was taught with.
"""

from __future__ import annotations

from solverhub.learned.contrastive_features import Relaxation
from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_multipliers import USEFUL, Multipliers

STEPS = 10_000


def relax(program: IntegerProgram) -> Relaxation | None:
    """A relaxation near its optimum, or None where the method is not there in `STEPS`."""
    method = Multipliers(IlpForm.of(program))
    while method.error > USEFUL / 10 and method.steps < STEPS:
        method.run()
    if method.error > USEFUL:
        return None
    reduced = program.c - program.sense.sign * (program.A.T @ method.row_dual)
    return Relaxation(method.values, reduced)
