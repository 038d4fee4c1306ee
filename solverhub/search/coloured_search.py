"""Local search for edge-coloured clustering by expansion and fusion moves.

Two colours are solved exactly by one minimum cut, with a bound that the judge recomputes.  An
iteration is one cut.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.edge_coloured_bound import share_bound
from solverhub.search.coloured_chain import ColourChain
from solverhub.search.coloured_form import Incidence
from solverhub.search.subset_chains import run_chains


class ColourSearchSolver:
    """Expansions from random starts, fused with the best."""

    name: ClassVar[str] = "colour-search"
    title: ClassVar[str] = "Expansion and fusion moves by minimum cuts; exact for two colours"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
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

        def take(labels: np.ndarray) -> bool:
            return recorder.incumbent(self.problem.objective(instance, labels), labels)

        def hear(event: Event) -> np.ndarray | None:
            if event.kind is EventKind.BOUND and event.bound is not None:
                recorder.bound(event.bound)
            if event.kind is EventKind.INCUMBENT and event.solution is not None:
                take(event.solution)
                return event.solution
            return None

        incidence = Incidence.of(instance)
        take(incidence.vote)
        threads = 1 if budget.deterministic else budget.threads
        chains = [ColourChain(incidence, seed, i) for i in range(threads)]
        if warm_start is not None:
            take(warm_start)
            for chain in chains:
                chain.adopt(warm_start)
        limit = recorder.limit()
        if limit is None and not recorder.proved():
            limit = run_chains(chains, recorder, take, hear, every_s=instance.n * 1e-7)
        return recorder.finish(
            limit, evidence=_prove(instance, recorder, chains), deterministic=threads == 1
        )


def _prove(
    instance: ColouredHypergraph, recorder: Recorder, chains: list[ColourChain]
) -> dict[str, np.ndarray] | None:
    """Record the bound of a chain that has one, and give its evidence."""
    for chain in chains:
        if chain.shares is not None:
            evidence = {"shares": chain.shares}
            bound = share_bound(instance, evidence)
            if bound is not None:
                recorder.bound(bound)
                return evidence
    return None
