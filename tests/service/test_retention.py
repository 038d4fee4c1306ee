"""What is old goes, what is in use stays."""

import dataclasses
import os
import time

import pytest

from solverhub.service import retention
from solverhub.service.instances import Content
from solverhub.service.store import Store
from solverhub.service.submissions import Once

from .store_parts import done, submission


@pytest.fixture
def parts(settings):
    settings = dataclasses.replace(settings, retention_s=100.0)
    now = [time.time() - 1000]
    store = Store(settings, lambda: now[0])
    yield store, settings, now
    store.close()


def counts(store):
    tables = ("jobs", "runs", "events", "bodies", "batches", "idempotency", "instances")
    with store.database.reading() as cursor:
        return {
            table: cursor.one(f"SELECT COUNT(*) AS count FROM {table}")["count"] for table in tables
        }


def test_old_jobs_go_with_all_that_belongs_to_them(parts):
    store, settings, now = parts
    store.submissions.add_batch([submission(), submission()], Once("k", "f"))
    for _ in range(2):
        store.queue.finish(store.queue.claim("w", 1, 1, 5.0), done())
    now[0] = time.time()
    young = store.submissions.add_job(submission())
    live = counts(store)
    assert live["jobs"] == 3
    retention.tidy(store, settings)
    left = counts(store)
    assert left["jobs"] == left["runs"] == 1
    assert left["bodies"] == left["batches"] == left["idempotency"] == left["events"] == 0
    assert left["instances"] == 1
    assert store.jobs.get(young)


def test_a_body_that_a_younger_job_shares_stays(parts):
    store, settings, now = parts
    store.submissions.add_job(submission(answered=done(), body="b"))
    now[0] = time.time()
    young = store.submissions.add_job(submission(answered=done(), body="b"))
    retention.tidy(store, settings)
    assert store.jobs.body(young)[1] == b"packed"


def test_files_that_no_job_needs_go(parts):
    store, settings, now = parts
    old, young = (store.spool.keep(text) for text in (b"old", b"young"))
    with store.database.writing() as cursor:
        Content(old, "old", 3).keep(cursor, now[0])
    store.instances.keep(Content(young, "young", 5))
    os.utime(store.spool.path(old), (now[0], now[0]))
    retention.tidy(store, settings)
    assert [name for name, _ in store.spool.files()] == [young]
    assert store.instances.find(old) is None
