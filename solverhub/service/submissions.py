"""Puts validated jobs into the store: all of them or none, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from solverhub.core.errors import Conflict, Overloaded
from solverhub.service import answers, counters, ending
from solverhub.service.answers import Answer
from solverhub.service.database import Database
from solverhub.service.dialect import Cursor
from solverhub.service.ending import Verdict
from solverhub.service.identity import new_id
from solverhub.service.instances import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One job, validated.

    `flight` is equal for jobs that may share a run, None for one that must run alone;
    `request` is the JSON that the worker gets.  With `answered` no worker is needed: it is
    the verdict from the cache, `answer` where it came from and `body` the name of its packed
    result.
    """

    problem: str
    solver: str
    name: str
    digest: str
    time_s: float
    slots: int
    priority: int
    request: str
    content: Content
    flight: str | None
    answered: Verdict | None = None
    answer: Answer | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key, and the digest of the request that it stands for."""

    key: str
    fingerprint: str


class _Taken(Exception):
    """Another request with the same key came first."""


class Submissions:
    """Adds jobs and batches."""

    def __init__(
        self, database: Database, max_queued: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._max_queued, self._clock = database, max_queued, clock

    def earlier(self, once: Once) -> str | None:
        """Id of what an earlier request with this key made; `Conflict` if that was another."""
        with self._database.reading() as cursor:
            row = cursor.one(
                "SELECT fingerprint, target FROM idempotency WHERE id = ?", (once.key,)
            )
        if row is None:
            return None
        if row["fingerprint"] != once.fingerprint:
            raise Conflict(
                "the idempotency key was used for another request", remedy="send a fresh key"
            )
        return str(row["target"])

    def add_job(self, item: Submission, once: Once | None = None) -> str:
        """Add one job and return its id, or that of the earlier one with the same key."""
        job = new_id()
        return self._add(job, [(job, item)], None, once)

    def add_batch(self, items: Sequence[Submission], once: Once | None = None) -> str:
        """Add a batch and return its id, or that of the earlier one with the same key."""
        batch = new_id()
        return self._add(batch, [(new_id(), item) for item in items], batch, once)

    def _add(
        self,
        target: str,
        items: Sequence[tuple[str, Submission]],
        batch: str | None,
        once: Once | None,
    ) -> str:
        now = self._clock()
        work = any(item.answered is None for _, item in items)
        try:
            with self._database.writing(durable=work) as cursor:
                if once is not None:
                    _take(cursor, once, target, now)
                if work:
                    self._refuse_overload(cursor, len(items))
                if batch is not None:
                    cursor.run("INSERT INTO batches (id, submitted) VALUES (?, ?)", (batch, now))
                for position, (job, item) in enumerate(items):
                    _insert(cursor, job, item, batch, position, now)
        except _Taken:
            assert once is not None
            return self.earlier(once) or target
        return target

    def _refuse_overload(self, cursor: Cursor, more: int) -> None:
        row = cursor.one(
            "SELECT COUNT(*) AS count FROM "
            "(SELECT 1 AS one FROM runs WHERE state = 'queued' LIMIT ?) AS waiting",
            (self._max_queued,),
        )
        if row is not None and row["count"] + more > self._max_queued:
            raise Overloaded(f"{row['count']} jobs wait already and {more} more are too many")


def _take(cursor: Cursor, once: Once, target: str, now: float) -> None:
    taken = cursor.one(
        "INSERT INTO idempotency (id, fingerprint, target, created) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO NOTHING RETURNING id",
        (once.key, once.fingerprint, target, now),
    )
    if taken is None:
        raise _Taken


def _insert(
    cursor: Cursor, job: str, item: Submission, batch: str | None, position: int, now: float
) -> None:
    run, state = (None, "queued") if item.answered else _board(cursor, item, now)
    cursor.run(
        "INSERT INTO jobs (id, run, batch, position, state, problem, solver, name, digest, "
        "time_s, submitted, started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            job,
            run,
            batch,
            position,
            state,
            item.problem,
            item.solver,
            item.name,
            item.digest,
            item.time_s,
            now,
            None if state == "queued" else now,
        ),
    )
    if item.answered is not None:
        ending.end_job(cursor, job, item.answered, now, body=item.body)
        counters.add(cursor, "cache", "hit")
        if item.answer is not None:
            answers.touch(cursor, item.answer, now)


def _board(cursor: Cursor, item: Submission, now: float) -> tuple[str, str]:
    """Join the run in flight that answers the same, or queue a new one: its id and state."""
    while True:
        if item.flight is not None:
            row = cursor.one(
                "UPDATE runs SET priority = CASE WHEN priority < ? THEN ? ELSE priority END "
                "WHERE flight = ? AND state <> 'ended' RETURNING id, state",
                (item.priority, item.priority, item.flight),
            )
            if row is not None:
                counters.add(cursor, "cache", "joined")
                return row["id"], row["state"]
        item.content.keep(cursor, now)
        row = cursor.one(
            "INSERT INTO runs (id, flight, state, priority, slots, content, request, submitted) "
            "VALUES (?, ?, 'queued', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id, state",
            (
                new_id(),
                item.flight,
                item.priority,
                item.slots,
                item.content.digest,
                item.request,
                now,
            ),
        )
        if row is not None:
            counters.add(cursor, "cache", "bypassed" if item.flight is None else "miss")
            return row["id"], row["state"]
