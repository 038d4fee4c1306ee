"""Solvers of others for graph problems: peers, which `auto` never takes.

They get the graph as it is, with the time that is left, as their users would call them; what
they answer is judged like any other answer.  Each runs in a process of its own, since
nothing else ends it in time: where a peer runs on past the deadline it is killed, and the result
has the warm start or nothing.  A peer that ends by itself has no limit in its result, and a step
of the budget's `iterations` is a whole run.
"""

from __future__ import annotations

import importlib
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.core.solver import Params as NoParams
from solverhub.engines.process_run import ProcessRun
from solverhub.engines.selection import KILLED, Rows, Selection
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.warm_start import begin
from solverhub.problems.graph import Graph
from solverhub.search.independent_set_task import CLIQUE, COVER, IndependentSetTask, task_of

AHEAD_S = 0.1
"""How much before the deadline an engine is told to end, to have its answer still counted."""
GRACE_S = 0.25
"""How much after the deadline it is killed."""

MOST_WEIGHT = 2**31 - 1
"""Sum of all weights beyond which engines with 32-bit numbers are not asked."""

MOST_ABSENT_PAIRS = 20_000_000
"""Pairs of a complement beyond which it is not built."""


class GraphPeer(ABC):
    """What the peers have in common."""

    name: ClassVar[str]
    title: ClassVar[str]
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("chszlablib",)
    Params: ClassVar[type[NoParams]] = NoParams
    engine: ClassVar[str] = "solverhub.engines.chszlab"
    weighted: ClassVar[bool] = True

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: Graph) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        for weights in (instance.weights, instance.edge_weights):
            if weights is None:
                continue
            if not self.weighted:
                return "it has weights"
            if weights.dtype.kind != "i" or np.abs(weights.astype(float)).sum() > MOST_WEIGHT:
                return f"its weights are not integers with a sum of at most {MOST_WEIGHT}"
        n = instance.n
        if self.problem.name == CLIQUE and n * (n - 1) // 2 > MOST_ABSENT_PAIRS:
            return "its complement has too many edges"
        return None

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: NoParams | None = None,
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
        problem = self.problem
        integral = problem.integral(instance)
        recorder = Recorder(budget, problem.sense(instance), observe, integral=integral)
        begin(problem, instance, recorder, warm_start)
        limit = recorder.limit()
        if limit is None:
            limit = self._run(instance, recorder, seed)
        version = importlib.import_module(self.engine).version()
        return recorder.finish(limit, engines={self.requires[0]: version})

    def _run(self, instance: Graph, recorder: Recorder, seed: int) -> Limit | None:
        rows, settings = self.ask(instance, recorder.budget, seed)
        run = ProcessRun(self.engine, rows, KILLED, **settings)
        answer = EngineThread[Selection]().watch(run, lambda: overdue(recorder))
        limit = recorder.limit()
        if answer is None or answer.chosen is None:
            return limit
        if answer.claimed is not None:
            recorder.log(f"{self.name} claims {answer.claimed}", keep=True)
        solution = self.read(instance, answer.chosen)
        if self.problem.violations(instance, solution):
            recorder.log(f"the answer of {self.name} is infeasible", keep=True)
            return limit
        recorder.incumbent(self.problem.objective(instance, solution), solution)
        if answer.complete and recorder.objective is not None:
            recorder.bound(recorder.objective)
        return limit

    @abstractmethod
    def ask(self, instance: Graph, budget: Budget, seed: int) -> tuple[Rows, dict[str, Any]]:
        """The rows that the engine gets, and its settings."""

    @abstractmethod
    def read(self, instance: Graph, chosen: np.ndarray) -> np.ndarray:
        """The solution that the engine's answer, bool (vertices of the rows,), stands for."""


