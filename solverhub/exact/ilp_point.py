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


def recession(program: IntegerProgram) -> IntegerProgram:
    """The directions in which one can go on for ever from any point, within [-1, 1] each.

    If one of them improves the objective, and there is a point, an LP is unbounded; so is an
    integer program with rational data (Meyer 1974, doi 10.1007/BF01585506).
    """
    return replace(
        relaxed(program),
        offset=0.0,
        lower=_end(program.lower, -1.0),
        upper=_end(program.upper, 1.0),
        row_lower=_end(program.row_lower, -np.inf),
        row_upper=_end(program.row_upper, np.inf),
    )


def _end(limit: np.ndarray, where_infinite: float) -> np.ndarray:
    return np.where(np.isfinite(limit), 0.0, where_infinite)


def improves(program: IntegerProgram, direction: np.ndarray) -> bool:
    """True if the objective gets better along the direction, beyond rounding."""
    gain = -program.sense.sign * float(program.c @ direction)
    return gain > 1e-6 * float(np.abs(program.c).max(initial=0.0))


def may_be_unbounded(program: IntegerProgram) -> bool:
    """False if the bounds of the columns alone bound the objective."""
    costs = program.sense.sign * program.c
    open_below = (costs > 0) & ~np.isfinite(program.lower)
    open_above = (costs < 0) & ~np.isfinite(program.upper)
    return bool((open_below | open_above).any())
