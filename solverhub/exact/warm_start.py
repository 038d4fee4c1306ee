"""The first incumbent of an exact solver: the caller's warm start, or one made quickly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder


def begin(
    problem: Problem,
    instance: Any,
    recorder: Recorder,
    warm_start: np.ndarray | None,
    make: Callable[[], np.ndarray | None] = lambda: None,
) -> np.ndarray | None:
    """Record the warm start if it is feasible, else what `make` gives within the budget.

    Returns the incumbent; without one the infeasible warm start, which may still guide a
    search.  Raises `InvalidSolution` for a warm start of the wrong dtype or shape.
    """
    if warm_start is not None:
        _require_form(problem, instance, warm_start)
        _record(problem, instance, recorder, warm_start)
    if recorder.solution is None and recorder.limit() is None:
        made = make()
        if made is not None:
            _record(problem, instance, recorder, made)
    return warm_start if recorder.solution is None else recorder.solution


def _require_form(problem: Problem, instance: Any, solution: np.ndarray) -> None:
    dtype, shape = problem.solution_form(instance)
    if not isinstance(solution, np.ndarray) or (solution.dtype, solution.shape) != (dtype, shape):
        found = f"{getattr(solution, 'dtype', type(solution).__name__)} {np.shape(solution)}"
        raise InvalidSolution(f"the warm start is {found}", remedy=f"give {dtype} {shape}")


def _record(problem: Problem, instance: Any, recorder: Recorder, solution: np.ndarray) -> None:
    if not problem.violations(instance, solution):
        recorder.incumbent(problem.objective(instance, solution), solution)
