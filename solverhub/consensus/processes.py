"""Agents as processes of this host, a child each, with words in shared memory.

A child is forked where this process is single-threaded and holds no device, else spawned,
where agents must be picklable.  The clock starts when all children are ready.

`_Link` is all that an agent knows of the world (its words out, words in, reports out, the
flags `stop` and `held`), and `Node` has no part in it.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np

from solverhub.consensus.board import Board
from solverhub.consensus.delays import Delays
from solverhub.consensus.monitor import Monitor
from solverhub.consensus.node import Message, Node, Report
from solverhub.consensus.outcome import Outcome
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, SolverFailed, SolverhubError
from solverhub.core.result import Limit
from solverhub.routing.process import fork_is_safe

_POLL_S = 0.005
_LOOK_S = 0.002
_READY_S = 120.0
_BUSY, _PACE, _READY = range(3)


@dataclass
class _Shared:
    """The memory of a run.  Words: two slots a directed edge; reports: one an agent.

    `state` has for each agent: the instant since when it computes (0: it waits), its pace,
    whether it is ready; `flags` the start, the stop, and for each agent whether it is held.
    """

    names: tuple[str, ...]
    edges: dict[tuple[str, str], int]
    words: Board
    reports: Board
    state: Any
    flags: Any
    bells: list[Any]


class _Link:
    """An agent's end of the shared memory."""

    def __init__(self, shared: _Shared, node: Node, delays: Delays) -> None:
        self._shared, self._node = shared, node
        self._at = shared.names.index(node.name)
        self._bell = shared.bells[self._at]
        self._bells = {other: shared.bells[shared.names.index(other)] for other in node.neighbours}
        self._seen = {(other, parity): 0.0 for other in node.neighbours for parity in (0, 1)}
        self._posted: dict[tuple[str, int], tuple[int, int]] = {}
        self._outbox: list[tuple[float, Message]] = []
        self._computing = delays.computing(node.name)
        self._travelling = {other: delays.travelling(node.name, other) for other in node.neighbours}
        self._parent = os.getppid()
        self._started = 0.0

    def serve(self) -> None:
        """The life of an agent, from ready to stop."""
        self._shared.state[3 * self._at + _READY] = 1.0
        while not self._shared.flags[0] and not self._stopped():
            self._bell.acquire(timeout=_POLL_S)
        self._started = time.monotonic()
        while not self._stopped():
            self._listen()
            if self._node.ready():
                self._update()
            else:
                self._pause(_POLL_S)

    def _stopped(self) -> bool:
        return bool(self._shared.flags[1]) or os.getppid() != self._parent

    def _listen(self) -> None:
        for other, parity in self._seen:
            slot = 2 * self._shared.edges[other, self._node.name] + parity
            found = self._shared.words.read(slot, self._seen[other, parity])
            if found is None:
                continue
            self._seen[other, parity], row = found
            head, value = row[:3].astype(np.int64), row[3:]
            self._node.receive(
                Message(other, self._node.name, int(head[0]), int(head[1]), int(head[2]), value)
            )
        for other in self._node.neighbours:
            held = self._shared.flags[2 + self._shared.names.index(other)]
            self._node.hold(other, bool(held))

    def _update(self) -> None:
        start = time.monotonic()
        state, at = self._shared.state, 3 * self._at
        state[at + _BUSY] = start
        words, report = self._node.update()
        end = start + self._computing.next(start - self._started)
        while time.monotonic() < end and not self._stopped():
            self._pause(end - time.monotonic())
        if self._stopped():
            return
        state[at + _BUSY] = 0.0
        state[at + _PACE] = self._node.pace
        counts = np.array([report.updates, report.messages], dtype=np.float64)
        row = np.concatenate([counts, report.x, report.flow.ravel()])
        width = self._shared.reports.width
        self._shared.reports.write(self._at, np.pad(row, (0, width - row.size)))
        now = time.monotonic()
        for word in words:
            seconds = self._travelling[word.receiver].next(now - self._started)
            if seconds > 0:
                self._outbox.append((now + seconds, word))
            else:
                self._post(word)

    def _post(self, word: Message) -> None:
        """A delayed word must not overwrite a newer one that overtook it."""
        key, age = (word.receiver, word.round % 2), (word.round, word.version)
        if age < self._posted.get(key, (-1, 0)):
            return
        self._posted[key] = age
        slot = 2 * self._shared.edges[word.sender, word.receiver] + word.round % 2
        head = np.array([word.round, word.version, word.pace], dtype=np.float64)
        self._shared.words.write(slot, np.concatenate([head, word.value]))
        self._bells[word.receiver].release()

    def _pause(self, seconds: float) -> None:
        """Wait for a word, but not beyond `seconds` nor the time to post a delayed word."""
        now = time.monotonic()
        due = [word for when, word in self._outbox if when <= now]
        self._outbox = [kept for kept in self._outbox if kept[0] > now]
        for word in due:
            self._post(word)
        if due:
            return
        for when, _ in self._outbox:
            seconds = min(seconds, when - now)
        if self._bell.acquire(timeout=max(0.0, min(seconds, _POLL_S))):
            while self._bell.acquire(block=False):
                pass


