"""The supervisor: claims runs, gives each a worker process, holds leases, writes what comes.

It is the warm parent of all workers: it imports the engines and warms the kernels once,
and stays single-threaded, since a process forked while another thread holds a lock never
gets it.  Connections to the store are closed before each fork.  Its loop never waits for
a worker or a solver; what it cannot write now (a full disk, a locked store) it keeps and
tries again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator

from solverhub.config import Settings
from solverhub.core.budget import available_threads
from solverhub.core.errors import SolverhubError, UnknownId
from solverhub.routing.latest import Latest
from solverhub.service import answers, presence, retention, warm
from solverhub.service.attempts import Attempt
from solverhub.service.ending import CANCELLED, Verdict
from solverhub.service.identity import new_id
from solverhub.service.logs import configure
from solverhub.service.memory import default_limit
from solverhub.service.notifier import NEWS, POLL_S, WORK
from solverhub.service.readings import limits
from solverhub.service.run_queue import Claim, Superseded
from solverhub.service.store import Store
from solverhub.service.views import JobState
from solverhub.service.worker import Delivery, Task

BEAT_S = 1.0
TIDY_S = 300.0
TICK_S = 0.05
DETACH_S = 0.8
LEASE_BYTES_PER_S = 2e6

_log = logging.getLogger("solverhub.supervisor")


class Supervisor:
    """Works off the queue of one store on this host."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{new_id()[-6:]}"
        self.slots = settings.slots or available_threads()
        self.memory_bytes = settings.memory_bytes or default_limit()
        self.store = Store(settings)
        self.ear = self.store.notifier.listen(WORK)
        self.attempts: dict[str, Attempt] = {}
        self.stopping = False
        self._beaten = self._swept = 0.0
        self._tidy_at = time.monotonic() + TIDY_S
        self._limits = limits(settings)

    def run(self, parent: int | None = None) -> None:
        """Work until told to stop, or until the descriptor `parent` reports the parent's end."""
        _log.info("supervisor up", extra={"worker": self.name, "slots": self.slots})
        while not self.stopping:
            self.step()
            self._sleep(parent)
        self.stop()

    def step(self) -> None:
        """One round: news of the workers, leases, wishes to cancel, new work."""
        for attempt in list(self.attempts.values()):
            attempt.look()
            with self._writing(attempt):
                self._report(attempt)
        with self._patience():
            self._beat()
            self._mind_cancels()
            self._claim()
        if time.monotonic() > self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_S
            with self._patience():
                if not retention.tidy(self.store, self.settings):
                    self._tidy_at = time.monotonic() + BEAT_S

    def stop(self) -> None:
        """Kill the workers and put their runs back into the queue."""
        for attempt in list(self.attempts.values()):
            self._drop(attempt)
            with self._patience(), contextlib.suppress(Superseded):
                self.store.queue.release(attempt.claim)
        with self._patience(), self.store.database.writing() as cursor:
            presence.leave(cursor, self.name)
        self.ear.close()
        self.store.close()
        _log.info("supervisor down", extra={"worker": self.name})

    def _sleep(self, parent: int | None) -> None:
        poll = select.poll()
        poll.register(self.ear, select.POLLIN)
        if parent is not None:
            poll.register(parent, select.POLLIN | select.POLLHUP)
        for attempt in self.attempts.values():
            for fd in attempt.child.filenos():
                poll.register(fd, select.POLLIN)
        ready = poll.poll((TICK_S if self.attempts else POLL_S) * 1000)
        self.ear.heard()
        if parent is not None and any(fd == parent for fd, _ in ready) and not os.read(parent, 64):
            self.stopping = True

    def _report(self, attempt: Attempt) -> None:
        """Write what an attempt has brought, and let go of it once it is over."""
        events = attempt.news(time.monotonic())
        if events:
            try:
                self.store.queue.tell(attempt.claim, events)
            except BaseException:
                attempt.pending[:0] = events
                raise
            self.store.notifier.ring(NEWS, attempt.claim.run)
        if attempt.leaving and attempt.delivery is None:
            self._detach(attempt)
        if attempt.delivery is not None:
            self._finish(attempt, attempt.delivery)
            self._drop(attempt)
            self.store.notifier.ring(NEWS, attempt.claim.run)

    def _finish(self, attempt: Attempt, delivery: Delivery) -> None:
        claim = attempt.claim
        extra = {"jobs": claim.jobs, "attempt": claim.attempt, "run": claim.run}
        if delivery.verdict is None:
            why = delivery.lost or "it ended without a word"
            again = self.store.queue.lose(claim, why, self.settings.max_attempts)
            _log.warning("run lost: %s", why, extra=extra | {"queued_again": again})
            return
        verdict = delivery.verdict
        self.store.queue.finish(claim, verdict, delivery.answer)
        told = {"state": verdict.state.value, "reason": verdict.reason, "limit": verdict.limit}
        _log.info("run ended", extra=extra | told)

    def _claim(self) -> None:
        while (free := self.slots - self._taken()) > 0:
            claim = self.store.queue.claim(self.name, free, self.slots, self.settings.lease_s)
            if claim is None:
                return
            try:
                self._begin(claim)
            except UnknownId as error:
                self.store.queue.finish(claim, Verdict(state=JobState.FAILED, error=error))
            except (OSError, SolverhubError) as error:
                _log.error("no worker can be started: %s", error)
                self.store.queue.release(claim)
                return

    def _begin(self, claim: Claim) -> None:
        attempt = self._prepared(claim)
        self.store.database.release()
        attempt.begin()
        self.attempts[claim.run] = attempt
        extra = {"jobs": claim.jobs, "attempt": claim.attempt, "run": claim.run}
        _log.info("run started", extra=extra | {"pid": attempt.child.pid})
        self.store.notifier.ring(NEWS, claim.run)

    def _prepared(self, claim: Claim) -> Attempt:
        """The attempt with what its worker must know; `UnknownId` where the input is gone."""
        orders, budget = claim.request, claim.request["budget"]
        content = self.store.instances.find(claim.content)
        if content is None:
            raise UnknownId("the instance of the job is gone", remedy="upload it again")
        if content.size > LEASE_BYTES_PER_S:
            self.store.queue.renew(claim, self._lease_s(content.size))
        asked, database = orders["question"], self.store.database
        cached = start = None
        if asked is not None:
            cached = answers.find(database, asked, budget["time_s"])
            if not budget.get("deterministic") and "iterations" not in budget:
                start = answers.find_start(database, asked, budget["time_s"])
        place = content.body
        task = Task(
            claim=claim,
            place=self.store.spool.path(claim.content) if place is None else place,
            limits=self._limits,
            memory_bytes=budget.get("memory_bytes", self.memory_bytes),
            cached=cached,
            start=start,
            wish=Latest(),
            known=Latest(),
        )
        return Attempt(task, content.size)

    def _lease_s(self, size: int) -> float:
        return self.settings.lease_s + size / LEASE_BYTES_PER_S

    def _taken(self) -> int:
        return sum(attempt.claim.slots for attempt in self.attempts.values())

    def _beat(self) -> None:
        """Renew leases, show that this supervisor lives, and sweep up after those that do not."""
        now = time.monotonic()
        if now > self._swept + POLL_S:
            self._swept = now
            for run in self.store.queue.sweep(self.settings.max_attempts):
                _log.warning("run taken from a silent worker", extra={"run": run})
                self.store.notifier.ring(NEWS, run)
                if run in self.attempts:
                    self._drop(self.attempts[run])
        if now < self._beaten + min(BEAT_S, self.settings.lease_s / 5):
            return
        self._beaten = now
        with self.store.database.writing() as cursor:
            presence.note(cursor, self.name, self.slots)
        for attempt in list(self.attempts.values()):
            if not attempt.silent():
                with self._writing(attempt):
                    self.store.queue.renew(attempt.claim, self.settings.lease_s)

    def _mind_cancels(self) -> None:
        for run, jobs in self.store.queue.unwanted(list(self.attempts)).items():
            attempt = self.attempts[run]
            with self._writing(attempt):
                if self.store.queue.abandon(attempt.claim):
                    attempt.cancel()
                elif fresh := [job for job in jobs if job not in attempt.leaving]:
                    attempt.leaving |= dict.fromkeys(fresh, time.monotonic())
                    attempt.wish()

    def _detach(self, attempt: Attempt) -> None:
        """End the jobs that left a run, with what was known when they did."""
        verdict = attempt.known()
        late = min(attempt.leaving.values()) + DETACH_S < time.monotonic()
        if verdict is None and not late:
            return
        self.store.queue.detach(attempt.claim, list(attempt.leaving), verdict or CANCELLED)
        attempt.leaving.clear()
        self.store.notifier.ring(NEWS, attempt.claim.run)

    def _drop(self, attempt: Attempt) -> None:
        self.attempts.pop(attempt.claim.run, None)
        attempt.close()

    @contextlib.contextmanager
    def _writing(self, attempt: Attempt) -> Iterator[None]:
        """A write for one attempt: one that lost its lease is dropped, other troubles wait."""
        with self._patience():
            try:
                yield
            except Superseded:
                extra = {"run": attempt.claim.run, "attempt": attempt.claim.attempt}
                _log.warning("write rejected: the run has passed on", extra=extra)
                self._drop(attempt)

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        """Log what the store refuses; whatever it was is tried again in a later round."""
        try:
            yield
        except SolverhubError as error:
            _log.error("store: %s", error)
            time.sleep(TICK_S)


def main() -> None:
    """Entry of the process that a server starts; ends when its standard input does."""
    settings = Settings.from_environment()
    configure(settings.log_level)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm.up()
    supervisor = Supervisor(settings)

    def stop(number: int, frame: object) -> None:
        supervisor.stopping = True

    signal.signal(signal.SIGTERM, stop)
    supervisor.run(parent=sys.stdin.fileno())


if __name__ == "__main__":
    main()
