"""What callers ask about jobs: views, pages, batches, events, results; and their wish to cancel."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from solverhub.core.errors import InvalidParams, UnknownId
from solverhub.service import ending, numbers
from solverhub.service.database import Database
from solverhub.service.dialect import Cursor, Row
from solverhub.service.views import BatchView, EventRecord, JobState, JobView, Page

MAX_PAGE = 1000

_VIEW = (
    "SELECT jobs.id, jobs.run, jobs.batch, jobs.state, jobs.problem, jobs.solver, jobs.name, "
    "jobs.digest, jobs.time_s, jobs.cached, jobs.cancel_requested, jobs.submitted, jobs.started, "
    "jobs.finished, jobs.verified, jobs.reason, jobs.stopped_by, jobs.error, "
    "jobs.objective, jobs.bound, jobs.attempt, runs.attempt AS run_attempt, "
    "runs.objective AS run_objective, runs.bound AS run_bound "
    "FROM jobs LEFT JOIN runs ON runs.id = jobs.run"
)


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a job, whether that is final, and the number of its last event."""

    state: str
    terminal: bool
    last_event: int


class Jobs:
    """Jobs and batches as callers see them."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def get(self, job: str) -> JobView:
        """The job as it stands; `UnknownId`."""
        with self._database.reading() as cursor:
            return _view(_required(cursor.one(f"{_VIEW} WHERE jobs.id = ?", (job,)), "job", job))

    def run_of(self, job: str) -> str | None:
        """The run that the job waits for, None if it was answered without; `UnknownId`."""
        with self._database.reading() as cursor:
            row = cursor.one("SELECT run FROM jobs WHERE id = ?", (job,))
        run: str | None = _required(row, "job", job)["run"]
        return run

    def progress(self, job: str) -> Progress:
        """How far the job has come, cheap to ask often; `UnknownId`."""
        with self._database.reading() as cursor:
            row = cursor.one(
                "SELECT jobs.state, jobs.finished, jobs.last_event, runs.last_event AS run_event "
                "FROM jobs LEFT JOIN runs ON runs.id = jobs.run WHERE jobs.id = ?",
                (job,),
            )
        found = _required(row, "job", job)
        last = found["last_event"] if found["last_event"] is not None else found["run_event"]
        return Progress(found["state"], found["finished"] is not None, last or 0)

    def page(
        self,
        *,
        state: JobState | None = None,
        problem: str | None = None,
        batch: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Jobs, newest first, of those that match."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidParams(f"limit is {limit}", remedy=f"give 1 to {MAX_PAGE}")
        wanted = {
            "jobs.state = ?": state and state.value,
            "jobs.problem = ?": problem,
            "jobs.batch = ?": batch,
            "jobs.id < ?": after,
        }
        given = {condition: value for condition, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(given)}" if given else ""
        with self._database.reading() as cursor:
            rows = cursor.all(
                f"{_VIEW} {where} ORDER BY jobs.id DESC LIMIT ?", (*given.values(), limit + 1)
            )
        views = [_view(row) for row in rows[:limit]]
        return Page(jobs=views, after=views[-1].id if len(rows) > limit else None)

    def batch(self, batch: str) -> BatchView:
        """The batch as it stands; `UnknownId`."""
        with self._database.reading() as cursor:
            row = _required(
                cursor.one("SELECT id, submitted FROM batches WHERE id = ?", (batch,)),
                "batch",
                batch,
            )
            members = cursor.all(
                "SELECT id, state FROM jobs WHERE batch = ? ORDER BY position", (batch,)
            )
        counts = dict.fromkeys(JobState, 0)
        for member in members:
            counts[JobState(member["state"])] += 1
        return BatchView(
            id=row["id"],
            submitted=row["submitted"],
            counts=counts,
            job_ids=[member["id"] for member in members],
        )

    def events(self, job: str, after: int, limit: int) -> list[EventRecord]:
        """Events behind `after`; the state that a job ended in is its last."""
        with self._database.reading() as cursor:
            row = _required(
                cursor.one(
                    "SELECT run, state, started, finished, last_event, objective, bound "
                    "FROM jobs WHERE id = ?",
                    (job,),
                ),
                "job",
                job,
            )
            last = row["last_event"]
            rows = cursor.all(
                "SELECT seq, kind, wall_s, objective, bound, message, source FROM events "
                "WHERE run = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?",
                (row["run"], after, 2**62 if last is None else last, limit),
            )
        found = [_event(each) for each in rows]
        if last is not None and after < last and len(found) < limit:
            found.append(_final_event(row))
        return found

    def body(self, job: str) -> tuple[JobView, bytes | None]:
        """The job and its packed result, None where it has none; `UnknownId`."""
        with self._database.reading() as cursor:
            row = cursor.one(
                "SELECT bodies.body FROM jobs JOIN bodies ON bodies.id = jobs.body "
                "WHERE jobs.id = ?",
                (job,),
            )
        return self.get(job), None if row is None else row["body"]

    def cancel(self, job: str) -> JobView:
        """Note that the job is not wanted any more; one that still waits ends here and now."""
        with self._database.writing() as cursor:
            _cancel(cursor, job, self._clock())
        return self.get(job)

    def cancel_batch(self, batch: str) -> Sequence[str]:
        """Cancel what is left of a batch; returns the ids of the jobs concerned."""
        live = "SELECT id FROM jobs WHERE batch = ? AND finished IS NULL"
        with self._database.writing() as cursor:
            jobs = [row["id"] for row in cursor.all(live, (batch,))]
            for job in jobs:
                _cancel(cursor, job, self._clock())
        return jobs

    def waiting(self) -> dict[JobState, int]:
        """How many jobs are in each state that is not terminal."""
        with self._database.reading() as cursor:
            rows = cursor.all(
                "SELECT state, COUNT(*) AS count FROM jobs WHERE finished IS NULL GROUP BY state"
            )
        found = {JobState(row["state"]): int(row["count"]) for row in rows}
        return {state: found.get(state, 0) for state in (JobState.QUEUED, JobState.RUNNING)}


def _cancel(cursor: Cursor, job: str, now: float) -> None:
    row = cursor.one(
        "UPDATE jobs SET cancel_requested = 1 WHERE id = ? AND finished IS NULL "
        "RETURNING state, run",
        (job,),
    )
    if row is not None and row["state"] == JobState.QUEUED:
        ending.cancel_waiting(cursor, row["run"], now)


def _required(row: Row | None, kind: str, name: str) -> Row:
    if row is None:
        raise UnknownId(
            f"no {kind} has the id {name[:80]!r}", remedy="it may have outlived its retention time"
        )
    return row


def _view(row: Row) -> JobView:
    live = row["finished"] is None
    error = row["error"]
    return JobView(
        id=row["id"],
        state=JobState(row["state"]),
        problem=row["problem"],
        solver=row["solver"],
        name=row["name"],
        instance_digest=row["digest"],
        submitted=row["submitted"],
        started=row["started"],
        finished=row["finished"],
        attempt=(row["run_attempt"] if live else row["attempt"]) or 0,
        objective=numbers.from_text(row["run_objective" if live else "objective"]),
        bound=numbers.from_text(row["run_bound" if live else "bound"]),
        verified=None if row["verified"] is None else bool(row["verified"]),
        reason=row["reason"],
        limit=row["stopped_by"],
        error=None if error is None else _mapping(error),
        cached=bool(row["cached"]),
        cancel_requested=bool(row["cancel_requested"]),
        batch=row["batch"],
        time_s=row["time_s"],
    )


def _mapping(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _event(row: Row) -> EventRecord:
    return EventRecord(
        seq=row["seq"],
        kind=row["kind"],
        wall_s=row["wall_s"],
        objective=numbers.from_text(row["objective"]),
        bound=numbers.from_text(row["bound"]),
        message=row["message"],
        source=row["source"],
    )


def _final_event(row: Row) -> EventRecord:
    return EventRecord(
        seq=row["last_event"],
        kind="state",
        wall_s=row["finished"] - (row["started"] or row["finished"]),
        objective=numbers.from_text(row["objective"]),
        bound=numbers.from_text(row["bound"]),
        message=row["state"],
    )
