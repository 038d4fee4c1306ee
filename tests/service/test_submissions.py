"""Jobs, batches and idempotency keys enter the store whole or not at all."""

import dataclasses
import threading

import pytest

from solverhub.core.errors import Conflict, Overloaded
from solverhub.service.submissions import Once
from solverhub.service.views import JobState

from .store_parts import done, store_at, submission


@pytest.fixture
def store(settings):
    found, _ = store_at(dataclasses.replace(settings, max_queued=5))
    yield found
    found.close()


def test_equal_flights_share_a_run_until_it_ends(store):
    first, second, third = (store.submissions.add_job(submission(f)) for f in ("f", "f", "g"))
    assert store.jobs.run_of(first) == store.jobs.run_of(second) != store.jobs.run_of(third)
    store.queue.finish(store.queue.claim("w", 1, 1, 5.0), done())
    assert store.jobs.get(second).state is JobState.FINISHED
    fourth = store.submissions.add_job(submission("f"))
    assert store.jobs.run_of(fourth) != store.jobs.run_of(first)


def test_one_who_joins_a_running_run_is_running(store):
    store.submissions.add_job(submission("f"))
    store.queue.claim("w", 1, 1, 5.0)
    view = store.jobs.get(store.submissions.add_job(submission("f")))
    assert view.state is JobState.RUNNING
    assert view.started is not None


def test_an_urgent_job_hurries_the_run_it_joins(store):
    first = store.submissions.add_job(submission("f"))
    store.submissions.add_job(submission("g", priority=1))
    store.submissions.add_job(submission("f", priority=2))
    assert store.queue.claim("w", 1, 1, 5.0).run == store.jobs.run_of(first)


def test_too_much_is_refused_whole(store):
    for _ in range(3):
        store.submissions.add_job(submission())
    with pytest.raises(Overloaded):
        store.submissions.add_batch([submission()] * 3)
    assert len(store.jobs.page().jobs) == 3
    store.submissions.add_batch([submission()] * 2)
    with pytest.raises(Overloaded):
        store.submissions.add_job(submission())
    store.submissions.add_job(submission(answered=done(), body="b"))


def test_a_key_stands_for_one_request(store):
    once = Once("k", "fingerprint")
    job = store.submissions.add_job(submission(), once)
    assert store.submissions.earlier(once) == job
    assert store.submissions.add_job(submission(), once) == job
    assert len(store.jobs.page().jobs) == 1
    with pytest.raises(Conflict):
        store.submissions.add_job(submission(), Once("k", "another"))


def test_a_key_used_at_the_same_time_makes_one_job(store):
    found = []

    def submit():
        found.append(store.submissions.add_job(submission(), Once("k", "f")))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_an_answered_job_is_terminal_at_once_and_shares_its_body(store):
    jobs = [store.submissions.add_job(submission(answered=done(), body="b")) for _ in range(2)]
    for job in jobs:
        view, body = store.jobs.body(job)
        assert view.state is JobState.FINISHED
        assert body == b"packed"
    with store.database.reading() as cursor:
        assert cursor.one("SELECT COUNT(*) AS count FROM bodies")["count"] == 1
    assert store.queue.next_slots() is None
