"""Ctrl-C as a wish: the first one asks the solve to end, the second ends the command."""

from __future__ import annotations

import signal
import sys
from types import FrameType, TracebackType
from typing import Self


class StopOnInterrupt:
    """A cancel flag that the first SIGINT or SIGTERM sets while the context is open.

    The second one raises `KeyboardInterrupt`.
    """

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, object] = {}

    def is_set(self) -> bool:
        """True once the user wants the end."""
        return self._asked

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._received)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _received(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        print("stopping; once more to kill", file=sys.stderr, flush=True)
