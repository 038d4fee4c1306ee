"""Exit statuses: of a result, and of an error that ended a command."""

from __future__ import annotations

from solverhub.core.errors import (
    InputError,
    MissingDependency,
    SolverhubError,
    Unauthorised,
)
from solverhub.core.result import Reason, Result

ANSWERED, NOTHING_FOUND, BAD_INPUT, FAILED = 0, 1, 2, 3


def status_of_result(result: Result) -> int:
    """0 for a verified solution or a verdict on the instance, 3 for a refused answer, else 1."""
    if result.solution is not None and result.verified:
        return ANSWERED
    if result.termination.reason in (Reason.INFEASIBLE, Reason.UNBOUNDED):
        return ANSWERED
    return FAILED if result.verified is False else NOTHING_FOUND


def status_of_error(error: Exception) -> int | None:
    """The status for an error that has a message for people, None for a defect of ours."""
    if isinstance(error, InputError | MissingDependency | Unauthorised | OSError):
        return BAD_INPUT
    if isinstance(error, SolverhubError | MemoryError | TimeoutError):
        return FAILED
    return None
