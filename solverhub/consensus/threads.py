"""Agents as threads of this process: words go straight into the receiver's queue.

NumPy's linear algebra and injected delays let other threads run; pure Python prox callables
take turns.
"""

from __future__ import annotations

import threading
import time

from solverhub.consensus.delays import Delays
from solverhub.consensus.monitor import Monitor
from solverhub.consensus.node import Message, Node, Report
from solverhub.consensus.outcome import Outcome
from solverhub.core.budget import Budget
from solverhub.core.result import Limit

_POLL_S = 0.005


class _Run:
    """What the threads share; `changed` guards the monitor and the reports."""

    def __init__(
        self, nodes: dict[str, Node], delays: Delays, ended: threading.Event | None
    ) -> None:
        self.delays = delays
        self.stop = ended or threading.Event()
        self.changed = threading.Condition()
        self.reports: dict[str, Report] = {}
        self.paces = {name: node.pace for name, node in nodes.items()}
        self.error: BaseException | None = None
        self.started = time.monotonic()
        self.agents = {name: _Agent(node, self) for name, node in nodes.items()}

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started


class _Agent(threading.Thread):
    """A node with its queue of words, served by a thread of its own."""

    def __init__(self, node: Node, run: _Run) -> None:
        super().__init__(name=f"agent {node.name}", daemon=True)
        self.node, self.shared = node, run
        self.busy_since: float | None = None
        self._computing = run.delays.computing(node.name)
        self._travelling = {
            other: run.delays.travelling(node.name, other) for other in node.neighbours
        }
        self._bell = threading.Condition()
        self._words: list[tuple[float, Message]] = []
        self._held: dict[str, bool] = {}

    def post(self, when: float, word: Message) -> None:
        """A word that may be read from the instant `when` on."""
        with self._bell:
            self._words.append((when, word))
            self._bell.notify()

    def hold(self, held: dict[str, bool]) -> None:
        """Which neighbours are given up, from now on."""
        with self._bell:
            self._held = held
            self._bell.notify()

    def run(self) -> None:
        shared = self.shared
        try:
            while not shared.stop.is_set():
                self._listen()
                if self.node.ready():
                    self._update()
                else:
                    self._wait()
        except BaseException as error:
            with shared.changed:
                shared.error = shared.error or error
                shared.changed.notify()

    def _listen(self) -> None:
        with self._bell:
            now = self.shared.elapsed_s
            due = [word for when, word in self._words if when <= now]
            if due:
                self._words = [kept for kept in self._words if kept[0] > now]
            held = self._held
        for word in due:
            self.node.receive(word)
        for other, flag in held.items():
            self.node.hold(other, flag)

    def _wait(self) -> None:
        with self._bell:
            now = self.shared.elapsed_s
            next_s = min((when - now for when, _ in self._words), default=_POLL_S)
            if next_s > 0:
                self._bell.wait(min(next_s, _POLL_S))

    def _update(self) -> None:
        shared = self.shared
        self.busy_since = shared.elapsed_s
        words, report = self.node.update()
        seconds = self._computing.next(self.busy_since)
        if seconds > 0 and shared.stop.wait(min(seconds, threading.TIMEOUT_MAX)):
            return
        self.busy_since = None
        now = shared.elapsed_s
        for word in words:
            shared.agents[word.receiver].post(now + self._travelling[word.receiver].next(now), word)
        with shared.changed:
            shared.reports[report.name] = report
            shared.paces[report.name] = self.node.pace
            shared.changed.notify()


def run_threads(
    nodes: dict[str, Node],
    monitor: Monitor,
    budget: Budget,
    *,
    delays: Delays,
    patience_s: float,
    ended: threading.Event | None = None,
) -> Outcome:
    """Run to convergence or a limit.  A prox that does not return is left to its own end.

    `ended` is set when the run is over, which tells a prox that waits for something.
    """
    run = _Run(nodes, delays, ended)
    for agent in run.agents.values():
        agent.start()
    try:
        limit = _watch(run, monitor, budget, patience_s)
        wall_s = run.elapsed_s
    finally:
        run.stop.set()
    for agent in run.agents.values():
        agent.join(0.1 if agent.busy_since is None else 0.01)
    return monitor.outcome(limit, wall_s)


def _watch(run: _Run, monitor: Monitor, budget: Budget, patience_s: float) -> Limit | None:
    while True:
        with run.changed:
            if not run.reports:
                run.changed.wait(_POLL_S)
            reports, run.reports = run.reports, {}
            monitor.pace = min(run.paces.values())
            if run.error is not None:
                raise run.error
        for report in reports.values():
            monitor.record(report)
        late = _late(run, patience_s)
        if monitor.give_up(late):
            for agent in run.agents.values():
                agent.hold({other: other in late for other in agent.node.neighbours})
        if monitor.look(run.elapsed_s):
            return None
        limit = budget.reached(iterations=monitor.updates)
        if limit is not None:
            return limit


def _late(run: _Run, patience_s: float) -> list[str]:
    now = run.elapsed_s
    since = {name: agent.busy_since for name, agent in run.agents.items()}
    return [name for name, at in since.items() if at is not None and now - at >= patience_s]
