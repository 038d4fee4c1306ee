"""Leases, fences and shared runs, against a model of what callers must see."""

import itertools

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from solverhub.config import Settings
from solverhub.core.events import Event, EventKind
from solverhub.service import counters
from solverhub.service.run_queue import Superseded
from solverhub.service.views import JobState

from .store_parts import done, store_at, submission

LEASE_S = 5.0


@pytest.fixture
def parts(settings):
    store, clock = store_at(settings)
    yield store, clock
    store.close()


def claim(store, free=2, total=2, lease_s=LEASE_S):
    return store.queue.claim("w", free, total, lease_s)


def test_runs_are_claimed_by_priority_and_then_by_age(parts):
    store, _ = parts
    ids = [store.submissions.add_job(submission(priority=p)) for p in (0, 2, 1, 2)]
    runs = [store.jobs.run_of(job) for job in ids]
    assert [claim(store).run for _ in ids] == [runs[1], runs[3], runs[2], runs[0]]
    assert claim(store) is None


def test_a_wide_run_is_not_overtaken_and_never_waits_for_more_than_there_is(parts):
    store, _ = parts
    store.submissions.add_job(submission(slots=8))
    store.submissions.add_job(submission(slots=1))
    assert claim(store, free=1) is None
    wide = claim(store, free=2)
    assert wide.slots == 2
    assert claim(store, free=1).slots == 1


def test_an_expired_lease_passes_on_and_its_holder_changes_nothing(parts):
    store, clock = parts
    job = store.submissions.add_job(submission())
    first = claim(store)
    store.queue.tell(first, [Event(EventKind.INCUMBENT, 0.1, objective=3)])
    clock.now += LEASE_S - 0.1
    assert store.queue.sweep(3) == []
    store.queue.renew(first, LEASE_S)
    clock.now += LEASE_S - 0.1
    assert store.queue.sweep(3) == []
    clock.now += 0.2
    assert store.queue.sweep(3) == [first.run]
    assert store.jobs.get(job).state is JobState.QUEUED
    second = claim(store)
    assert second.attempt == first.attempt + 1
    before = store.jobs.events(job, 0, 100)
    for write in (
        lambda: store.queue.tell(first, [Event(EventKind.BOUND, 1.0, bound=2)]),
        lambda: store.queue.renew(first, LEASE_S),
        lambda: store.queue.finish(first, done()),
        lambda: store.queue.lose(first, "x", 3),
        lambda: store.queue.release(first),
        lambda: store.queue.abandon(first),
        lambda: store.queue.detach(first, [job], done()),
    ):
        with pytest.raises(Superseded):
            write()
    assert store.jobs.events(job, 0, 100) == before
    assert {c.name: c.value for c in counters.counts(store.database)}["stale_writes"] == 7
    store.queue.finish(second, done(5))
    assert store.jobs.get(job).objective == 5


def test_a_run_fails_after_its_attempts_and_says_why(parts):
    store, _ = parts
    job = store.submissions.add_job(submission())
    assert store.queue.lose(claim(store), "it crashed", 2)
    assert not store.queue.lose(claim(store), "it crashed again", 2)
    view = store.jobs.get(job)
    assert view.state is JobState.FAILED
    assert view.attempt == 2
    assert "it crashed again" in view.error["detail"]
    assert claim(store) is None


def test_a_release_costs_no_attempt(parts):
    store, _ = parts
    store.submissions.add_job(submission())
    for _ in range(10):
        store.queue.release(claim(store))
    assert store.queue.lose(claim(store), "once", 2)


