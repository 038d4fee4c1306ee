"""What callers see of jobs, and what cancelling does."""

import pytest

from solverhub.core.errors import InvalidParams, UnknownId
from solverhub.service.views import JobState

from .store_parts import done, store_at, submission


@pytest.fixture
def store(settings):
    found, _ = store_at(settings)
    yield found
    found.close()


def test_pages_cover_all_jobs_newest_first(store):
    ids = [store.submissions.add_job(submission()) for _ in range(7)]
    seen, after = [], None
    while True:
        page = store.jobs.page(after=after, limit=3)
        seen += [view.id for view in page.jobs]
        if page.after is None:
            break
        after = page.after
    assert seen == ids[::-1]
    with pytest.raises(InvalidParams):
        store.jobs.page(limit=0)


def test_pages_can_be_narrowed(store):
    first = store.submissions.add_job(submission(priority=1))
    batch = store.submissions.add_batch([submission(), submission()])
    store.queue.claim("w", 1, 1, 5.0)
    assert [v.id for v in store.jobs.page(state=JobState.RUNNING).jobs] == [first]
    assert len(store.jobs.page(batch=batch).jobs) == 2
    assert len(store.jobs.page(problem="job-shop").jobs) == 0


def test_a_waiting_job_is_cancelled_at_once_and_its_run_with_the_last(store):
    first, second = (store.submissions.add_job(submission("f")) for _ in range(2))
    assert store.jobs.cancel(first).state is JobState.CANCELLED
    assert store.queue.next_slots() == 1
    assert store.jobs.cancel(second).state is JobState.CANCELLED
    assert store.queue.next_slots() is None
    assert store.jobs.events(first, 0, 9)[-1].message == "cancelled"


def test_a_running_job_is_asked_and_ends_when_its_worker_is_lost(store):
    job = store.submissions.add_job(submission())
    held = store.queue.claim("w", 1, 1, 5.0)
    view = store.jobs.cancel(job)
    assert view.state is JobState.RUNNING
    assert view.cancel_requested
    store.queue.lose(held, "gone", 3)
    assert store.jobs.get(job).state is JobState.CANCELLED
    assert store.queue.next_slots() is None


def test_cancelling_what_has_ended_changes_nothing(store):
    job = store.submissions.add_job(submission())
    store.queue.finish(store.queue.claim("w", 1, 1, 5.0), done())
    before = store.jobs.get(job)
    assert store.jobs.cancel(job) == before
    with pytest.raises(UnknownId):
        store.jobs.cancel("nothing")


def test_progress_tells_what_is_new(store):
    job = store.submissions.add_job(submission())
    seen = [store.jobs.progress(job)]
    held = store.queue.claim("w", 1, 1, 5.0)
    seen.append(store.jobs.progress(job))
    store.queue.finish(held, done())
    seen.append(store.jobs.progress(job))
    assert [p.last_event for p in seen] == [0, 1, 2]
    assert [p.terminal for p in seen] == [False, False, True]
