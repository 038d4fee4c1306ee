"""Pivot for correlation clustering (Ailon, Charikar and Newman 2008,
doi:10.1145/1411509.1411513), several random orders at a time.

The first vertex of a random order takes all of its positive neighbours, the first that is left
does the same, and so on: O(n + m).  On complete unweighted instances the expected disagreements
are at most three times the optimum for one order, so the best of several is no worse.  On sparse
instances nothing is guaranteed.

Orders are independent and run on all threads; they are drawn and compared in one sequence, so
that the answer does not depend on the threads.  An iteration is an order.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numba import njit

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_search import NO_CYCLES

ORDERS = 50
"""Orders tried where the budget sets no other limit."""


class PivotSolver:
    """Clusters around random pivots."""

    name: ClassVar[str] = "pivot"
    title: ClassVar[str] = "Random pivots: 3 times the optimum in expectation on complete instances"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: SignedGraph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=integral)
        recorder.bound(0)
        if warm_start is not None:
            recorder.incumbent(self.problem.objective(instance, warm_start), warm_start)
        positive = np.ascontiguousarray(instance.graph.edge_index[:, instance.weights > 0])
        graph, rng = Graph(instance.n, positive), np.random.default_rng(seed)
        most, done = ORDERS if budget.deadline is None else sys.maxsize, 0
        if budget.iterations is not None:
            most = budget.iterations
        with ThreadPoolExecutor(budget.threads) as pool:
            while done < most and recorder.limit(done) is None and not recorder.proved():
                count = min(budget.threads, most - done)
                orders = [rng.permutation(instance.n) for _ in range(count)]
                for labels in pool.map(partial(pivot, graph.indptr, graph.indices), orders):
                    recorder.incumbent(self.problem.objective(instance, labels), labels)
                done += count
        return recorder.finish(recorder.limit(done), evidence=NO_CYCLES)


@njit(cache=True, nogil=True)
def pivot(indptr, indices, order):  # type: ignore[no-untyped-def]
    """int64 (n,): the pivot of each vertex, the first in `order` that is itself or a neighbour."""
    labels = np.full(order.size, -1, np.int64)
    for x in order:
        if labels[x] >= 0:
            continue
        labels[x] = x
        for k in range(indptr[x], indptr[x + 1]):
            if labels[indices[k]] < 0:
                labels[indices[k]] = x
    return labels
