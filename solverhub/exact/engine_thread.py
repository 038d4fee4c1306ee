"""Run an engine in a thread of its own, and keep the deadline when the engine does not.

What the engine tells is handed over to the watching thread, which alone writes the
recorder and calls the observer.  A run that does not end within a grace time of its stop is
abandoned: it goes on by itself until the engine looks up, and what it tells is lost.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

POLL_S = 0.02
GRACE_S = 0.25
LAST_WAIT_S = 2.0

AnswerT = TypeVar("AnswerT", covariant=True)


class EngineRun(Protocol[AnswerT]):
    """A solve that blocks, and that other threads may ask to stop."""

    def solve(self) -> AnswerT:
        """Run to the end."""
        ...

    def stop(self) -> None:
        """Ask for the end."""
        ...


class EngineThread(Generic[AnswerT]):
    """One run in its thread.

    `tell` is for the engine's callbacks: it queues a call that `watch` makes.
    """

    def __init__(self) -> None:
        self._told: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._answer: AnswerT | None = None
        self._error: BaseException | None = None

    def tell(self, call: Callable[[], None]) -> None:
        """Have this called by the watching thread."""
        self._told.put(call)

    def watch(
        self, run: EngineRun[AnswerT], stopped: Callable[[], bool], *, grace_s: float = GRACE_S
    ) -> AnswerT | None:
        """Run to the end, or until `stopped`, which is asked at least every 20 ms.

        Returns the answer, or None for a run that had to be abandoned.  Raises what the
        run raised.
        """
        thread = threading.Thread(target=self._execute, args=(run,), daemon=True)
        thread.start()
        try:
            self._attend(stopped)
        finally:
            run.stop()
            thread.join(grace_s)
            if thread.is_alive():
                _abandon(thread)
        if thread.is_alive():
            self._drain()
            return None
        self._drain()
        if self._error is not None:
            raise self._error
        return self._answer

    def _execute(self, run: EngineRun[AnswerT]) -> None:
        try:
            self._answer = run.solve()
        except BaseException as error:
            self._error = error
        finally:
            self._told.put(None)

    def _attend(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            try:
                call = self._told.get(timeout=POLL_S)
            except Empty:
                continue
            if call is None:
                return
            call()

    def _drain(self) -> None:
        while True:
            try:
                call = self._told.get_nowait()
            except Empty:
                return
            if call is not None:
                call()


_abandoned: list[threading.Thread] = []


def _abandon(thread: threading.Thread) -> None:
    if not _abandoned:
        atexit.register(_wait_for_abandoned)
    _abandoned[:] = [one for one in _abandoned if one.is_alive()] + [thread]


def _wait_for_abandoned() -> None:
    """A daemon thread that calls into an interpreter being torn down aborts the process."""
    end = time.monotonic() + LAST_WAIT_S
    for thread in _abandoned:
        thread.join(max(0.0, end - time.monotonic()))
