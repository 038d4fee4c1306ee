"""What the chains of one maximum-cut solve share: the best cut, the champions and the end."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Number
from solverhub.problems.cut_bound import edge_total
from solverhub.problems.graph import Graph
from solverhub.reductions.kernel_max_cut import CutKernel
from solverhub.search.max_cut_chain import CHAMPIONS, Chain
from solverhub.search.max_cut_graph import CutGraph
from solverhub.search.max_cut_kernels import cut_value, descend, enumerate_cuts, fill_gains, spread

EVIDENCE = {"edge_total": True, "all_cuts": True}

ENUMERATED = 16
"""Vertices up to which all cuts are looked at."""


class CutShare:
    """The recorder, the champions and the end, for several chains at once.

    `graph` is of the instance, or of its `kernel`, to which cuts are then lifted.
    """

    def __init__(
        self,
        problem: Problem,
        instance: Graph,
        graph: CutGraph,
        recorder: Recorder,
        kernel: CutKernel | None = None,
    ) -> None:
        self.problem, self.instance, self.graph = problem, instance, graph
        self.recorder, self.kernel = recorder, kernel
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
            self.champions.append(self._projected(warm_start))
        self.improve(spread(*self.graph.rows))
        rounded = self.recorder.integral and self.graph.weights.dtype.kind == "f"
        if self.graph.n <= ENUMERATED and not rounded and not self.recorder.proved():
            self._enumerate()

    def _enumerate(self) -> None:
        """Record the best of all cuts, and that as the bound."""
        if self.graph.n > 0:
            side = spread(*self.graph.rows)
            gain = np.empty(self.graph.n, self.graph.weights.dtype)
            fill_gains(*self.graph.rows, side, gain)
            best = enumerate_cuts(*self.graph.rows, side, gain)
            self.offer(cut_value(*self.graph.rows, best), best)
        if self.recorder.objective is not None:
            self.bound(self.recorder.objective)

    def improve(self, side: np.ndarray) -> None:
        """Offer what single flips make of a cut, in place."""
        gain = np.empty(self.graph.n, self.graph.weights.dtype)
        fill_gains(*self.graph.rows, side, gain)
        descend(*self.graph.rows, side, gain)
        self.offer(cut_value(*self.graph.rows, side), side)

    def bound(self, value: Number) -> None:
        """Record a bound."""
        with self._lock:
            self.recorder.bound(value)

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
                self._record(side if self.kernel is None else self.kernel.lift(side))

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
                self.bound(event.bound)
            elif event.kind is EventKind.INCUMBENT and event.solution is not None:
                with self._lock:
                    self._record(event.solution)
                self.crown(self._projected(event.solution))

    def _projected(self, side: np.ndarray) -> np.ndarray:
        return side if self.kernel is None else side[self.kernel.kept]

    def _record(self, side: np.ndarray) -> None:
        self.recorder.incumbent(self.problem.objective(self.instance, side), side)
