"""Bounds of maximum cuts by odd-cycle cutting planes, proofs where they close the gap.

The relaxation has a variable y_e in [0, 1] an edge, 1 where it is cut, and the odd-cycle
inequalities that separation finds (`max_cut_separation`).  It is exact for graphs without a K5
minor, planar ones among them, and strong for sparse graphs such as toroidal grids; for dense
ones it is weak.  The bound of each round is computed from the multipliers of the inequalities
as the judge does it (`problems.cut_bound`), parity of integer weights included, and they are
the evidence of the result.  A spanning tree of the edges that are the least fractional gives a
cut a round.  When no inequality is violated any more, chains of `max-cut-search` use what is
left of the budget.

An iteration is a round of the relaxation, and then, counted anew, a sweep of a chain.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.max_cut_separation import separate
from solverhub.problems.cut_bound import odd_cycles
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.max_cut_graph import cut_graph
from solverhub.search.max_cut_kernels import spread
from solverhub.search.max_cut_search import run_chains
from solverhub.search.max_cut_share import EVIDENCE, CutShare

SHARE = 3
"""Inequalities a round and vertex."""
LEAST = 1e-3
"""Violation from which an inequality is added."""
STEPS = (0.05, 0.01, 1e-3, 1e-5)
"""Costs an edge of a cycle, in the order in which separation tries them."""
ENOUGH = 50
"""Inequalities a round with which it does not try the next."""
LOOSE = 0.02
"""Slack from which it is dropped, in rounds that tightened the bound."""
CROWDED = 5
"""It is dropped when one in so many is loose."""
SLICE_S = 0.02


class OddCycleCutsSolver:
    """HiGHS on odd-cycle inequalities."""

    name: ClassVar[str] = "odd-cycle-cuts"
    title: ClassVar[str] = "Odd-cycle cutting planes (HiGHS)"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("highspy",)
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
        from solverhub.engines import highs

        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MAXIMISE, observe, integral=integral)
        graph = cut_graph(instance)
        share = CutShare(self.problem, instance, graph, recorder)
        share.begin(warm_start)
        relaxation = _Relaxation(instance, share, seed)
        relaxation.run()
        threads = 1 if budget.deterministic else budget.threads
        if share.limit is None and not share.over(0):
            run_chains(graph, share, threads, seed, budget.iterations)
        return recorder.finish(
            share.limit,
            evidence=relaxation.evidence,
            engines={"highs": highs.version()},
            deterministic=threads == 1,
        )


class _Relaxation:
    """The linear program, its inequalities (`sizes`, `edges`, `odd`), and the best evidence."""

    def __init__(self, instance: Graph, share: CutShare, seed: int) -> None:
        self.instance, self.share = instance, share
        self.rng = np.random.default_rng(seed)
        self.evidence: dict[str, Any] = dict(EVIDENCE)
        self.best = np.inf
        self.rounds = 0
        self.sizes = np.zeros(0, np.int64)
        self.edges = np.zeros(0, np.int64)
        self.odd = np.zeros(0, np.bool_)
        weights = instance.weights_of_edges
        self.scale = float(np.abs(weights.astype(np.float64)).max(initial=0.0)) or 1.0

    def run(self) -> None:
        """Rounds until nothing is violated, the bound is met or a limit is reached."""
        from solverhub.engines.highs import Model, Run
        from solverhub.engines.ilp_answer import Status

        if self.share.over(0):
            return
        y = (self.instance.weights_of_edges > 0).astype(np.float64)
        model = Model(self._program())
        model.configure({"threads": 1, "presolve": "off"}, {})
        while not self.share.over(self.rounds):
            found = self._violated(y)
            if not found[0].size:
                return
            self._add(model, *found)
            answer = EngineThread[Any]().watch(Run(model), self._over)
            if answer is None or answer.status is not Status.OPTIMAL:
                return
            self.rounds += 1
            y = np.clip(answer.values, 0.0, 1.0)
            self.share.improve(self._rounded(y))
            if self._bounded(np.maximum(answer.row_dual, 0.0) * self.scale):
                self._drop(model, y)

    def _over(self) -> bool:
        return self.share.over(self.rounds)

    def _program(self) -> IntegerProgram:
        m = self.instance.n_edges
        return IntegerProgram(
            sense=Sense.MAXIMISE,
            c=self.instance.weights_of_edges / self.scale,
            offset=0.0,
            A=csr_array((0, m)),
            row_lower=np.zeros(0),
            row_upper=np.zeros(0),
            lower=np.zeros(m),
            upper=np.ones(m),
            integer=np.zeros(m, np.bool_),
        )

    def _violated(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sizes, edges and flags of violated inequalities, of short cycles where there are some."""
        for each in STEPS:
            found = self._separated(y, each)
            if found[0].size >= ENOUGH or self._over():
                break
        return found

    def _separated(self, y: np.ndarray, cost: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Violated inequalities at one cost an edge, in slices; fewer when time is up."""
        graph = self.instance
        arrays = graph.indptr, graph.indices, graph.edge_ids, y
        seen = np.zeros(graph.n, np.int64)
        starts = self.rng.permutation(graph.n)
        parts: list[Any] = []
        at, step = 0, 16
        while at < graph.n and not (parts and self._over()):
            began = time.perf_counter()
            parts.append(separate(*arrays, starts[at : at + step], seen, SHARE, LEAST, cost))
            at += step
            if time.perf_counter() - began < SLICE_S:
                step *= 2
            elif step > 1:
                step //= 2
        sizes, edges, odd = (np.concatenate(each) for each in zip(*parts, strict=True))
        return sizes, edges, odd

    def _add(self, model: Any, sizes: np.ndarray, edges: np.ndarray, odd: np.ndarray) -> None:
        ends = np.concatenate([[0], np.cumsum(sizes)])
        owner = np.repeat(np.arange(sizes.size), sizes)
        rows = csr_array(
            (np.where(odd, 1.0, -1.0), edges, ends), shape=(sizes.size, self.instance.n_edges)
        )
        most = np.bincount(owner, odd, sizes.size) - 1.0
        model.add_rows(rows, np.full(sizes.size, -np.inf), most)
        self.sizes = np.concatenate([self.sizes, sizes])
        self.edges = np.concatenate([self.edges, edges])
        self.odd = np.concatenate([self.odd, odd])

    def _bounded(self, multiplier: np.ndarray) -> bool:
        """Record what the multipliers prove; True if the relaxation is tighter than before."""
        used = multiplier > 1e-9 * self.scale
        inside = np.repeat(used, self.sizes)
        cycles = {
            "indptr": np.concatenate([[0], np.cumsum(self.sizes[used])]),
            "edges": self.edges[inside],
            "odd": self.odd[inside],
            "multiplier": multiplier[used],
        }
        value = odd_cycles(self.instance, cycles)
        if value is None:
            return False
        owner = np.repeat(np.arange(self.sizes.size), self.sizes)
        most = np.bincount(owner, self.odd, self.sizes.size) - 1.0
        known = self.share.recorder.best_bound
        if known is None or value < known:
            self.evidence = {"odd_cycles": cycles}
        self.share.bound(value)
        return self._tighter(float(most @ multiplier), multiplier)

    def _tighter(self, base: float, multiplier: np.ndarray) -> bool:
        each = np.repeat(multiplier, self.sizes)
        used = np.bincount(self.edges, np.where(self.odd, each, -each), self.instance.n_edges)
        left = self.instance.weights_of_edges - used
        now = base + float(np.maximum(left, 0.0).sum())
        better = now < self.best - 1e-7 * max(1.0, abs(now))
        self.best = min(self.best, now)
        return better

    def _drop(self, model: Any, y: np.ndarray) -> None:
        """Drop what is loose, if that is a lot."""
        owner = np.repeat(np.arange(self.sizes.size), self.sizes)
        terms = np.where(self.odd, 1.0 - y[self.edges], y[self.edges])
        loose = np.bincount(owner, terms, self.sizes.size) - 1.0 > LOOSE
        if CROWDED * np.count_nonzero(loose) < loose.size:
            return
        model.delete_rows(np.flatnonzero(loose))
        kept = np.repeat(~loose, self.sizes)
        self.sizes, self.edges, self.odd = self.sizes[~loose], self.edges[kept], self.odd[kept]

    def _rounded(self, y: np.ndarray) -> np.ndarray:
        """The cut that a spanning forest of the least fractional edges agrees with."""
        n, (u, v) = self.instance.n, self.instance.edge_index
        doubt = 1.0 + np.minimum(y, 1.0 - y)
        order = np.argsort(doubt, kind="stable")
        place = np.empty(order.size)
        place[order] = np.arange(1, order.size + 1)
        # distinct costs name the edges of the forest
        forest = minimum_spanning_tree(csr_array((place, (u, v)), shape=(n, n)))
        chosen = order[forest.data.astype(np.int64) - 1]
        tree = Graph.from_edges(
            n, u[chosen], v[chosen], edge_weights=np.where(y[chosen] > 0.5, 1, -1)
        )
        side: np.ndarray = spread(*cut_graph(tree).rows)
        return side
