"""The child's end of a solve in a process of its own.

What a solver finds leaves the process in two ways that never make it wait: numbers as
short frames over a pipe (a frame that finds the pipe full is kept back, and replaced by
the next of its kind), and the newest incumbent as one array in shared memory, where it
survives the process.  Incumbents and bounds of others, and the wish to cancel, come in
through shared memory as well.
"""

from __future__ import annotations

import os
import pickle
import select
import struct
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Result
from solverhub.routing.latest import Latest

LENGTH = struct.Struct("<Q")
_LONGEST_MESSAGE = 2000
_MOST_LINES_KEPT_BACK = 200


@dataclass(frozen=True, slots=True)
class Cells:
    """Shared memory between a parent and its child: what is newest in each direction."""

    found: Latest = field(default_factory=Latest)
    incumbent: Latest = field(default_factory=Latest)
    bound: Latest = field(default_factory=Latest)
    cancelled: Latest = field(default_factory=Latest)

    @classmethod
    def opened(cls, fds: Sequence[int]) -> Cells:
        """The cells of these file descriptors, as `fds` gave them."""
        return cls(*(Latest(fd) for fd in fds))

    @property
    def fds(self) -> list[int]:
        """File descriptors of the cells."""
        return [getattr(self, each.name).fd for each in fields(self)]

    def close(self) -> None:
        """Give the memory back."""
        for each in fields(self):
            getattr(self, each.name).close()


class _Cancelled:
    def __init__(self, cell: Latest) -> None:
        self._cell = cell

    def is_set(self) -> bool:
        return self._cell.sequence() > 0


class Channel:
    """What a target called in a child process gets as its first argument."""

    def __init__(self, pipe: int, cells: Cells) -> None:
        self._pipe = pipe
        self._cells = cells
        self._lock = threading.Lock()
        self._numbers: dict[EventKind, bytes] = {}
        self._lines: deque[bytes] = deque(maxlen=_MOST_LINES_KEPT_BACK)
        self._seen = {EventKind.INCUMBENT: 0, EventKind.BOUND: 0}
        self.cancel = _Cancelled(cells.cancelled)
        os.set_blocking(pipe, False)

    def budget(self, budget: Budget) -> Budget:
        """The budget as the child must see it: cancelled and fed through this channel."""
        return budget.replace(cancel=self.cancel, incoming=self.incoming)

    def ready(self) -> None:
        """Tell the parent that a fresh interpreter is up."""
        self._send([_frame("ready")], wait=True)

    def started(self, budget: Budget) -> None:
        """Tell the parent from when to when the solve runs, where it does not know yet."""
        self._send([_frame("started", budget.started, budget.deadline)], wait=True)

    def solved(self) -> None:
        """Tell the parent that the solver has returned; what is left is ours and ends soon."""
        self._send([_frame("solved")], wait=True)

    def observe(self, event: Event) -> None:
        """Pass an event on; from any thread, without waiting."""
        sequence = None
        if event.solution is not None:
            head = (event.objective, event.wall_s, event.source)
            sequence = self._cells.found.put(head, event.solution)
        message = None if event.message is None else event.message[:_LONGEST_MESSAGE]
        numbers = (event.kind, event.wall_s, event.objective, event.bound, message, event.source)
        frame = _frame("event", *numbers, sequence)
        if len(frame) > select.PIPE_BUF:
            return
        with self._lock:
            if event.kind is EventKind.LOG:
                self._lines.append(frame)
            else:
                self._numbers[event.kind] = frame
        self._send((), wait=False)

    def incoming(self) -> Sequence[Event]:
        """Incumbents and bounds that others found since the last call."""
        events = []
        for kind, cell in (
            (EventKind.INCUMBENT, self._cells.incumbent),
            (EventKind.BOUND, self._cells.bound),
        ):
            if cell.sequence() > self._seen[kind] and (value := cell.get(self._seen[kind])):
                self._seen[kind] = value.sequence
                number, wall_s, source = value.head
                name = "objective" if kind is EventKind.INCUMBENT else "bound"
                found: dict[str, Any] = {name: number, "solution": value.array, "source": source}
                events.append(Event(kind, wall_s, **found))
        return events

    def finish(self, tag: str, value: object) -> None:
        """Send the outcome, `tag` being "result" or "error", behind all that was kept back."""
        if isinstance(value, Result):
            value = replace(value, parsed=None)
        self._send([_frame("ending"), _frame(tag, value)], wait=True)

    def _send(self, frames: Iterable[bytes], *, wait: bool) -> None:
        """Write what was kept back, then `frames`; without `wait` only while there is room."""
        with self._lock:
            os.set_blocking(self._pipe, wait)
            while self._lines and self._write(self._lines[0]):
                self._lines.popleft()
            for kind in list(self._numbers):
                if self._write(self._numbers[kind]):
                    del self._numbers[kind]
            for frame in frames:
                self._write(frame)

    def _write(self, frame: bytes) -> bool:
        """Writes of at most PIPE_BUF bytes go whole or not at all; longer ones wait."""
        rest = memoryview(frame)
        try:
            while rest:
                rest = rest[os.write(self._pipe, rest) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            os._exit(1)
        return True


def _frame(*content: object) -> bytes:
    body = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body
