"""What the engines of graph problems are given, and what they end with.

Plain arrays, so that they cross a pipe to a process of its own cheaply.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Rows:
    """A graph by its rows: `indices[indptr[v]:indptr[v + 1]]` are the neighbours of v, sorted.

    `indptr` int64 (n+1,), `indices` int32 (2E,); `weights` of vertices (n,) and `edge_weights`
    of the entries of `indices` (2E,), int64 each, None for all 1.
    """

    indptr: np.ndarray
    indices: np.ndarray
    weights: np.ndarray | None = None
    edge_weights: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of vertices."""
        return self.indptr.size - 1


@dataclass(frozen=True, eq=False)
class Selection:
    """What a run ended with; None for one that was killed or found nothing.

    `chosen` bool (n,): the selected vertices, or those on one side of a cut.  `complete` is True
    if an exact method went through to its end; `claimed` is the objective by the engine's own word,
    where that may differ from the one of `chosen`.
    """

    chosen: np.ndarray | None
    complete: bool = False
    claimed: int | None = None


KILLED = Selection(None)
"""The answer of a run that was stopped."""
