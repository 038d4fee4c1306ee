"""From an engine's floating-point answer to a point that the judge accepts, where one is near."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solverhub.core.problem import Problem
from solverhub.problems.integer_program import IntegerProgram


def settle(problem: Problem, program: IntegerProgram, values: np.ndarray) -> np.ndarray | None:
    """The values with bounds and integrality exactly met, or None if a row then breaks.

    Engines return 0.9999999 for 1 and -1e-9 for 0; left alone these add up in large rows.
    """
    if not np.isfinite(values).all():
        return None
    point = pin(program, values)
    return None if problem.violations(program, point) else point


def pin(program: IntegerProgram, values: np.ndarray) -> np.ndarray:
    """The values within their bounds, integer columns at the nearest integers."""
    lower = np.where(program.integer, np.ceil(program.lower), program.lower)
    upper = np.where(program.integer, np.floor(program.upper), program.upper)
    near = np.where(program.integer, np.rint(values), values)
    return np.clip(near, lower, upper) + 0.0


def with_integers_fixed(program: IntegerProgram, values: np.ndarray) -> IntegerProgram:
    """The LP left when the integer columns stay at the nearest integers."""
    fixed = pin(program, values)
    return replace(
        program,
        lower=np.where(program.integer, fixed, program.lower),
        upper=np.where(program.integer, fixed, program.upper),
        integer=np.zeros(program.n, dtype=bool),
    )


def relaxed(program: IntegerProgram) -> IntegerProgram:
    """The LP relaxation."""
    return replace(program, integer=np.zeros(program.n, dtype=bool))


def without_costs(program: IntegerProgram) -> IntegerProgram:
    """The question whether any feasible point exists."""
    return replace(program, c=np.zeros(program.n), offset=0.0)
