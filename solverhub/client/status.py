"""A job as the server told it: what lists show and what waiting looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from solverhub import wire
from solverhub.core.errors import SolverhubError
from solverhub.core.problem import Parsed
from solverhub.core.result import Number, Result

TERMINAL_STATES = frozenset({"finished", "cancelled", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """One job as it stood; times are seconds since the epoch.

    `state` is queued, running, finished, cancelled or failed; `result` is the JSON form of
    the answer where the request waited for it, `error` that of what the job failed with.
    """

    id: str
    state: str
    problem: str
    solver: str
    name: str
    instance_digest: str
    submitted: float
    started: float | None = None
    finished: float | None = None
    attempt: int = 0
    objective: Number | None = None
    bound: Number | None = None
    verified: bool | None = None
    termination: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    cached: bool = False
    cancel_requested: bool = False
    batch: str | None = None
    time_s: float = 0.0
    result: Mapping[str, Any] | None = None

    @classmethod
    def from_wire(cls, told: Mapping[str, Any]) -> Self:
        """The status of a job document; members of later versions are left out."""
        return cls(**{field.name: told[field.name] for field in fields(cls) if field.name in told})

    @property
    def terminal(self) -> bool:
        """True once nothing about the job changes any more."""
        return self.state in TERMINAL_STATES

    def answer(self, parsed: Parsed | None) -> Result:
        """The result of a terminal job that was waited for; raises what a failed one failed with.

        With `parsed` the solution is an array in internal order, else the JSON form.
        """
        if self.error is not None:
            raise wire.error_from_wire(self.error)
        if self.result is None:
            raise SolverhubError(f"job {self.id} is {self.state} and has no result")
        return wire.result_from_wire(self.result, parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """One batch as it stood: how many jobs are in each state, and their ids in order."""

    id: str
    submitted: float
    terminal: bool
    counts: Mapping[str, int]
    jobs: tuple[str, ...]

    @classmethod
    def from_wire(cls, told: Mapping[str, Any]) -> Self:
        """The status of a batch document."""
        return cls(
            id=told["id"],
            submitted=told["submitted"],
            terminal=told["terminal"],
            counts=dict(told["counts"]),
            jobs=tuple(told["jobs"]),
        )
