"""Edge-coloured clustering by its linear relaxation, rounded, and by branching where it must.

The relaxation of `reductions.coloured_to_ilp` is mostly integral on real hypergraphs, and then
is the optimum; its multipliers are shares whose bound the judge recomputes.  Otherwise it is
rounded as Veldt (ICML 2023, arXiv:2208.06506) does.  With x = 1 - y, r the largest edge and rho
uniform between 1/2 and 1/2 + 1/(2r), vertex v wants the colours with x_vc < rho and takes the
first of them in a random order of all colours; then an edge is lost with a chance of at most
2 - 2/(r + 1) times its x, for r = 2 4/3 times.  Here several rho and orders are tried and the
best result is expanded and fused with what the search has found.  What is open then is left to
HiGHS's branch and bound, whose bounds are claimed.  An iteration is one cut of the search.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.engines.highs import Model, Run
from solverhub.engines.ilp_answer import Answer
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.ilp_highs import HighsSolver
from solverhub.exact.incoming import adopt
from solverhub.exact.reduced import Link
from solverhub.exact.warm_start import begin
from solverhub.problems import families
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.edge_coloured_bound import share_bound
from solverhub.reductions.coloured_to_ilp import ColouredReduction, reduce_coloured
from solverhub.search.coloured_chain import ColourChain
from solverhub.search.coloured_form import Incidence

_ROUNDINGS = 20
_FIRST_ROUNDS, _LAST_ROUNDS = 2, 4
_SETTINGS = {"solver": "simplex", "threads": 1}


class ColouredLpSolver:
    """The relaxation over HiGHS, rounded, then branch and bound."""

    name: ClassVar[str] = "colour-lp"
    title: ClassVar[str] = "Linear relaxation (HiGHS) with rounding, branching where it is open"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("highspy",)
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: ColouredHypergraph,
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
        run = _Run(self.problem, instance, recorder, seed)
        begin(self.problem, instance, recorder, warm_start)
        return run.go()


class _Run:
    def __init__(
        self, problem: Problem, instance: ColouredHypergraph, recorder: Recorder, seed: int
    ) -> None:
        self.problem, self.instance, self.recorder, self.seed = problem, instance, recorder, seed
        self.incidence = Incidence.of(instance)
        self.chain = ColourChain(self.incidence, seed)
        self.evidence: dict[str, np.ndarray] | None = None
        self.cuts = 0

    def go(self) -> Result:
        """Search for a moment, the relaxation, its rounding, more search, branch and bound."""
        self._take(self.incidence.vote)
        self._search(_FIRST_ROUNDS)
        self._bound(self.chain.shares)
        if self._ended():
            return self._finish(self.recorder.limit(self.cuts))
        reduction = reduce_coloured(self.instance)
        answer = self._relax(reduction)
        if answer is not None and answer.values is not None and answer.row_dual is not None:
            self._bound(reduction.shares(answer.row_dual))
            self._round(reduction, answer.values)
        if not self._ended():
            self._search(_LAST_ROUNDS)
        if self._ended():
            return self._finish(self.recorder.limit(self.cuts))
        return self._branch(reduction)

    def _ended(self) -> bool:
        self._hear()
        return self.recorder.limit(self.cuts) is not None or self.recorder.proved()

    def _finish(self, limit: Limit | None) -> Result:
        return self.recorder.finish(limit, evidence=self.evidence)

    def _take(self, labels: np.ndarray) -> None:
        self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)

    def _search(self, rounds: int) -> None:
        """As many cuts as bring every colour up `rounds` times."""
        for _ in range(rounds * max(1, self.incidence.n_colours)):
            if self.chain.finished or self._ended():
                break
            self.cuts += 1
            if self.chain.run(1):
                self._take(self.chain.best())
        if self.recorder.limit() is None:
            self._take(self.chain.best())

    def _relax(self, reduction: ColouredReduction) -> Answer | None:
        """The relaxation solved, or None where it was stopped."""
        model = Model(reduction.instance)
        columns = np.arange(reduction.instance.n)
        model.set_integer(columns, np.zeros(columns.size, np.bool_))
        model.configure(_SETTINGS, {})
        return EngineThread[Answer]().watch(Run(model), self._ended)

    def _bound(self, shares: np.ndarray | None) -> None:
        if shares is None:
            return
        evidence = {"shares": shares}
        bound = share_bound(self.instance, evidence)
        if bound is not None and self.recorder.bound(bound):
            self.evidence = evidence

    def _round(self, reduction: ColouredReduction, values: np.ndarray) -> None:
        """Colourings of the relaxation: the edges beyond a half, then roundings with a ratio."""
        self._keep(reduction.lift(values))
        if not self._ended():
            for labels in rounded(self.instance, reduction, values, self.seed):
                self._keep(labels)

    def _keep(self, labels: np.ndarray) -> None:
        self._take(labels)
        self.chain.adopt(labels)
        self._take(self.chain.best())

    def _branch(self, reduction: ColouredReduction) -> Result:
        """HiGHS on the integer program, from the best so far."""
        link = Link(self.problem, self.instance, reduction, self.recorder)
        best = self.recorder.solution
        budget = self.recorder.budget.replace(incoming=link.incoming)
        result = HighsSolver(families.get("ilp")).solve(
            reduction.instance,
            budget,
            params=HighsSolver.Params(),
            seed=self.seed,
            warm_start=None if best is None else reduction.lower(best),
            observe=link.observe,
        )
        return link.finish(result, self.evidence)

    def _hear(self) -> None:
        if self.recorder.budget.deterministic:
            return
        for event in self.recorder.budget.incoming():
            adopted = adopt(self.problem, self.instance, self.recorder, event)
            if adopted and event.solution is not None:
                self.chain.adopt(event.solution)


def rounded(
    instance: ColouredHypergraph, reduction: ColouredReduction, values: np.ndarray, seed: int
) -> list[np.ndarray]:
    """Colourings by thresholds and orders of colours; see the module.

    y_vc is the largest z_e of the edges of colour c at v, which the relaxation allows.
    """
    satisfied = np.ones(instance.m)
    satisfied[reduction.edges] = values[: reduction.edges.size]
    vertex, colour = instance.vertices, instance.colour[instance.edge_of]
    y = satisfied[instance.edge_of]
    r = max(2, int(instance.sizes.max(initial=2)))
    rng = np.random.default_rng(seed)
    found = []
    for rho in 0.5 + rng.random(_ROUNDINGS) / (2 * r):
        rank = rng.permutation(instance.n_colours)
        wanted = 1.0 - y < rho
        first = np.full(instance.n, instance.n_colours)
        np.minimum.at(first, vertex[wanted], rank[colour[wanted]])
        labels = np.zeros(instance.n, np.int64)
        labels[vertex] = colour
        some = first < instance.n_colours
        labels[some] = np.argsort(rank)[first[some]]
        found.append(labels)
    return found
