"""One call in a process of its own, which can be stopped from outside whatever it does.

`Child` runs `target(channel, *args)`, keeps the numbers it tells, the newest incumbent
and its outcome, and can kill it with all its descendants.  A child is forked, which takes
milliseconds and copies nothing, as long as this process is single-threaded; otherwise
(a notebook, a thread pool of an engine) a fresh interpreter is started, since a fork
would inherit locks whose holders are gone.  A child dies with its parent.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from solverhub.core.errors import SolverFailed, SolverhubError
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Number, Result, TracePoint
from solverhub.routing import child_main, family_tree
from solverhub.routing.channel import LENGTH, Cells, Channel
from solverhub.routing.latest import Value

_PIPE_BYTES = 1 << 20
_CHUNK = 1 << 20
_BOOT = (
    "import sys; sys.path[:] = {path!r}\n"
    "from solverhub.routing.child_main import serve; serve({fds})"
)

Target = Callable[..., Any]


class ProcessDied(SolverFailed):
    """The process of the solver died.  `partial` is the best it had told before, if anything."""

    partial: Result | None = None


def fork_is_safe() -> bool:
    """True if a child forked now inherits no lock of another thread and no device."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return False
    return threading.active_count() == 1 and family_tree.foreign_threads() == 0


class Child:
    """A call in a process of its own: `prepare`, then `start`, then `pump` until `ended`.

    - `session`: give it a session of its own; without, a process group within the caller's
      session, so that whoever kills that session reaches it (the arms of a race).
    - `fresh`: start a new interpreter instead of a fork; None decides by `fork_is_safe`.
    - `result`, `error`: the outcome once `ended`; without `answered` it is no word of the
      child's own: None if it was killed, else a `ProcessDied`.
    - `started`, `deadline`: instants that the child announced by `Channel.started`.
    - `finishing`: the solver returned, or the outcome is on its way.
    - `trace`: the numbers it told.
    """

    def __init__(
        self,
        target: Target,
        *,
        name: str = "solver",
        session: bool = True,
        fresh: bool | None = None,
    ) -> None:
        self.target, self.name, self.session = target, name, session
        self.fresh = not fork_is_safe() if fresh is None else fresh
        self.cells = Cells()
        self.pid = 0
        self.result: Any = None
        self.error: SolverhubError | None = None
        self.started: float | None = None
        self.deadline: float | None = None
        self.finishing = self.ready = self.answered = self.ended = self.killed = False
        self._born = time.monotonic()
        self.objective: Number | None = None
        self.bound: Number | None = None
        self.trace: list[TracePoint] = []
        self._best: Value | None = None
        self._told = 0
        self._prepared = False
        self._first: tuple[object, ...] = ()
        self._buffer = bytearray()
        self._pipe = self._pidfd = self._request = -1
        self._program: subprocess.Popen[bytes] | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def prepare(self, *args: object) -> None:
        """Give the target its first arguments, and start the interpreter of a fresh child.

        That one loads the target and what it needs; then it is `ready`, so that `start` costs
        no time of the solve.  A forked child is ready at once.  Raises `SolverFailed` for a
        target or arguments that cannot be sent to another interpreter.
        """
        self._prepared, self._first = True, args
        if not self.fresh:
            self.ready = True
            return
        request = self._packed((self.target, args))
        self._pipe, told = _pipe()
        self._request = os.memfd_create("solverhub-request", os.MFD_CLOEXEC)
        with open(os.dup(self._request), "wb") as file:
            file.write(request)
        fds = [told, self._request, *self.cells.fds]
        command = _BOOT.format(path=sys.path, fds=[os.getpid(), *fds])
        self._program = subprocess.Popen(
            [sys.executable, "-c", command],
            stdin=subprocess.PIPE,
            stdout=2,
            pass_fds=fds,
            start_new_session=self.session,
            process_group=None if self.session else 0,
        )
        os.close(told)
        self.pid = self._program.pid
        self._pidfd = os.pidfd_open(self.pid)

    def start(self, *args: object) -> None:
        """Call `target(channel, *first, *args)`, `first` being what `prepare` was given.

        A fresh child must be `ready`, or is waited for here.
        """
        if not self._prepared:
            self.prepare()
        if not self.fresh:
            self._fork((*self._first, *args))
            return
        late = self._packed(args)
        while not (self.ready or self.ended):
            wait([self], 1.0)
            self.pump()
        if self._program is not None and self._program.stdin is not None and not self.ended:
            with contextlib.suppress(BrokenPipeError):
                self._program.stdin.write(late)
                self._program.stdin.close()

    def pump(self) -> list[Event]:
        """Take in what the child has told since; the last incumbent carries its solution.

        Notices the end of the child, sweeps up what it left running, and reaps it.
        """
        if self.ended or self.pid == 0:
            return []
        gone = bool(select.select([self._pidfd], [], [], 0)[0])
        events = self._receive()
        if gone:
            self._conclude()
        return events

    def best(self) -> Value | None:
        """The newest incumbent with its array; `head` is (objective, wall_s, source)."""
        if not self._closed:
            newer = self.cells.found.get(self._best.sequence if self._best else 0)
            self._best = newer or self._best
        return self._best

    def cancel(self) -> None:
        """Ask the child to stop."""
        if not self._closed and self.cells.cancelled.sequence() == 0:
            self.cells.cancelled.put(())

    def offer(self, event: Event) -> None:
        """Hand the child an incumbent (with its solution) or a bound that others found."""
        if event.kind is EventKind.INCUMBENT:
            head = (event.objective, event.wall_s, event.source)
            self.cells.incumbent.put(head, event.solution)
        elif event.kind is EventKind.BOUND:
            self.cells.bound.put((event.bound, event.wall_s, event.source))

    def kill(self) -> None:
        """Kill the child and every process that it started, and reap it."""
        if self.pid and not self.ended:
            family_tree.kill(self.pid)
            self.killed = True
            self._receive()
            self._conclude()

    def close(self) -> None:
        """Kill what still runs and give back memory and descriptors; the outcome stays."""
        if self._closed:
            return
        self.kill()
        self.best()
        self._closed = True
        self.cells.close()
        for fd in (self._pipe, self._pidfd, self._request):
            if fd >= 0:
                os.close(fd)

    @property
    def age_s(self) -> float:
        """Seconds since the solve began, as far as it is known, else since the child was made."""
        return time.monotonic() - (self.started or self._born)

    def filenos(self) -> list[int]:
        """Descriptors that become readable when `pump` has something to do."""
        return [] if self.ended else [fd for fd in (self._pipe, self._pidfd) if fd >= 0]

    def _packed(self, content: object) -> bytes:
        try:
            return pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            self.close()
            raise SolverFailed(
                f"{self.name} cannot be sent to a fresh process ({error})",
                remedy="define it in a module that can be imported, or solve from a single thread",
            ) from error

    def _fork(self, args: tuple[object, ...]) -> None:
        self._pipe, told = _pipe()
        parent = os.getpid()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                child_main.settle(parent, session=self.session)
                os.close(self._pipe)
                child_main.run(Channel(told, self.cells), self.target, args)
            finally:
                os._exit(1)
        os.close(told)
        self._pidfd = os.pidfd_open(self.pid)

    def _receive(self) -> list[Event]:
        while True:
            try:
                chunk = os.read(self._pipe, _CHUNK)
            except BlockingIOError:
                break
            if not chunk:
                break
            self._buffer += chunk
        events = []
        at = 0
        while len(self._buffer) - at >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._buffer, at)
            end = at + LENGTH.size + length
            if end > len(self._buffer):
                break
            tag, *content = pickle.loads(memoryview(self._buffer)[at + LENGTH.size : end])
            at = end
            if (event := self._take(tag, content)) is not None:
                events.append(event)
        del self._buffer[:at]
        return self._with_solution(events)

    def _take(self, tag: str, content: list[Any]) -> Event | None:
        if tag == "event":
            return self._event(*content)
        if tag == "started":
            self.started, self.deadline = content
        elif tag == "ready":
            self.ready = True
        elif tag in ("solved", "ending"):
            self.finishing = True
        elif tag == "error":
            self.error, self.answered = content[0], True
        else:
            self.result, self.answered = content[0], True
        return None

    def _event(
        self,
        kind: EventKind,
        wall_s: float,
        objective: Number | None,
        bound: Number | None,
        message: str | None,
        source: str | None,
        sequence: int | None,
    ) -> Event:
        if kind is EventKind.INCUMBENT:
            self.objective = objective
            self._told = sequence or self._told
        elif kind is EventKind.BOUND:
            self.bound = bound
        if kind is not EventKind.LOG:
            self.trace.append(TracePoint(wall_s, self.objective, self.bound))
        return Event(kind, wall_s, objective, bound, None, message, source)

    def _with_solution(self, events: list[Event]) -> list[Event]:
        """Give the last incumbent of the batch its array, which may be a newer one still."""
        places = [i for i, event in enumerate(events) if event.kind is EventKind.INCUMBENT]
        before = self._best.sequence if self._best else 0
        if places and self._told > before and (best := self.best()) is not None:
            objective, wall_s, source = best.head
            events[places[-1]] = Event(
                EventKind.INCUMBENT, wall_s, objective, solution=best.array, source=source
            )
        return events

    def _conclude(self) -> None:
        family_tree.kill(self.pid)
        code = self._reap()
        self.ended = True
        if not (self.answered or self.killed):
            self.error = ProcessDied(f"{self.name} {_manner(code)}", remedy=_remedy(code))

    def _reap(self) -> int:
        if self._program is not None:
            if self._program.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._program.stdin.close()
            return self._program.wait()
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            return 0


def wait(children: Iterable[Child], timeout_s: float) -> None:
    """Sleep until one of the children has something to tell or `timeout_s` have passed."""
    poll = select.poll()
    for child in children:
        for fd in child.filenos():
            poll.register(fd, select.POLLIN)
    poll.poll(max(0.0, timeout_s) * 1000)


def _pipe() -> tuple[int, int]:
    read, write = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    os.set_blocking(read, False)
    return read, write


def _manner(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended without an answer (exit status {code})"


def _remedy(code: int) -> str | None:
    if code == -signal.SIGKILL:
        return "the machine may have run out of memory; set a memory limit or free some"
    return None
