"""CHSZLabLib's correlation clustering: multilevel label propagation with FM, and its evolution.

Hausberger, Faraj and Schulz, ALENEX 2025, arXiv:2208.13618.  Weights are integers of 32 bits.
Nothing but its own clock ends an evolution, and nothing a single run, so it belongs in a process
of its own.
"""

from __future__ import annotations

import time

import chszlablib
import numpy as np
from scipy.sparse import csr_array

from solverhub.engines.chszlab import FOREVER_S
from solverhub.engines.chszlab import version as version
from solverhub.engines.partition import Partition, SignedPairs

MULTILEVEL, EVOLUTION = "multilevel", "evolution"


class Run:
    """One solve by `method`, `MULTILEVEL` (a single run) or `EVOLUTION` (up to its time).

    `until` is an instant of `time.monotonic()`; None is no time limit.
    """

    def __init__(self, pairs: SignedPairs, *, method: str, until: float | None, seed: int) -> None:
        self._pairs, self._method, self._until, self._seed = pairs, method, until, seed

    def stop(self) -> None:
        """Nothing: the library does not look up."""

    def solve(self) -> Partition:
        """Run to the end."""
        pairs = self._pairs
        both = np.append(pairs.u, pairs.v), np.append(pairs.v, pairs.u)
        rows = csr_array((np.tile(pairs.weights, 2), both), (pairs.n, pairs.n))
        rows.sort_indices()
        graph = chszlablib.Graph.from_csr(
            rows.indptr.astype(np.int64), rows.indices.astype(np.int32),
            np.ones(pairs.n, np.int64), rows.data.astype(np.int64),
        )  # fmt: skip
        left_s = FOREVER_S if self._until is None else max(0.1, self._until - time.monotonic())
        decompose = chszlablib.Decomposition
        if self._method == EVOLUTION:
            found = decompose.evolutionary_correlation_clustering(graph, self._seed, left_s)
        else:
            found = decompose.correlation_clustering(graph, self._seed)
        return Partition(np.asarray(found.assignment, np.int64))
