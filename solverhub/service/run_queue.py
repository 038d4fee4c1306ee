"""The queue of runs: claim, renew, tell, and give up, every write fenced.

A worker holds a run by a `Claim`: its attempt number and a token that nobody else has.
Every write states both, so that a worker which was thought dead and comes back changes
nothing: its writes match no row, are counted as `stale_writes`, and raise `Superseded`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solverhub.core.errors import SolverhubError
from solverhub.core.events import Event, EventKind
from solverhub.service import answers, counters, ending, numbers
from solverhub.service.answers import Answer
from solverhub.service.database import Database
from solverhub.service.dialect import Cursor, Row
from solverhub.service.ending import Verdict
from solverhub.service.identity import new_token


class Superseded(SolverhubError):
    """The run has passed to another worker; what this one found is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on a run: `attempt` and `token` fence every write.

    `request` is what `Submission` put down; `slots` is how many cores the run takes; `jobs`
    are those that waited for the run when it was claimed.
    """

    run: str
    attempt: int
    token: str
    slots: int
    content: str
    request: Mapping[str, Any]
    jobs: tuple[str, ...] = ()


class RunQueue:
    """Runs that wait and runs that are held."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def next_slots(self) -> int | None:
        """How many slots the run at the head of the queue takes, None if nothing waits."""
        with self._database.reading() as cursor:
            row = cursor.one(_HEAD)
        return None if row is None else int(row["slots"])

    def claim(self, worker: str, free: int, total: int, lease_s: float) -> Claim | None:
        """Take the head of the queue if it fits into `free` of `total` slots.

        A smaller run never overtakes a larger one, so that none starves.  `lease_s` is how
        long the claim holds until it is renewed.
        """
        with self._database.writing() as cursor:
            head = cursor.one(_HEAD)
            if head is None or min(head["slots"], total) > free:
                return None
            now = self._clock()
            row = cursor.one(
                "UPDATE runs SET state = 'running', attempt = attempt + 1, token = ?, worker = ?, "
                "lease_until = ? WHERE id = ? AND state = 'queued' "
                "RETURNING id, attempt, token, slots, content, request",
                (new_token(), worker, now + lease_s, head["id"]),
            )
            if row is None:
                return None
            jobs = cursor.all(
                "UPDATE jobs SET state = 'running', started = COALESCE(started, ?) "
                "WHERE run = ? AND state = 'queued' RETURNING id",
                (now, row["id"]),
            )
            claim = Claim(
                run=row["id"],
                attempt=row["attempt"],
                token=row["token"],
                slots=min(row["slots"], total),
                content=row["content"],
                request=json.loads(row["request"]),
                jobs=tuple(job["id"] for job in jobs),
            )
            self._append(cursor, claim, [("state", 0.0, None, None, "running", None)])
        return claim

    def renew(self, claim: Claim, lease_s: float) -> None:
        """Hold the run for `lease_s` from now; `Superseded` if it has passed on."""
        with self._database.writing() as cursor:
            changed = cursor.run(
                f"UPDATE runs SET lease_until = ? WHERE {FENCE}",
                (self._clock() + lease_s, *fence(claim)),
            )
            self._settle(cursor, changed)
        _refuse(changed)

    def tell(self, claim: Claim, events: Sequence[Event]) -> None:
        """Append what the solver told; `Superseded` if the run has passed on."""
        rows = [
            (
                event.kind.value,
                event.wall_s,
                numbers.to_text(event.objective),
                numbers.to_text(event.bound),
                event.message,
                event.source,
            )
            for event in events
        ]
        found = {event.kind: event for event in events}
        incumbent, bound = found.get(EventKind.INCUMBENT), found.get(EventKind.BOUND)
        with self._database.writing() as cursor:
            changed = self._append(cursor, claim, rows)
            self._settle(cursor, changed)
            if changed:
                cursor.run(
                    "UPDATE runs SET objective = COALESCE(?, objective), "
                    "bound = COALESCE(?, bound) WHERE id = ?",
                    (
                        numbers.to_text(incumbent.objective) if incumbent else None,
                        numbers.to_text(bound.bound) if bound else None,
                        claim.run,
                    ),
                )
        _refuse(changed)

    def release(self, claim: Claim) -> None:
        """Put the run back as it was before the claim, without counting a loss."""
        with self._database.writing() as cursor:
            changed = self._requeue(cursor, claim)
            self._settle(cursor, changed)
        _refuse(changed)

    def lose(self, claim: Claim, why: str, max_attempts: int) -> bool:
        """The worker died: queue the run again, or fail its jobs after `max_attempts` losses.

        Returns True if the run is queued again; `Superseded` if it has passed on already.
        """
        with self._database.writing() as cursor:
            losses = self._lose(cursor, claim, why, max_attempts)
            self._settle(cursor, losses)
        _refuse(losses)
        return losses < max_attempts

    def finish(self, claim: Claim, verdict: Verdict, answer: Answer | None = None) -> None:
        """End the run and every job that waits for it; `Superseded` if it has passed on.

        The answer enters the cache in the same transaction, so that a request which comes
        too late to join the run finds it there.
        """
        with self._database.writing() as cursor:
            held = cursor.run(f"UPDATE runs SET lease_until = NULL WHERE {FENCE}", fence(claim))
            self._settle(cursor, held)
            if held:
                if answer is not None:
                    answers.keep(cursor, answer, self._clock())
                ending.end_run(cursor, claim.run, verdict, self._clock())
        _refuse(held)

    def unwanted(self, runs: Sequence[str]) -> dict[str, list[str]]:
        """Jobs of these running runs that asked to be cancelled, by run."""
        found: dict[str, list[str]] = {}
        if runs:
            marks = ", ".join("?" * len(runs))
            with self._database.reading() as cursor:
                for row in cursor.all(
                    f"SELECT id, run FROM jobs WHERE run IN ({marks}) "
                    "AND cancel_requested = 1 AND finished IS NULL",
                    runs,
                ):
                    found.setdefault(row["run"], []).append(row["id"])
        return found

    def abandon(self, claim: Claim) -> bool:
        """True if no job of the run wants it any more; then none can join it either."""
        with self._database.writing() as cursor:
            held = cursor.run(f"UPDATE runs SET token = token WHERE {FENCE}", fence(claim))
            self._settle(cursor, held)
            wanted = cursor.one(
                "SELECT 1 AS wanted FROM jobs WHERE run = ? AND finished IS NULL "
                "AND cancel_requested = 0",
                (claim.run,),
            )
            if held and wanted is None:
                cursor.run("UPDATE runs SET flight = NULL WHERE id = ?", (claim.run,))
        _refuse(held)
        return wanted is None

    def detach(self, claim: Claim, jobs: Sequence[str], verdict: Verdict) -> None:
        """End some jobs of a run that goes on for others."""
        with self._database.writing() as cursor:
            held = cursor.run(f"UPDATE runs SET token = token WHERE {FENCE}", fence(claim))
            self._settle(cursor, held)
            if held:
                for job in jobs:
                    ending.end_job(cursor, job, verdict, self._clock())
        _refuse(held)

    def sweep(self, max_attempts: int) -> list[str]:
        """Take runs from holders whose lease has ended; returns the runs so taken."""
        with self._database.reading() as cursor:
            if cursor.one(_EXPIRED, (self._clock(),)) is None:
                return []
        with self._database.writing() as cursor:
            claims = [_bare(row) for row in cursor.all(_EXPIRED, (self._clock(),))]
            why = "its lease ended without a sign of life"
            return [c.run for c in claims if self._lose(cursor, c, why, max_attempts)]

    def _lose(self, cursor: Cursor, claim: Claim, why: str, max_attempts: int) -> int:
        """Losses of the run so far, 0 if it is not the claim's any more."""
        row = cursor.one(
            f"UPDATE runs SET losses = losses + 1 WHERE {FENCE} RETURNING losses", fence(claim)
        )
        if row is None:
            return 0
        losses = int(row["losses"])
        if losses < max_attempts:
            self._requeue(cursor, claim)
            counters.add(cursor, "runs_lost")
        else:
            ending.fail(cursor, claim.run, ending.lost(losses, why), self._clock())
        return losses

    def _requeue(self, cursor: Cursor, claim: Claim) -> int:
        """Back to the queue; jobs that were to be cancelled are, and a run without jobs ends."""
        changed = cursor.run(
            "UPDATE runs SET state = 'queued', token = NULL, worker = NULL, lease_until = NULL, "
            f"last_event = last_event + 1 WHERE {FENCE}",
            fence(claim),
        )
        if not changed:
            return 0
        cursor.run(
            "INSERT INTO events (run, seq, kind, wall_s, message) "
            "SELECT id, last_event, 'state', 0, 'queued' FROM runs WHERE id = ?",
            (claim.run,),
        )
        cursor.run(
            "UPDATE jobs SET state = 'queued' WHERE run = ? AND state = 'running'", (claim.run,)
        )
        ending.cancel_waiting(cursor, claim.run, self._clock())
        return changed

    def _append(self, cursor: Cursor, claim: Claim, rows: Sequence[tuple[Any, ...]]) -> int:
        row = cursor.one(
            f"UPDATE runs SET last_event = last_event + ? WHERE {FENCE} RETURNING last_event",
            (len(rows), *fence(claim)),
        )
        if row is None:
            return 0
        first = row["last_event"] - len(rows) + 1
        cursor.many(
            "INSERT INTO events (run, seq, kind, wall_s, objective, bound, message, source) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(claim.run, first + i, *values) for i, values in enumerate(rows)],
        )
        return 1

    def _settle(self, cursor: Cursor, changed: int | bool) -> None:
        if not changed:
            counters.add(cursor, "stale_writes")


_HEAD = "SELECT id, slots FROM runs WHERE state = 'queued' ORDER BY priority DESC, id LIMIT 1"

_EXPIRED = (
    "SELECT id, attempt, token, slots, content FROM runs "
    "WHERE state = 'running' AND lease_until < ?"
)

FENCE = "id = ? AND attempt = ? AND token = ? AND state = 'running'"


def fence(claim: Claim) -> tuple[str, int, str]:
    """Parameters of `FENCE`."""
    return claim.run, claim.attempt, claim.token


def _bare(row: Row) -> Claim:
    return Claim(
        run=row["id"],
        attempt=row["attempt"],
        token=row["token"],
        slots=row["slots"],
        content=row["content"],
        request={},
    )


def _refuse(changed: int | bool) -> None:
    if not changed:
        raise Superseded()
