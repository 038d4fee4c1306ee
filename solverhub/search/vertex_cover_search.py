"""`vertex-cover-search`: independent set, clique and vertex cover by local search.

All three are an independent set of positive weights (`independent_set_task`), which exact
reductions make smaller (`kernel_independent_set`).  What is left is searched one chain a thread: by
edge weights (`vertex_cover_weighting`); if it is large, by annealing (`independent_set_annealing`);
if its vertices have weights, by swaps (`independent_set_swaps`).  Cliques, and independent sets of
small kernels, are branched and bounded in turns with that.  A clique problem whose complement is
too large is searched by branch and bound alone, in the graph as it is.

A step of the budget's `iterations` is one exchange, 64 proposals of annealing, one round of swaps
or one node.  Runs are equal with one thread and no time limit in reach.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.result import Limit
from solverhub.problems.graph import Graph
from solverhub.search.clique_start import greedy_clique
from solverhub.search.independent_set_chain import AnnealingChain, SwapChain
from solverhub.search.independent_set_run import search_cliques, search_task
from solverhub.search.independent_set_task import CLIQUE, task_of
from solverhub.search.subset_incumbents import SubsetIncumbents
from solverhub.search.subset_search import SubsetSearchSolver
from solverhub.search.subset_warming import WARMING_VERTICES, warming_graphs

_NOTHING = np.zeros(WARMING_VERTICES, np.bool_)


class VertexCoverSearchSolver(SubsetSearchSolver):
    """Kernelisation and local search for three families that are one."""

    name: ClassVar[str] = "vertex-cover-search"
    title: ClassVar[str] = "Local search for vertex covers: edge weights (NuMVC), annealing, swaps"

    def load(self) -> None:
        """Annealing and swaps too."""
        super().load()
        for graph in warming_graphs():
            AnnealingChain(graph, _NOTHING, 0).run(8)
            SwapChain(graph, graph.vertex_weights.astype(np.float64), _NOTHING, 0).run(8)

    def run(
        self, instance: Graph, known: SubsetIncumbents, threads: int, seed: int
    ) -> Limit | None:
        """On the cover's graph, or on cliques."""
        clique = self.problem.name == CLIQUE
        if clique:
            known.take(greedy_clique(instance))
        task = task_of(self.problem.name, instance, known.recorder.solution)
        solution = known.recorder.solution
        start = None if solution is None else task.lower(solution)
        if clique:
            return search_cliques(task, known, start, threads, seed)
        return search_task(task, known, start, threads, seed)
