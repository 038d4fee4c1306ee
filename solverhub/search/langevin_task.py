"""Graph problems as the quadratic functions that `langevin` anneals.

An independent set of weights w > 0 maximises

    sum of w_i x_i - (1 + 1/64) sum over edges of min(w_u, w_v) x_u x_v,

since leaving out the lighter end of an edge inside gains; the paper has 1.02, and a power of two
keeps sums exact.  A clique pays the largest weight for each absent edge instead, which is one
coupling of all pairs and the opposite one of every edge.  A cut with sides x weighs

    sum over edges of w_uv (x_u + x_v - 2 x_u x_v).

Ranks are the paper's, but for cuts, where 5 did better than 20 on Barabasi-Albert graphs.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from solverhub.ops.langevin import Couplings, couplings
from solverhub.ops.set_repair import repair
from solverhub.problems.graph import Graph
from solverhub.search.clique_start import greedy_clique
from solverhub.search.independent_set_task import CLIQUE, IndependentSetTask, task_of
from solverhub.search.subset_incumbents import SubsetIncumbents

PENALTY = 1 + 1 / 64


class Task(Protocol):
    """What the walks of one instance need; states are int8 (K, variables).

    `hot` and `cold` are temperatures in units of `scale`; `rank` as in `ops.langevin`.
    """

    couplings: Couplings
    rank: int
    hot: float
    cold: float
    scale: float

    def start(self, chains: int, rng: np.random.Generator) -> np.ndarray:
        """First states."""
        ...

    def repaired(self, states: np.ndarray, device: str) -> np.ndarray:
        """States made feasible, none worse."""
        ...

    def worth(self, states: np.ndarray) -> np.ndarray:
        """The objective of feasible states to maximise, float64 (K,), in any unit."""
        ...

    def solutions(self, states: np.ndarray) -> np.ndarray:
        """Solutions of the instance, one a row."""
        ...


class CutTask:
    """Maximum cut; every state is feasible."""

    rank: int = 5
    hot: float = 1.0
    cold: float = 0.05

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        w = _scaled(graph.weights_of_edges)
        u, v = graph.edge_index
        self._w = w
        each = w[graph.edge_ids]
        ends = np.bincount(u, w, graph.n) + np.bincount(v, w, graph.n)
        self.couplings = couplings(ends, graph.indptr, graph.indices, -2.0 * each)
        squares = np.bincount(u, w * w, graph.n) + np.bincount(v, w * w, graph.n)
        self.scale = _mean(np.sqrt(squares))

    def start(self, chains: int, rng: np.random.Generator) -> np.ndarray:
        """Random sides."""
        return rng.integers(0, 2, (chains, self.graph.n), np.int8)

    def repaired(self, states: np.ndarray, device: str) -> np.ndarray:
        """The states."""
        return states

    def worth(self, states: np.ndarray) -> np.ndarray:
        """Weight of the cut edges; one state at a time, for memory."""
        u, v = self.graph.edge_index
        return np.array([(state[u] != state[v]) @ self._w for state in states], np.float64)

    def solutions(self, states: np.ndarray) -> np.ndarray:
        """The states."""
        return states


class SetTask:
    """Independent sets, and with them vertex covers, and cliques."""

    hot: float = 0.15
    cold: float = 0.02

    def __init__(self, task: IndependentSetTask, clique: bool) -> None:
        self.task, self.clique = task, clique
        graph = task.graph
        w = _scaled(graph.vertex_weights)
        self._w = w
        self.scale = _mean(w)
        self.rank = 2 if clique else 5
        owner = np.repeat(np.arange(graph.n), graph.degrees)
        if clique:
            most = PENALTY * float(w.max(initial=0.0))
            values, everywhere = np.full(graph.indices.size, most), -most
        else:
            values, everywhere = -PENALTY * np.minimum(w[owner], w[graph.indices]), 0.0
        self.couplings = couplings(w, graph.indptr, graph.indices, values, everywhere)
        fits = graph.degrees + 1 if clique else 1 / (graph.degrees + 1)
        self._order = np.argsort(-w * fits, kind="stable")

    @classmethod
    def of(cls, problem_name: str, instance: Graph, known: SubsetIncumbents) -> SetTask:
        """The task of an instance; a greedy clique leaves out what cannot match it."""
        clique = problem_name == CLIQUE
        if clique:
            known.take(greedy_clique(instance))
        return cls(task_of(problem_name, instance, known.recorder.solution), clique)

    def start(self, chains: int, rng: np.random.Generator) -> np.ndarray:
        """Maximal sets in random selections; from empty ones, whose gains are all one, half of all
        vertices would flip at once."""
        half = rng.integers(0, 2, (chains, self.task.graph.n), np.int8)
        return self.repaired(half, "cpu")

    def repaired(self, states: np.ndarray, device: str) -> np.ndarray:
        """Maximal independent sets or cliques."""
        graph = self.task.graph
        found = repair(
            graph.indptr, graph.indices, self._order, states, clique=self.clique, device=device
        )
        return np.asarray(found.get() if device == "cuda" else found)

    def worth(self, states: np.ndarray) -> np.ndarray:
        """Weight of what is selected."""
        found: np.ndarray = states @ self._w
        return found

    def solutions(self, states: np.ndarray) -> np.ndarray:
        """Selections of the instance's vertices."""
        return np.stack([self.task.lift(state.astype(np.bool_)) for state in states])


def _scaled(weights: np.ndarray) -> np.ndarray:
    """Weights over a power of two, none above 1; float64."""
    found = weights.astype(np.float64)
    _, exponent = np.frexp(np.abs(found).max(initial=0.0))
    scaled: np.ndarray = np.ldexp(found, -int(exponent))
    return scaled


def _mean(values: np.ndarray[Any, Any]) -> float:
    used = values[values > 0]
    return float(used.mean()) if used.size else 1.0
