"""The JSON documents that the API answers: how views become bytes, and their OpenAPI form.

The pydantic models only describe; answers are written straight from the views, since
validating one's own output costs more than producing it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from solverhub import wire
from solverhub.core.errors import SolverhubError
from solverhub.server.errors import MEDIA_TYPE, row
from solverhub.service.views import BatchView, EventRecord, InstanceView, JobState, JobView

Reason = Literal["optimal", "feasible", "infeasible", "unbounded", "no_solution"]
Limit = Literal["time", "iterations", "target", "memory", "cancelled"]


class TerminationDocument(BaseModel):
    """Why a solve ended."""

    reason: Reason
    limit: Limit | None


class ProblemDocument(BaseModel):
    """An error (RFC 9457); file, line and column count from 1 and are there where known."""

    type: str
    title: str
    status: int
    detail: str | None = None
    remedy: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None


class ErrorDocument(BaseModel):
    """What a failed job failed with."""

    type: str
    detail: str
    remedy: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None


class ResultDocument(BaseModel):
    """A verified answer; the ids in `solution` are those of the input."""

    problem: str
    solver: str
    instance: dict[str, str] | None
    termination: TerminationDocument
    objective: float | None
    bound: float | None
    bound_check: Literal["recomputed", "certificate", "claimed"] | None
    gap: float | None
    verified: bool | None
    violations: list[dict[str, Any]]
    wall_s: float
    solution: dict[str, Any] | None
    trace: list[dict[str, Any]]
    provenance: dict[str, Any] | None
    warnings: list[str] = []


class JobDocument(BaseModel):
    """A job as it stands; times are seconds since the epoch.

    `result` is there when the request asked to wait and the job has one.
    """

    id: str
    state: JobState
    problem: str
    solver: str
    name: str
    instance_digest: str
    submitted: float
    started: float | None
    finished: float | None
    attempt: int
    objective: float | None
    bound: float | None
    verified: bool | None
    termination: TerminationDocument | None
    error: ErrorDocument | None
    cached: bool
    cancel_requested: bool
    batch: str | None
    time_s: float
    result: ResultDocument | None = None


class JobsDocument(BaseModel):
    """A page of jobs, newest first; `after` gets the next page."""

    jobs: list[JobDocument]
    after: str | None


class BatchDocument(BaseModel):
    """A batch: how many jobs are in each state, and their ids in the order submitted."""

    id: str
    submitted: float
    terminal: bool
    counts: dict[str, int]
    jobs: list[str]


class InstanceDocument(BaseModel):
    """An uploaded file; `digest` names it in requests."""

    digest: str
    name: str
    size_bytes: int


PROBLEM_CONTENT = {
    MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}},
}


def job_document(view: JobView) -> dict[str, Any]:
    """The JSON form of a job."""
    termination = None if view.reason is None else {"reason": view.reason, "limit": view.limit}
    return {
        "id": view.id,
        "state": view.state.value,
        "problem": view.problem,
        "solver": view.solver,
        "name": view.name,
        "instance_digest": view.instance_digest,
        "submitted": view.submitted,
        "started": view.started,
        "finished": view.finished,
        "attempt": view.attempt,
        "objective": view.objective,
        "bound": view.bound,
        "verified": view.verified,
        "termination": termination,
        "error": view.error,
        "cached": view.cached,
        "cancel_requested": view.cancel_requested,
        "batch": view.batch,
        "time_s": view.time_s,
    }


def job_bytes(view: JobView, result: bytes | None = None) -> bytes:
    """The job as bytes, its result (already JSON) spliced in."""
    whole = wire.dump(job_document(view))
    return whole if result is None else b'%b,"result":%b}' % (whole[:-1], result)


def batch_document(view: BatchView) -> dict[str, Any]:
    """The JSON form of a batch."""
    return {
        "id": view.id,
        "submitted": view.submitted,
        "terminal": view.terminal,
        "counts": {state.value: view.counts.get(state, 0) for state in JobState},
        "jobs": list(view.job_ids),
    }


def instance_document(view: InstanceView) -> dict[str, Any]:
    """The JSON form of an uploaded file."""
    return {"digest": view.digest, "name": view.name, "size_bytes": view.size_bytes}


def event_document(record: EventRecord) -> dict[str, Any]:
    """The JSON form of an event, without what it does not have."""
    fields = ("kind", "wall_s", "objective", "bound", "message", "source")
    values = {name: getattr(record, name) for name in fields}
    return {name: value for name, value in values.items() if value is not None}


def problem_response(*kinds: type[SolverhubError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for the errors that a route may answer."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        line = row(kind)
        known = found.get(line.status)
        text = line.title if known is None else f"{known['description']}; {line.title}"
        found[line.status] = {"description": text, "content": PROBLEM_CONTENT}
    return found
