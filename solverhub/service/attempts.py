"""One run at work under a supervisor: its process, its limits from outside, its news."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from solverhub.core.events import Event, EventKind
from solverhub.routing.process import Child
from solverhub.routing.supervise import MemoryGauge
from solverhub.service.ending import CANCELLED, Verdict
from solverhub.service.run_queue import Claim
from solverhub.service.views import JobState
from solverhub.service.worker import Delivery, Task, work

READ_S = 60.0
READ_BYTES_PER_S = 2e6
JUDGE_S = 60.0
STUCK_S = 10.0
IMPATIENT_S = 0.5
FLUSH_S = 0.1
MOST_EVENTS = 10_000
_OUT_OF_MEMORY = Verdict(state=JobState.FINISHED, reason="no_solution", limit="memory")


@dataclass(slots=True)
class Attempt:
    """A claimed run, from the fork of its worker to the write that ends it.

    `delivery` is set once it is over; it stays until the store has taken it.
    """

    task: Task
    size: int
    child: Child = field(init=False)
    delivery: Delivery | None = None
    leaving: dict[str, float] = field(default_factory=dict)
    pending: list[Event] = field(default_factory=list)
    told: int = 0
    flushed: float = 0.0
    born: float = field(default_factory=time.monotonic)
    asked: float | None = None
    returned: float | None = None
    gauge: MemoryGauge = field(init=False)
    heard: int = 0

    def __post_init__(self) -> None:
        self.child = Child(work, name="the worker", session=True, fresh=False)
        self.gauge = MemoryGauge([self.child], self.task.memory_bytes)

    @property
    def claim(self) -> Claim:
        """The right to the run."""
        return self.task.claim

    def begin(self) -> None:
        """Fork the worker."""
        self.child.start(self.task)

    def cancel(self) -> None:
        """Ask the worker to stop."""
        if self.asked is None:
            self.asked = time.monotonic()
            self.child.cancel()

    def wish(self) -> None:
        """Ask the worker for what is known so far."""
        self.task.wish.put(())

    def known(self) -> Verdict | None:
        """What was known at the last wish, once the worker has told."""
        value = self.task.known.get(self.heard)
        if value is None:
            return None
        self.heard = value.sequence
        found: Verdict = value.head[0]
        return found

    def look(self) -> None:
        """Take in what the worker has told, and stop it where it breaks a limit."""
        self.pending += self.child.pump()
        if self.delivery is None and not self.child.ended:
            self._enforce()
        if self.delivery is None and self.child.ended:
            self.delivery = self._outcome()

    def news(self, now: float) -> list[Event]:
        """Events to write now: at most every `FLUSH_S`, and thinned once there are very many."""
        due = now >= self.flushed + FLUSH_S or self.delivery is not None
        if not self.pending or not due:
            return []
        events, self.pending = self.pending, []
        if self.told > MOST_EVENTS:
            last = {event.kind: event for event in events if event.kind is not EventKind.LOG}
            events = list(last.values())
        self.told += len(events)
        self.flushed = now
        return events

    def close(self) -> None:
        """Kill what still runs and give back its memory."""
        self.child.close()
        self.task.wish.close()
        self.task.known.close()

    def _enforce(self) -> None:
        now = time.monotonic()
        child = self.child
        if child.finishing and self.returned is None:
            self.returned = now
        if child.started is None:
            if self.gauge.exceeded() is not None:
                self._stop(Delivery(_OUT_OF_MEMORY))
            elif self.asked is not None and now > self.asked + IMPATIENT_S:
                self._stop(Delivery(CANCELLED))
            elif now > self.born + READ_S + self.size / READ_BYTES_PER_S:
                self._stop(Delivery(None, lost="reading its instance took too long"))
        elif self.returned is not None:
            if now > self.returned + JUDGE_S:
                self._stop(Delivery(None, lost="judging its answer took too long"))
        elif child.deadline is not None and now > child.deadline + STUCK_S:
            self._stop(Delivery(None, lost="its worker hung"))

    def silent(self) -> bool:
        """True if the worker was stopped by a signal and cannot notice any limit."""
        return not self.child.ended and _stopped(self.child.pid)

    def _stop(self, delivery: Delivery) -> None:
        self.child.kill()
        self.delivery = delivery

    def _outcome(self) -> Delivery:
        if isinstance(self.child.result, Delivery):
            return self.child.result
        error = self.child.error
        if error is None or not self.child.answered:
            why = "it was killed" if error is None else error.message
            return Delivery(None, lost=why)
        return Delivery(Verdict(state=JobState.FAILED, error=error))


def _stopped(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1] in (b"T", b"t")
    except OSError:
        return False
