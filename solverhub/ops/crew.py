"""A few threads that share out ranges of a kernel that releases the lock.

They end with the `with` block, so that a process may fork after it; one thread is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import Any, Self


class Crew:
    """`threads` workers; `run` calls a function once a piece and returns what it gives."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def run(self, call: Callable[..., Any], pieces: Iterable[tuple[Any, ...]]) -> list[Any]:
        """The results in the order of the pieces."""
        if self._pool is None:
            return [call(*piece) for piece in pieces]
        return list(self._pool.map(lambda piece: call(*piece), pieces))

    def halves(self, size: int) -> list[tuple[int, int]]:
        """`threads` ranges that cover 0..size-1."""
        cuts = [size * k // self.threads for k in range(self.threads + 1)]
        return list(pairwise(cuts))
