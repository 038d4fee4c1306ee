"""The cache of verified answers, in internal order so that any file of an instance is served.

A *question* (`questions.question`) is everything that an answer depends on but the time
limit.  An answer is *settled* when more time would not have changed it (a proof, a target
met, iterations used up, a solver that ended by itself); it then serves any time limit.
Others serve only a request of the same time limit, and start off a longer one.
"""

from __future__ import annotations

from dataclasses import dataclass

from solverhub.core.result import Limit, Reason, Result
from solverhub.service import counters
from solverhub.service.database import Database
from solverhub.service.dialect import Cursor, Row

_PROVED = (Reason.OPTIMAL, Reason.INFEASIBLE, Reason.UNBOUNDED)
_OUTSIDE = (Limit.MEMORY, Limit.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A packed result (`payload`) and the question that it answers."""

    question: str
    time_s: float
    settled: bool
    body: bytes


def settled(result: Result) -> bool:
    """True if a longer time limit would not have changed the answer."""
    return result.termination.reason in _PROVED or result.termination.limit is not Limit.TIME


def worth_keeping(result: Result) -> bool:
    """True for what was verified or proved, and was not cut short from outside."""
    if result.termination.limit in _OUTSIDE:
        return False
    return result.verified is True or result.termination.reason in _PROVED


def keep(cursor: Cursor, answer: Answer, now: float) -> None:
    """Put an answer into the cache, in place of an older one to the same question and time."""
    cursor.run(
        "INSERT INTO answers (question, time_s, settled, body, size, used) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (question, time_s) DO UPDATE SET "
        "settled = excluded.settled, body = excluded.body, size = excluded.size, "
        "used = excluded.used",
        (
            answer.question,
            answer.time_s,
            int(answer.settled),
            answer.body,
            len(answer.body),
            now,
        ),
    )


def find(database: Database, question: str, time_s: float) -> Answer | None:
    """The answer that serves a request of this time limit, if there is one."""
    with database.reading() as cursor:
        row = cursor.one(
            "SELECT question, time_s, settled, body FROM answers "
            "WHERE question = ? AND (settled = 1 OR time_s = ?) "
            "ORDER BY settled DESC, time_s LIMIT 1",
            (question, time_s),
        )
    return None if row is None else _answer(row)


def find_start(database: Database, question: str, time_s: float) -> Answer | None:
    """The answer of the longest shorter run, from which a longer one may start."""
    with database.reading() as cursor:
        row = cursor.one(
            "SELECT question, time_s, settled, body FROM answers "
            "WHERE question = ? AND time_s < ? ORDER BY time_s DESC LIMIT 1",
            (question, time_s),
        )
    return None if row is None else _answer(row)


def touch(cursor: Cursor, answer: Answer, now: float) -> None:
    """Note that the answer was used, so that it is not the next to be evicted."""
    cursor.run(
        "UPDATE answers SET used = ? WHERE question = ? AND time_s = ?",
        (now, answer.question, answer.time_s),
    )


def evict(database: Database, limit_bytes: int) -> int:
    """Drop the answers that were not used for longest until the rest fits; returns how many."""
    with database.reading() as cursor:
        row = cursor.one("SELECT COALESCE(SUM(size), 0) AS size FROM answers")
        excess = (row["size"] if row else 0) - limit_bytes
        oldest = (
            cursor.all("SELECT question, time_s, size FROM answers ORDER BY used")
            if (excess > 0)
            else []
        )
    doomed = []
    for row in oldest:
        if excess <= 0:
            break
        doomed.append((row["question"], row["time_s"]))
        excess -= row["size"]
    if doomed:
        with database.writing() as cursor:
            cursor.many("DELETE FROM answers WHERE question = ? AND time_s = ?", doomed)
            counters.add(cursor, "answers_evicted", by=len(doomed))
    return len(doomed)


def _answer(row: Row) -> Answer:
    return Answer(
        question=row["question"],
        time_s=row["time_s"],
        settled=bool(row["settled"]),
        body=row["body"],
    )
