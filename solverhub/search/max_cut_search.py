"""Maximum cut by annealing and recombination on all threads.

Starts from a breadth-first colouring, which is optimal wherever some cut pleases all edges
(bipartite graphs, balanced signed ones): the sum of the positive weights is then reached, and
the solve ends with that as its bound.  Otherwise chains (`max_cut_chain`) run until a limit, one
a thread, sharing the best of what they find.  An iteration is a sweep of a chain: as many tried
flips as the graph at hand, whole or contracted, has vertices.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Number, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.cut_bound import edge_total
from solverhub.problems.graph import Graph
from solverhub.search.max_cut_chain import CHAMPIONS, Chain
from solverhub.search.max_cut_graph import CutGraph, cut_graph
from solverhub.search.max_cut_kernels import cut_value, descend, fill_gains, spread

EVIDENCE = {"edge_total": True}


class MaxCutSearchSolver:
    """Annealing with recombination of elites."""

    name: ClassVar[str] = "max-cut-search"
    title: ClassVar[str] = "Annealing and recombination by contraction"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("numba",)
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MAXIMISE, observe, integral=integral)
        graph = cut_graph(instance)
        share = _Share(self.problem, instance, graph, recorder)
        share.begin(warm_start)
        threads = 1 if budget.deterministic else budget.threads
        if not share.over(0):
            _run(graph, share, threads, seed, budget.iterations)
        return recorder.finish(
            share.limit,
            evidence=EVIDENCE,
            deterministic=threads == 1,
        )


def _run(graph: CutGraph, share: _Share, threads: int, seed: int, limit: int | None) -> None:
    """One chain a thread; this one runs the first and alone listens to others."""
    seeds = np.random.SeedSequence(seed).spawn(threads)
    chains = [Chain(graph, share, each, limit) for each in seeds]
    others = [
        threading.Thread(target=share.guard, args=(chain,), daemon=True) for chain in chains[1:]
    ]
    for thread in others:
        thread.start()
    try:
        chains[0].run()
    finally:
        share.stop()
        for thread in others:
            thread.join()
    if share.error is not None:
        raise share.error


class _Share:
    """The recorder, the champions and the end, for several chains at once."""

    def __init__(
        self, problem: Problem, instance: Graph, graph: CutGraph, recorder: Recorder
    ) -> None:
        self.problem, self.instance, self.graph = problem, instance, graph
        self.recorder = recorder
        self.champions: list[np.ndarray] = []
        self.limit: Limit | None = None
        self.error: BaseException | None = None
        self._best: Number | None = None
        self._ended = False
        self._lock = threading.Lock()
        self._listener = threading.get_ident()

    def begin(self, warm_start: np.ndarray | None) -> None:
        """Record the trivial bound, the warm start and a quick first cut."""
        self.recorder.bound(edge_total(self.instance))
        if warm_start is not None:
            self._record(warm_start)
            self.champions.append(warm_start)
        side = spread(*self.graph.rows)
        gain = np.empty(self.graph.n, self.graph.weights.dtype)
        fill_gains(*self.graph.rows, side, gain)
        descend(*self.graph.rows, side, gain)
        self.offer(cut_value(*self.graph.rows, side), side)

    def guard(self, chain: Chain) -> None:
        """Run a chain in a thread; its failure ends all."""
        try:
            chain.run()
        except BaseException as error:
            self.error = error
            self.stop()

    def offer(self, value: Number, side: np.ndarray) -> None:
        """Record a cut that is better than all before; the objective is the judge's own."""
        with self._lock:
            if self._best is None or value > self._best:
                self._best = value
                self._record(side)

    def crown(self, side: np.ndarray) -> None:
        """Keep the best cut of a level, the latest `CHAMPIONS` of them."""
        with self._lock:
            self.champions = [*self.champions, side][-CHAMPIONS:]

    def over(self, sweeps: int) -> bool:
        """True once a limit is reached or the best cut proved."""
        if self._ended:
            return True
        if threading.get_ident() == self._listener:
            self._listen(self.recorder.budget.incoming())
        limit = self.recorder.limit(sweeps)
        if limit is not None:
            self.limit = self.limit or limit
        self._ended = limit is not None or self.recorder.proved()
        return self._ended

    def stop(self) -> None:
        """End all chains."""
        self._ended = True

    def _listen(self, events: Sequence[Event]) -> None:
        """Take in bounds, and the cuts of others as champions."""
        for event in events:
            if event.kind is EventKind.BOUND and event.bound is not None:
                with self._lock:
                    self.recorder.bound(event.bound)
            elif event.kind is EventKind.INCUMBENT and event.solution is not None:
                with self._lock:
                    self._record(event.solution)
                self.crown(event.solution)

    def _record(self, side: np.ndarray) -> None:
        self.recorder.incumbent(self.problem.objective(self.instance, side), side)