class IndependentSetPeer(GraphPeer):
    """A peer for independent sets; covers and cliques are asked for as such."""

    method: ClassVar[str]

    def ask(self, instance: Graph, budget: Budget, seed: int) -> tuple[Rows, dict[str, Any]]:
        """The vertices of positive weight; for a clique their complement."""
        task = self._task(instance)
        graph = task.graph.complement() if self.problem.name == CLIQUE else task.graph
        return rows_of(graph), timed(self.method, budget, seed)

    def read(self, instance: Graph, chosen: np.ndarray) -> np.ndarray:
        """The set, or all but it."""
        return self._task(instance).lift(chosen)

    def _task(self, instance: Graph) -> IndependentSetTask:
        return task_of(self.problem.name, instance, None)


class ReduMisSolver(IndependentSetPeer):
    """Evolution on a kernel that shrinks again and again."""

    name: ClassVar[str] = "redumis"
    title: ClassVar[str] = "ReduMIS (CHSZLabLib)"
    method: ClassVar[str] = "redumis"
    weighted: ClassVar[bool] = False


class OnlineMisSolver(IndependentSetPeer):
    """Local search with quick reductions on the way."""

    name: ClassVar[str] = "online-mis"
    title: ClassVar[str] = "OnlineMIS (CHSZLabLib)"
    method: ClassVar[str] = "online-mis"
    weighted: ClassVar[bool] = False


class ChilsSolver(IndependentSetPeer):
    """Concurrent local searches for weighted sets, here one of them."""

    name: ClassVar[str] = "chils"
    title: ClassVar[str] = "CHILS (CHSZLabLib)"
    method: ClassVar[str] = "chils"


class BranchReduceSolver(IndependentSetPeer):
    """Exact; what it claims when it ends in time is not certified."""

    name: ClassVar[str] = "branch-reduce"
    title: ClassVar[str] = "Branch and reduce (KaMIS, CHSZLabLib)"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    method: ClassVar[str] = "branch-reduce"


class ChszlabMaxCutSolver(GraphPeer):
    """Kernelisation and a heuristic for maximum cut."""

    name: ClassVar[str] = "chszlab-max-cut"
    title: ClassVar[str] = "Max-cut kernelisation and heuristic (CHSZLabLib)"

    def ask(self, instance: Graph, budget: Budget, seed: int) -> tuple[Rows, dict[str, Any]]:
        """The graph as it is."""
        return rows_of(instance), timed("max-cut", budget, seed)

    def read(self, instance: Graph, chosen: np.ndarray) -> np.ndarray:
        """The sides."""
        return chosen.astype(np.int8)


class NetworkxSolver(GraphPeer):
    """The approximation algorithm of networkx for the family."""

    name: ClassVar[str] = "networkx"
    title: ClassVar[str] = "Approximation algorithms of networkx"
    requires: ClassVar[tuple[str, ...]] = ("networkx",)
    engine: ClassVar[str] = "solverhub.engines.networkx_approximation"

    def serves(self, instance: Graph) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        weights = instance.weights
        if weights is None:
            return None
        if self.problem.name not in (COVER, "minimum-dominating-set"):
            return "it has weights of vertices"
        return None if (weights > 0).all() else "it has weights that are not positive"

    def ask(self, instance: Graph, budget: Budget, seed: int) -> tuple[Rows, dict[str, Any]]:
        """The graph as it is."""
        return rows_of(instance), {"method": self.problem.name, "seed": seed}

    def read(self, instance: Graph, chosen: np.ndarray) -> np.ndarray:
        """The set, or the sides."""
        return chosen.astype(self.problem.solution_form(instance)[0])


def rows_of(graph: Graph) -> Rows:
    """The graph for an engine."""
    weights = graph.edge_weights
    return Rows(
        graph.indptr,
        graph.indices.astype(np.int32),
        graph.weights,
        None if weights is None else weights[graph.edge_ids],
    )


def timed(method: str, budget: Budget, seed: int) -> dict[str, Any]:
    """Settings of a run that ends a little before the deadline."""
    until = None if budget.deadline is None else budget.deadline - AHEAD_S
    return {"method": method, "until": until, "seed": seed % MOST_WEIGHT}


def overdue(recorder: Recorder) -> bool:
    """True once a run is to be killed."""
    limit, deadline = recorder.limit(), recorder.budget.deadline
    if limit is Limit.TIME and deadline is not None:
        return time.monotonic() > deadline + GRACE_S
    return limit is not None
