"""Everything of a service in one place: the `Service`, and a supervisor process beside it.

The supervisor is started as a fresh interpreter, restarted when it dies, and ends when
this process does, however that ends: its standard input is a pipe that then closes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import fields
from types import TracebackType
from typing import Self

from solverhub.config import Settings
from solverhub.service.service import Service

_log = logging.getLogger("solverhub.service")
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_HEALTHY_S = 10.0
_STOP_S = 10.0


class Embedded:
    """A running service; use it as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.service = Service(settings)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the supervisor, which puts unfinished work back, and close the service."""
        if self._stopping.is_set():
            return
        with self._lock:
            self._stopping.set()
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
        self._keeper.join(_STOP_S)
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
        self._keeper.join()
        self.service.close()

    @property
    def supervisor_pid(self) -> int | None:
        """Process id of the supervisor, None while there is none."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def _keep(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = _start(self.settings)
            lived = 0.0 if self._process is None else _seconds_of(self._process)
            pause = _FIRST_PAUSE_S if lived > _HEALTHY_S else min(2 * pause, _LONGEST_PAUSE_S)
            self._stopping.wait(pause)


def environment(settings: Settings) -> dict[str, str]:
    """The variables from which `Settings.from_environment` makes the same settings again."""
    found = dict(os.environ)
    for field in fields(settings):
        value = getattr(settings, field.name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        found[f"SOLVERHUB_{field.name.upper()}"] = text
    found.pop("SOLVERHUB_API_KEYS", None)
    return found


def _start(settings: Settings) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "solverhub.service.supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment(settings),
        )
    except OSError as error:
        _log.error("the supervisor cannot be started: %s", error)
        return None


def _seconds_of(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    process.wait()
    return time.monotonic() - began