def _child(shared: _Shared, node: Node, delays: Delays, errors: Connection) -> None:
    try:
        _Link(shared, node, delays).serve()
    except SolverhubError as error:
        errors.send((type(error), error.message, error.remedy))
    except BaseException as error:
        errors.send((SolverFailed, f"agent {node.name!r} broke down: {error!r}", None))
    finally:
        errors.close()


def run_processes(
    nodes: dict[str, Node],
    monitor: Monitor,
    budget: Budget,
    *,
    delays: Delays,
    patience_s: float,
) -> Outcome:
    """Run to convergence or a limit; every child is gone on return.

    A child that dies by itself is given up as silent.
    """
    forked = fork_is_safe()
    if not forked:
        _require_picklable(nodes, delays)
    context: Any = multiprocessing.get_context("fork" if forked else "spawn")
    shared = _shared(context, nodes)
    children, pipes = {}, {}
    try:
        for name, node in nodes.items():
            pipes[name], theirs = context.Pipe(duplex=False)
            children[name] = context.Process(
                target=_child, args=(shared, node, delays, theirs), daemon=True
            )
            children[name].start()
            theirs.close()
        limit = _get_ready(shared, children, pipes, budget)
        started = time.monotonic()
        if limit is None:
            shared.flags[0] = 1
            limit = _watch(shared, nodes, monitor, budget, patience_s, children, pipes, started)
        wall_s = time.monotonic() - started
    finally:
        shared.flags[1] = 1
        for child in children.values():
            child.join(0.2)
            if child.is_alive():
                child.kill()
                child.join()
    return monitor.outcome(limit, wall_s)


def _shared(context: Any, nodes: dict[str, Node]) -> _Shared:
    names = tuple(nodes)
    n = next(iter(nodes.values())).agent.n
    pairs = [(name, other) for name, node in nodes.items() for other in node.neighbours]
    widest = max(1, max(len(node.neighbours) for node in nodes.values()))
    return _Shared(
        names=names,
        edges={pair: at for at, pair in enumerate(pairs)},
        words=Board(context, 2 * max(1, len(pairs)), 3 + n),
        reports=Board(context, len(names), 2 + n + widest * n),
        state=context.RawArray("d", 3 * len(names)),
        flags=context.RawArray("b", 2 + len(names)),
        bells=[context.Semaphore(0) for _ in names],
    )


def _get_ready(
    shared: _Shared, children: dict[str, Any], pipes: dict[str, Connection], budget: Budget
) -> Limit | None:
    end = time.monotonic() + _READY_S
    while not all(shared.state[3 * at + _READY] for at in range(len(shared.names))):
        _raise_errors(pipes, 0.0)
        dead = [name for name, child in children.items() if not child.is_alive()]
        if dead:
            raise SolverFailed(f"the process of agent {dead[0]!r} died as it started")
        if time.monotonic() > end:
            raise SolverFailed(f"the processes of the agents did not start in {_READY_S:g} s")
        limit = budget.reached()
        if limit is not None:
            return limit
        time.sleep(_LOOK_S)
    return None


def _watch(
    shared: _Shared,
    nodes: dict[str, Node],
    monitor: Monitor,
    budget: Budget,
    patience_s: float,
    children: dict[str, Any],
    pipes: dict[str, Connection],
    started: float,
) -> Limit | None:
    seen = [0.0] * len(shared.names)
    while True:
        _raise_errors(pipes, _LOOK_S)
        for at, name in enumerate(shared.names):
            found = shared.reports.read(at, seen[at])
            if found is not None:
                seen[at], row = found
                monitor.record(_report(nodes[name], row))
        now = time.monotonic()
        monitor.pace = min(
            [monitor.pace]
            + [int(shared.state[3 * at + _PACE]) for at in range(len(seen)) if seen[at]]
        )
        late = []
        for at, name in enumerate(shared.names):
            busy = shared.state[3 * at + _BUSY]
            if not children[name].is_alive() or (busy and now - busy >= patience_s):
                late.append(name)
            shared.flags[2 + at] = int(name in late)
        monitor.give_up(late)
        if monitor.look(now - started):
            return None
        limit = budget.reached(iterations=monitor.updates)
        if limit is not None or len(late) == len(seen):
            return limit


def _report(node: Node, row: np.ndarray) -> Report:
    n, degree = node.agent.n, max(1, len(node.neighbours))
    flow = row[2 + n : 2 + n + degree * n].reshape(degree, n)
    return Report(node.name, int(row[0]), int(row[1]), row[2 : 2 + n], flow)


def _raise_errors(pipes: dict[str, Connection], timeout: float) -> None:
    """Raise what a child told; a pipe that closed without a word is left out from then on."""
    if not pipes:
        time.sleep(timeout)
        return
    for ready in wait(list(pipes.values()), timeout):
        name = next(name for name, pipe in pipes.items() if pipe is ready)
        try:
            kind, message, remedy = pipes[name].recv()
        except EOFError:
            del pipes[name]
            continue
        raise kind(message, remedy=remedy)


def _require_picklable(nodes: dict[str, Node], delays: Delays) -> None:
    for name, node in nodes.items():
        try:
            pickle.dumps((node, delays))
        except Exception as error:
            raise InvalidParams(
                f"agent {name!r} cannot be sent to a process of its own: {error}",
                remedy="define its functions at the top of a module, or use threads",
            ) from error
