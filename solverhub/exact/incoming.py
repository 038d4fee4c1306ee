"""Take in what others found, as far as it holds."""

from __future__ import annotations

from typing import Any

from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder


def adopt(problem: Problem, instance: Any, recorder: Recorder, event: Event) -> bool:
    """Record an incumbent or bound of others; True for a feasible incumbent that improved."""
    if event.kind is EventKind.BOUND and event.bound is not None:
        recorder.bound(event.bound)
    if event.kind is not EventKind.INCUMBENT or event.solution is None:
        return False
    objective = problem.objective(instance, event.solution)
    known = recorder.objective
    if known is not None and not recorder.sense.better(objective, known):
        return False
    if problem.violations(instance, event.solution):
        return False
    return recorder.incumbent(objective, event.solution)
