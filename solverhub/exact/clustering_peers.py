"""Solvers of others for correlation clustering: peers, which `auto` never takes.

Each runs in a process of its own, which is killed where it goes on past the deadline; what it
answers is judged like any other answer.  Complete instances are written out pair by pair, up to
`MOST_PAIRS`.
"""

from __future__ import annotations

import importlib
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.engines.partition import KILLED, Partition, SignedPairs
from solverhub.engines.process_run import ProcessRun
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.graph_peers import MOST_WEIGHT, overdue, timed
from solverhub.exact.warm_start import begin
from solverhub.problems.signed_graph import SignedGraph

MOST_PAIRS = 2_000_000
AHEAD_S = 0.4
"""How much earlier still an evolution ends, which can overrun its time by that much."""


class ClusteringPeer:
    """What the peers have in common; a step of the budget's `iterations` is a whole run."""

    name: ClassVar[str]
    title: ClassVar[str]
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("chszlablib",)
    Params: ClassVar[type[Params]] = Params
    engine: ClassVar[str] = "solverhub.engines.chszlab_clustering"
    method: ClassVar[str | None] = None

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: SignedGraph) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        if instance.complete and instance.n * (instance.n - 1) // 2 > MOST_PAIRS:
            return f"it has more than {MOST_PAIRS} pairs"
        weights = instance.weights
        total = float(np.abs(weights.astype(np.float64)).sum())
        if self.method is not None and (weights.dtype.kind != "i" or total > MOST_WEIGHT):
            return f"its weights are not integers with a sum of at most {MOST_WEIGHT}"
        return None

    def solve(
        self,
        instance: SignedGraph,
        budget: Budget,
        *,
        params: Any = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        why = self.serves(instance)
        if why is not None:
            raise InvalidInstance(
                f"{self.name} cannot take this graph: {why}", remedy="choose another solver"
            )
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=integral)
        begin(self.problem, instance, recorder, warm_start)
        pairs = _pairs(instance)
        if recorder.limit() is None and pairs.u.size:
            run = ProcessRun(self.engine, pairs, KILLED, **self._settings(budget, seed))
            answer = EngineThread[Partition]().watch(run, lambda: overdue(recorder))
            if answer is not None and answer.labels is not None:
                self._take(instance, recorder, answer.labels)
        elif recorder.limit() is None:
            self._take(instance, recorder, np.zeros(instance.n, np.int64))
        version = importlib.import_module(self.engine).version()
        return recorder.finish(recorder.limit(), engines={self.requires[0]: version})

    def _settings(self, budget: Budget, seed: int) -> dict[str, Any]:
        if self.method is None:
            return {}
        settings = timed(self.method, budget, seed)
        until = settings["until"]
        return {**settings, "until": None if until is None else until - AHEAD_S}

    def _take(self, instance: SignedGraph, recorder: Recorder, labels: np.ndarray) -> None:
        recorder.incumbent(self.problem.objective(instance, labels), labels)


class ChszlabClusteringSolver(ClusteringPeer):
    """Multilevel label propagation and FM, once."""

    name: ClassVar[str] = "chszlab-clustering"
    title: ClassVar[str] = "Multilevel label propagation and FM (CHSZLabLib)"
    method: ClassVar[str | None] = "multilevel"


class ChszlabEvolutionSolver(ClusteringPeer):
    """Evolution of such clusterings."""

    name: ClassVar[str] = "chszlab-clustering-evolution"
    title: ClassVar[str] = "Evolutionary correlation clustering (CHSZLabLib)"
    method: ClassVar[str | None] = "evolution"


class BioimageMulticutSolver(ClusteringPeer):
    """Greedy contraction, then Kernighan-Lin with joins."""

    name: ClassVar[str] = "bioimage-multicut"
    title: ClassVar[str] = "Greedy contraction and Kernighan-Lin (bioimage-cpp)"
    requires: ClassVar[tuple[str, ...]] = ("bioimage_cpp",)
    engine: ClassVar[str] = "solverhub.engines.bioimage"


def _pairs(instance: SignedGraph) -> SignedPairs:
    u, v = instance.graph.edge_index
    weights = instance.weights
    if instance.complete:
        u, v = np.triu_indices(instance.n, 1)
        weights = instance.weights_of(u, v)
    return SignedPairs(instance.n, np.ascontiguousarray(u), np.ascontiguousarray(v), weights)
