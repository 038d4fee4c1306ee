"""The linear-time algorithms for edge-coloured clustering that others are measured against.

`majority-vote` gives every vertex the colour with the most weight of its edges, within r times
the optimum for edges of at most r vertices (Amburg, Veldt and Benson 2020, arXiv:1910.09943).
`pitt-colouring` and `match-colouring` are the 2-approximations of Veldt (ICML 2023,
arXiv:2208.06506) by vertex covers of the conflicts; vertices without an edge left take the
majority's colour, which the paper leaves open.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.search.coloured_form import Incidence
from solverhub.search.coloured_kernels import matched, pitt
from solverhub.search.one_pass import OnePassSolver
from solverhub.search.subset_random import random_state


class BaselineSolver(OnePassSolver):
    """What they share: the incidence, and that `colours` gives the colouring."""

    floor: ClassVar[int] = 0

    def answer(self, instance: ColouredHypergraph, params: Any, seed: int) -> np.ndarray:
        """The colouring."""
        return self.colours(Incidence.of(instance), seed)

    @abstractmethod
    def colours(self, incidence: Incidence, seed: int) -> np.ndarray:
        """int64 (n,)."""


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
