"""The linear-time algorithms for edge-coloured clustering that others are measured against.

`majority-vote` gives every vertex the colour with the most weight of its edges, within r times
the optimum for edges of at most r vertices (Amburg, Veldt and Benson 2020, arXiv:1910.09943).
`pitt-colouring` and `match-colouring` are the 2-approximations of Veldt (ICML 2023,
arXiv:2208.06506) by vertex covers of the conflicts; vertices without an edge left take the
majority's colour, which the paper leaves open.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.search.coloured_form import Incidence
from solverhub.search.coloured_kernels import matched, pitt
from solverhub.search.subset_random import random_state


class BaselineSolver:
    """What they share: one pass, whose colouring `colours` gives."""

    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("numba",)
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def colours(self, incidence: Incidence, seed: int) -> np.ndarray:
        """int64 (n,)."""
        raise NotImplementedError

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
        if warm_start is not None:
            recorder.incumbent(self.problem.objective(instance, warm_start), warm_start)
        limit = recorder.limit()
        if limit is None:
            labels = self.colours(Incidence.of(instance), seed)
            recorder.incumbent(self.problem.objective(instance, labels), labels)
        return recorder.finish(limit)


class MajorityVoteSolver(BaselineSolver):
    """Every vertex takes the colour of most of its edges."""

    name: ClassVar[str] = "majority-vote"
    title: ClassVar[str] = "Majority vote of a vertex's edges (r-approximation)"

    def colours(self, incidence: Incidence, seed: int) -> np.ndarray:
        """int64 (n,)."""
        return incidence.vote


class PittColouringSolver(BaselineSolver):
    """Of two edges in conflict one goes by chance."""

    name: ClassVar[str] = "pitt-colouring"
    title: ClassVar[str] = "PittColoring (randomised 2-approximation)"

    def colours(self, incidence: Incidence, seed: int) -> np.ndarray:
        """int64 (n,)."""
        order = np.random.default_rng(seed).permutation(incidence.at.size - 1)
        drawn = (*incidence.arrays, order, random_state(seed))
        return incidence.labels(pitt(*drawn))


class MatchColouringSolver(BaselineSolver):
    """Two edges in conflict both pay."""

    name: ClassVar[str] = "match-colouring"
    title: ClassVar[str] = "MatchColoring (2-approximation by local ratios)"

    def colours(self, incidence: Incidence, seed: int) -> np.ndarray:
        """int64 (n,)."""
        order = np.random.default_rng(seed).permutation(incidence.at.size - 1)
        drawn = (*incidence.arrays, order)
        return incidence.labels(matched(*drawn))
