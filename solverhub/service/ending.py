"""How jobs and runs end, within the caller's transaction.

A job ends once: every statement here touches only jobs that have not, so two terminal
results of one job cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass

from solverhub import wire
from solverhub.core.errors import SolverFailed, SolverhubError
from solverhub.core.result import Number
from solverhub.service import counters, numbers
from solverhub.service.dialect import Cursor
from solverhub.service.views import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a job ends with.

    `body` is the packed JSON of the result without its instance (`rendering`), and
    `error` the failure, where there is one.
    """

    state: JobState
    reason: str | None = None
    limit: str | None = None
    objective: Number | None = None
    bound: Number | None = None
    verified: bool | None = None
    body: bytes | None = None
    error: SolverhubError | None = None
    cached: bool = False


CANCELLED = Verdict(state=JobState.CANCELLED, reason="no_solution", limit="cancelled")


def lost(losses: int, why: str) -> SolverFailed:
    """The error of a run that lost its worker too often."""
    return SolverFailed(
        f"the job lost its worker {losses} times, last because {why}",
        remedy="see the log of the service; SOLVERHUB_MAX_ATTEMPTS allows more attempts",
    )


def fail(cursor: Cursor, run: str, error: SolverhubError, now: float) -> None:
    """End a run and all its jobs with an error."""
    end_run(cursor, run, Verdict(state=JobState.FAILED, error=error), now)


def end_run(cursor: Cursor, run: str, verdict: Verdict, now: float) -> None:
    """End a run, and with it every job that still waits for it."""
    cursor.run(
        "UPDATE runs SET state = 'ended', token = NULL, lease_until = NULL WHERE id = ?", (run,)
    )
    live = cursor.all("SELECT id FROM jobs WHERE run = ? AND finished IS NULL", (run,))
    for row in live:
        end_job(cursor, row["id"], verdict, now, body=run)


def end_job(
    cursor: Cursor, job: str, verdict: Verdict, now: float, *, body: str | None = None
) -> bool:
    """End one job; False if it has ended before.  `body` names the packed result."""
    if verdict.body is not None:
        body = body or job
        keep_body(cursor, body, verdict.body)
    row = cursor.one(
        "UPDATE jobs SET state = ?, finished = ?, objective = ?, bound = ?, verified = ?, "
        "reason = ?, stopped_by = ?, error = ?, cached = ?, body = ?, last_event = "
        "COALESCE((SELECT last_event FROM runs WHERE runs.id = jobs.run), 0) + 1, attempt = "
        "COALESCE((SELECT attempt FROM runs WHERE runs.id = jobs.run), 0) "
        "WHERE id = ? AND finished IS NULL RETURNING submitted, started",
        (
            verdict.state.value,
            now,
            numbers.to_text(verdict.objective),
            numbers.to_text(verdict.bound),
            None if verdict.verified is None else int(verdict.verified),
            verdict.reason,
            verdict.limit,
            None
            if verdict.error is None
            else wire.dump(wire.error_to_wire(verdict.error)).decode(),
            int(verdict.cached),
            None if verdict.body is None else body,
            job,
        ),
    )
    if row is None:
        return False
    counters.add(cursor, "jobs", verdict.state.value)
    if row["started"] is not None:
        counters.time(cursor, "job_seconds", now - row["started"])
        counters.time(cursor, "queue_seconds", row["started"] - row["submitted"])
    return True


def cancel_waiting(cursor: Cursor, run: str, now: float) -> None:
    """Cancel the queued jobs of a run that asked for it, and a run that nobody waits for."""
    wanted = cursor.all(
        "SELECT id FROM jobs WHERE run = ? AND finished IS NULL AND cancel_requested = 1", (run,)
    )
    for row in wanted:
        end_job(cursor, row["id"], CANCELLED, now)
    live = cursor.one("SELECT 1 AS live FROM jobs WHERE run = ? AND finished IS NULL", (run,))
    if live is None:
        cursor.run(
            "UPDATE runs SET state = 'ended', token = NULL, lease_until = NULL WHERE id = ?",
            (run,),
        )


def keep_body(cursor: Cursor, name: str, packed: bytes) -> None:
    """Keep a packed result under a name; the same name always means the same result."""
    cursor.run(
        "INSERT INTO bodies (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (name, packed)
    )
