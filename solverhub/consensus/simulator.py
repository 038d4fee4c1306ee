"""Agents on a simulated clock: every delay pattern, exactly and the same each time.

An agent computes on the words it has when it starts, sends when it is done, and takes words
that came meanwhile afterwards.  Prox evaluations cost no simulated time but their delay.
"""

from __future__ import annotations

import heapq
import itertools
import math

from solverhub.consensus.delays import Constant, Delays
from solverhub.consensus.monitor import Monitor
from solverhub.consensus.node import Message, Node, Report
from solverhub.consensus.outcome import Outcome
from solverhub.core.budget import Budget

UNIT = Delays(every_compute=Constant(1.0), every_message=Constant(0.1))
"""One second an update, a tenth of it a word."""

_FLOOR_S = 1e-6
"""Least duration of an update: simulated time has to pass."""


class Simulation:
    """A run of `nodes` under `delays`; `patience_s` is in simulated seconds."""

    def __init__(
        self,
        nodes: dict[str, Node],
        monitor: Monitor,
        budget: Budget,
        *,
        delays: Delays,
        patience_s: float,
    ) -> None:
        self._nodes, self._monitor, self._budget = nodes, monitor, budget
        self._patience = patience_s
        self._computing = {name: delays.computing(name) for name in nodes}
        self._travelling = {
            (name, other): delays.travelling(name, other)
            for name, node in nodes.items()
            for other in node.neighbours
        }
        self._since: dict[str, float] = {}
        self._events: list[tuple[float, int, tuple[list[Message], Report] | Message | None]] = []
        self._count = itertools.count()
        self._now = 0.0

    def run(self) -> Outcome:
        """To convergence, a limit, or the point from which nothing happens any more."""
        for name in self._nodes:
            self._wake(name)
        limit = None
        while self._events:
            if self._pass_instant():
                break
            limit = self._budget.reached(iterations=self._monitor.updates)
            if limit is not None:
                break
        return self._monitor.outcome(limit, self._now)

    def _pass_instant(self) -> bool:
        """All that happens at the next instant, then the updates it calls for; True at the end."""
        self._now = self._events[0][0]
        awake = {}
        while self._events and self._events[0][0] == self._now:
            _, _, event = heapq.heappop(self._events)
            if isinstance(event, Message):
                self._nodes[event.receiver].receive(event)
                awake[event.receiver] = True
            elif event is not None:
                self._finish(*event)
                awake[event[1].name] = True
        if self._give_up():
            awake = dict.fromkeys(self._nodes, True)
        if self._monitor.look(self._now):
            return True
        for name in awake:
            self._wake(name)
        return False

    def _wake(self, name: str) -> None:
        node = self._nodes[name]
        if name in self._since or not node.ready():
            return
        work = node.update()
        self._since[name] = self._now
        seconds = max(_FLOOR_S, self._computing[name].next(self._now))
        self._push(self._now + seconds, work)
        if self._patience < seconds:
            self._push(self._now + self._patience, None)

    def _finish(self, words: list[Message], report: Report) -> None:
        """An update is done: report it and send its words."""
        del self._since[report.name]
        self._monitor.record(report)
        self._monitor.pace = min(self._monitor.pace, self._nodes[report.name].pace)
        for word in words:
            seconds = self._travelling[word.sender, word.receiver].next(self._now)
            self._push(self._now + seconds, word)

    def _give_up(self) -> bool:
        """Tell the nodes who has been computing for longer than patience; True if new."""
        late = [name for name, at in self._since.items() if self._now - at >= self._patience]
        if not self._monitor.give_up(late):
            return False
        for node in self._nodes.values():
            for other in node.neighbours:
                node.hold(other, other in late)
        return True

    def _push(self, when: float, event: tuple[list[Message], Report] | Message | None) -> None:
        if math.isfinite(when):
            heapq.heappush(self._events, (when, next(self._count), event))
