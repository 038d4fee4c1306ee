"""What callers hand to the service and get back: plain frozen values.

Times are seconds since the epoch (`time.time`), durations end in `_s`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from solverhub.core.problem import Manner
from solverhub.core.result import Number


class JobState(StrEnum):
    """Where a job stands; the last three are terminal and never change."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        """True once nothing about the job changes any more."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """One job as submitted: the body of `POST /v1/jobs`.

    Give either `instance` (the JSON form) or `instance_digest` (of an uploaded file).
    `problem` may be None where the input names it.  `budget` is in its JSON form
    (`wire.BUDGET_FIELDS`), `warm_start` a solution in JSON form.
    """

    problem: str | None = None
    instance: Mapping[str, Any] | None = None
    instance_digest: str | None = None
    name: str | None = None
    solver: str = "auto"
    budget: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    warm_start: Mapping[str, Any] | None = None
    use_cache: bool = True
    signs: bool = False
    symmetrise: bool = False
    priority: int = 0

    @property
    def manner(self) -> Manner:
        """How the instance is to be read."""
        return Manner(self.signs, self.symmetrise)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as it stands.

    `objective` and `bound` are the best known while it runs (claimed by the solver) and the
    judged ones once it is terminal.  `reason` and `limit` are those of its `Termination`,
    None until then; `error` is the JSON form of what failed (`wire.error_to_wire`).
    `cached` is True where no solver ran for it.
    """

    id: str
    state: JobState
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
    reason: str | None = None
    limit: str | None = None
    error: Mapping[str, Any] | None = None
    cached: bool = False
    cancel_requested: bool = False
    batch: str | None = None
    time_s: float = 0.0

    @property
    def terminal(self) -> bool:
        """True once the result, or the error, is final."""
        return self.state.terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One thing that happened to a job; `seq` counts from 1 and grows.

    `kind` is `state` (`message` is the new state), `incumbent`, `bound` or `log`.
    `wall_s` counts from the start of the solve.
    """

    seq: int
    kind: str
    wall_s: float
    objective: Number | None = None
    bound: Number | None = None
    message: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch of jobs: how many are in each state, and their ids in the order submitted."""

    id: str
    submitted: float
    counts: Mapping[JobState, int]
    job_ids: Sequence[str]

    @property
    def terminal(self) -> bool:
        """True once every job is."""
        return all(state.terminal for state, count in self.counts.items() if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    """An uploaded file: `digest` (`sha256:...` of its bytes) names it in job requests."""

    digest: str
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs, newest first; give `after` to get those that follow (None: no more)."""

    jobs: Sequence[JobView]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the service can do its work: `problems` is empty when it can."""

    ready: bool
    problems: Sequence[str] = ()
    queued: int = 0
    running: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmView:
    """One solver of a plan, with the threads it gets."""

    solver: str
    params: Mapping[str, Any]
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What would solve an instance: one solver, or several in a race, and why."""

    problem: str
    arms: Sequence[ArmView]
    why: str