def test_events_of_all_attempts_have_one_numbering(parts):
    store, _ = parts
    job = store.submissions.add_job(submission())
    for _ in range(3):
        held = claim(store)
        store.queue.tell(held, [Event(EventKind.LOG, 0.0, message="x")] * 3)
        store.queue.lose(held, "x", 9)
    store.queue.finish(claim(store), done())
    events = store.jobs.events(job, 0, 1000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    states = [event.message for event in events if event.kind == "state"]
    assert states == ["running", "queued"] * 3 + ["running", "finished"]


def test_exact_objectives_survive(parts):
    store, _ = parts
    job = store.submissions.add_job(submission())
    held = claim(store)
    store.queue.tell(held, [Event(EventKind.INCUMBENT, 0.1, objective=2**70 + 1)])
    assert store.jobs.get(job).objective == 2**70 + 1
    assert store.jobs.events(job, 1, 9)[0].objective == 2**70 + 1


def test_nobody_joins_a_run_that_is_being_cancelled(parts):
    store, _ = parts
    first = store.submissions.add_job(submission("f"))
    held = claim(store)
    store.jobs.cancel(first)
    assert store.queue.unwanted([held.run]) == {held.run: [first]}
    assert store.queue.abandon(held)
    second = store.submissions.add_job(submission("f"))
    assert store.jobs.run_of(second) != held.run
    store.queue.finish(held, done(state=JobState.CANCELLED))
    assert store.jobs.get(first).state is JobState.CANCELLED
    assert store.jobs.get(second).state is JobState.QUEUED


def test_a_run_that_somebody_wants_is_not_abandoned(parts):
    store, _ = parts
    first, second = (store.submissions.add_job(submission("f")) for _ in range(2))
    held = claim(store)
    store.jobs.cancel(first)
    assert not store.queue.abandon(held)
    store.queue.detach(held, [first], done(2, JobState.CANCELLED))
    store.queue.tell(held, [Event(EventKind.INCUMBENT, 1.0, objective=9)])
    assert store.jobs.get(first).objective == 2
    assert [e.message for e in store.jobs.events(first, 0, 9)] == ["running", "cancelled"]
    store.queue.finish(held, done(9))
    assert store.jobs.get(first).objective == 2
    assert store.jobs.get(second).objective == 9


class Life(RuleBasedStateMachine):
    """Workers, callers and the clock in any order: every job ends once, by its holder's word."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")
    numbers = itertools.count()

    @initialize()
    def begin(self):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.store, self.clock = store_at(Settings(data_dir=Path(self.folder.name)))
        self.ended = {}
        self.known = []
        self.held = {}

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    @rule(target=jobs, flight=st.sampled_from(["a", "b", None]))
    def submit(self, flight):
        job = self.store.submissions.add_job(submission(flight))
        self.known.append(job)
        return job

    @rule(target=claims)
    def claim(self):
        held = self.store.queue.claim("w", 99, 99, LEASE_S)
        if held is not None:
            self.held[held.run] = held
        return held

    @rule(seconds=st.sampled_from([1.0, LEASE_S + 1]))
    def wait(self, seconds):
        self.clock.now += seconds

    @rule()
    def sweep(self):
        for run in self.store.queue.sweep(4):
            del self.held[run]

    @rule(job=jobs)
    def cancel(self, job):
        self.store.jobs.cancel(job)

    def write(self, held, act, *, ends=False):
        """Only the holder's writes may succeed."""
        if held is None:
            return
        if self.held.get(held.run) is not held:
            with pytest.raises(Superseded):
                act(held)
            return
        act(held)
        if ends:
            del self.held[held.run]

    @rule(held=claims)
    def renew(self, held):
        self.write(held, lambda h: self.store.queue.renew(h, LEASE_S))

    @rule(held=claims)
    def tell(self, held):
        event = Event(EventKind.BOUND, 0.0, bound=1)
        self.write(held, lambda h: self.store.queue.tell(h, [event]))

    @rule(held=claims)
    def finish(self, held):
        self.write(held, lambda h: self.store.queue.finish(h, done(next(self.numbers))), ends=True)

    @rule(held=claims)
    def lose(self, held):
        self.write(held, lambda h: self.store.queue.lose(h, "lost", 4), ends=True)

    @rule(held=claims)
    def release(self, held):
        self.write(held, self.store.queue.release, ends=True)

    @rule(held=claims)
    def mind_cancels(self, held):
        def act(h):
            jobs = self.store.queue.unwanted([h.run]).get(h.run, [])
            if jobs and not self.store.queue.abandon(h):
                self.store.queue.detach(h, jobs, done(-1, JobState.CANCELLED))
            elif not jobs:
                self.store.queue.renew(h, LEASE_S)

        self.write(held, act)

    @invariant()
    def what_has_ended_never_changes(self):
        for job in getattr(self, "known", ()):
            view = self.store.jobs.get(job)
            if job in self.ended:
                assert view == self.ended[job]
            elif view.terminal:
                self.ended[job] = view
                events = self.store.jobs.events(job, 0, 10_000)
                assert events[-1].message == view.state
                assert sum(e.message in ("finished", "cancelled", "failed") for e in events) == 1
            else:
                run = self.store.jobs.run_of(job)
                assert (view.state is JobState.RUNNING) == (run in self.held)


Life.TestCase.settings = hypothesis_settings(max_examples=25, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
