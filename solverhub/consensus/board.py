"""Shared memory between the processes of agents: slots that one writes and others read.

A slot holds a stamp and a row of float64.  The writer makes the stamp odd, writes, and makes
it even again; a reader that saw the stamp odd or changed reads again.  (Stores of one core
are seen by others in order on x86; elsewhere the word's own checksum tells a torn one.)

A word of round t lies in slot t mod 2 of its directed edge.  Two suffice: the sender gets to
round t + 2 only after the receiver has sent its word of round t + 1, so has read that of t.
"""

from __future__ import annotations

from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

_TRIES = 1000


class Board:
    """`count` slots of `width` float64, all zero; it crosses a fork or a spawn."""

    def __init__(self, context: BaseContext, count: int, width: int) -> None:
        self.width = width
        self._shape = (count, width + 2)
        self._memory: Any = context.RawArray("d", count * (width + 2))

    def write(self, slot: int, values: np.ndarray) -> None:
        """Put a row; one writer a slot."""
        row = self._rows()[slot]
        stamp = row[0]
        row[0] = stamp + 1.0
        row[1] = values.sum()
        row[2:] = values
        row[0] = stamp + 2.0

    def read(self, slot: int, seen: float) -> tuple[float, np.ndarray] | None:
        """(stamp, row) if the slot was written since the stamp `seen`, and is whole now."""
        row = self._rows()[slot]
        for _ in range(_TRIES):
            stamp = float(row[0])
            if stamp == seen:
                return None
            values = row[2:].copy()
            total = float(row[1])
            if stamp % 2 == 0 and stamp == row[0] and total == values.sum():
                return stamp, values
        return None

    def _rows(self) -> np.ndarray:
        return np.frombuffer(self._memory, dtype=np.float64).reshape(self._shape)
