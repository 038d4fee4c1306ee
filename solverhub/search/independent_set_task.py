"""Independent set, vertex cover and clique as one task: an independent set of positive weights.

| family | the vertices searched | the graph | what is selected |
|---|---|---|---|
| independent set | of positive weight | itself | the set |
| vertex cover | of positive weight | itself | all but the set |
| clique | of positive weight, in a clique as good as a known one | complement | the set |

Vertices of weight 0 or less are never worth a place in the first and third, and cost nothing in
the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.problems.graph import Graph
from solverhub.reductions.subset_rows import clique_kernel, induced

CLIQUE = "maximum-clique"
COVER = "minimum-vertex-cover"


@dataclass(frozen=True, eq=False)
class IndependentSetTask:
    """`graph` holds the vertices `vertices` (sorted) of an instance with `n` vertices.

    For a clique it is not yet the complement, which may be too large to build.
    """

    n: int
    vertices: np.ndarray
    graph: Graph
    covers: bool = False

    @cached_property
    def cost(self) -> np.ndarray:
        """Weights, float64 (graph.n,)."""
        return self.graph.vertex_weights.astype(np.float64)

    def lift(self, chosen: np.ndarray) -> np.ndarray:
        """The solution of the instance that an independent set (or clique) stands for."""
        solution = np.zeros(self.n, np.bool_)
        solution[self.vertices] = chosen
        return ~solution if self.covers else solution

    def lower(self, solution: np.ndarray) -> np.ndarray:
        """The independent set (or clique) in a solution of the instance."""
        inside: np.ndarray = solution[self.vertices]
        return ~inside if self.covers else inside.copy()


def task_of(problem_name: str, instance: Graph, known: np.ndarray | None) -> IndependentSetTask:
    """The task of an instance; a clique that is known leaves out what cannot match it."""
    weights = instance.vertex_weights
    if problem_name == CLIQUE:
        least = 0 if known is None else weights[known & (weights > 0)].sum()
        vertices = clique_kernel(instance, least)
        vertices = vertices[weights[vertices] > 0]
    else:
        vertices = np.flatnonzero(weights > 0)
    graph = instance if vertices.size == instance.n else induced(instance, vertices)
    return IndependentSetTask(instance.n, vertices, graph, covers=problem_name == COVER)
