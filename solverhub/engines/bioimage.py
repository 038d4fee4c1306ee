"""bioimage-cpp's multicut: greedy additive contraction, then Kernighan-Lin with joins.

Keuper et al. 2015, arXiv:1505.06973.  A run does not look up, so it belongs in a process of its
own.
"""

from __future__ import annotations

from importlib import metadata

import numpy as np
from bioimage_cpp.graph import UndirectedGraph, multicut

from solverhub.engines.partition import Partition, SignedPairs


def version() -> str:
    """Version of the installed package."""
    return metadata.version("bioimage-cpp")


class Run:
    """One solve, to its end."""

    def __init__(self, pairs: SignedPairs) -> None:
        self._pairs = pairs

    def stop(self) -> None:
        """Nothing: the library does not look up."""

    def solve(self) -> Partition:
        """Run to the end."""
        pairs = self._pairs
        ends = np.stack([pairs.u, pairs.v], 1).astype(np.uint64)
        graph = UndirectedGraph.from_unique_edges(pairs.n, ends)
        problem = multicut.MulticutObjective(graph, pairs.weights.astype(np.float64))
        steps = [multicut.GreedyAdditiveMulticut(), multicut.KernighanLinMulticut()]
        labels = multicut.ChainedMulticutSolvers(steps).optimize(problem)
        return Partition(np.asarray(labels, np.int64))
