"""Removes what has outlived its time.

Ended jobs, with their results, events and batches, go `retention_s` after their end;
idempotency keys and uploads that no kept job refers to go `retention_s` after their last
use.  The cache keeps its size by dropping what was not used for longest.
"""

from __future__ import annotations

import time

from solverhub.config import Settings
from solverhub.service import answers
from solverhub.service.store import Store

_AT_ONCE = 200
_ROUND_S = 0.3
_DEAD_WORKER_S = 3600.0


def tidy(store: Store, settings: Settings) -> bool:
    """One round of short transactions; False if it stopped early so as to hold nobody up."""
    old = time.time() - settings.retention_s
    until = time.monotonic() + _ROUND_S
    while _remove_jobs(store, old) == _AT_ONCE:
        if time.monotonic() > until:
            return False
    _remove_orphans(store, old)
    _remove_inputs(store, old)
    answers.evict(store.database, settings.cache_bytes)
    return True


def _remove_jobs(store: Store, old: float) -> int:
    with store.database.writing() as cursor:
        doomed = cursor.all(
            "DELETE FROM jobs WHERE id IN "
            "(SELECT id FROM jobs WHERE finished < ? ORDER BY finished LIMIT ?) "
            "RETURNING id, run, body",
            (old, _AT_ONCE),
        )
        runs = sorted({row["run"] for row in doomed if row["run"]})
        for run in runs:
            if cursor.one("SELECT 1 AS used FROM jobs WHERE run = ?", (run,)) is None:
                cursor.run("DELETE FROM events WHERE run = ?", (run,))
                cursor.run("DELETE FROM runs WHERE id = ? AND state = 'ended'", (run,))
        for body in sorted({row["body"] for row in doomed if row["body"]}):
            if cursor.one("SELECT 1 AS used FROM jobs WHERE body = ?", (body,)) is None:
                cursor.run("DELETE FROM bodies WHERE id = ?", (body,))
    return len(doomed)


def _remove_orphans(store: Store, old: float) -> None:
    with store.database.writing() as cursor:
        cursor.run(
            "DELETE FROM batches WHERE submitted < ? "
            "AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.batch = batches.id)",
            (old,),
        )
        cursor.run("DELETE FROM idempotency WHERE created < ?", (old,))
        cursor.run("DELETE FROM workers WHERE seen < ?", (time.time() - _DEAD_WORKER_S,))


def _remove_inputs(store: Store, old: float) -> None:
    """Rows first, then files; a file that came again in between is younger and stays."""
    with store.database.writing() as cursor:
        cursor.run(
            "DELETE FROM instances WHERE used < ? "
            "AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.content = instances.content)",
            (old,),
        )
        cursor.run(
            "DELETE FROM readings WHERE NOT EXISTS "
            "(SELECT 1 FROM instances WHERE instances.content = readings.content)"
        )
    for digest, written in list(store.spool.files()):
        if written < old and store.instances.find(digest) is None:
            store.spool.remove(digest)
    store.spool.sweep()
