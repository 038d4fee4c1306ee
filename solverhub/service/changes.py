"""Who waits for news of a run, and how they are woken."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

from solverhub.service.notifier import NEWS, POLL_S, Notifier

Wake = Callable[[], None]


class Changes:
    """One thread hears the bell for all who wait in this process."""

    def __init__(self, notifier: Notifier) -> None:
        self._waiting: dict[str, set[Wake]] = {}
        self._lock = threading.Lock()
        self._ear = notifier.listen(NEWS)
        self._closing = False
        self._thread = threading.Thread(target=self._hear, name="news", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def waking(self, run: str, wake: Wake) -> Iterator[None]:
        """Have `wake` called, from another thread, whenever there may be news of the run."""
        with self._lock:
            self._waiting.setdefault(run, set()).add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._waiting[run].discard(wake)
                if not self._waiting[run]:
                    del self._waiting[run]

    @contextlib.contextmanager
    def event(self, run: str) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set whenever there may be news of the run."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

        with self.waking(run, wake):
            yield event

    def close(self) -> None:
        """Stop hearing."""
        self._closing = True
        self._thread.join()
        self._ear.close()

    def _hear(self) -> None:
        while not self._closing:
            for run in self._ear.heard(POLL_S):
                with self._lock:
                    wakes = list(self._waiting.get(run, ()))
                for wake in wakes:
                    wake()
