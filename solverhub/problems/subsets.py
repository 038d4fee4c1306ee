"""Choosing vertices of a graph: independent set, clique, vertex cover, dominating set.

A solution is a bool array (n,); in JSON `{"selected": [vertex ids]}`.  The objective is
the number, or the weight, of the selected vertices.  The empty graph, and for the first
two the empty selection, are feasible.  Bounds are rechecked in `subset_bounds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import INTERNAL, Naming
from solverhub.core.result import Number, Sense, Violation
from solverhub.problems import subset_bounds
from solverhub.problems.graph import Graph, exact_sum
from solverhub.problems.graph_family import GraphFamily, check_form

MOST_VIOLATIONS = 100


class _SubsetFamily(GraphFamily):
    def solution_form(self, instance: Graph) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """bool (n,): True for selected vertices."""
        return np.dtype(np.bool_), (instance.n,)

    def objective(self, instance: Graph, solution: np.ndarray) -> Number:
        """Number or weight of the selected vertices."""
        self._check(instance, solution)
        if instance.weights is None:
            return int(np.count_nonzero(solution))
        return exact_sum(instance.weights[solution])

    def solution_to_wire(
        self, instance: Graph, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"selected": [ids]}`, in internal order."""
        self._check(instance, solution)
        return {"selected": [naming.item(i) for i in np.flatnonzero(solution).tolist()]}

    def solution_from_wire(
        self, instance: Graph, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"selected": [ids]}`; unknown and repeated ids are refused."""
        ids = wire.get("selected") if isinstance(wire, Mapping) else None
        if not isinstance(ids, list | tuple):
            raise InvalidSolution(
                'the solution has no list "selected"', remedy='give {"selected": [vertex ids]}'
            )
        index = positions(instance.n, naming)
        solution = np.zeros(instance.n, np.bool_)
        for vertex in ids:
            plain = isinstance(vertex, int | str) and not isinstance(vertex, bool)
            at = index.get(vertex) if plain else None
            if at is None:
                raise InvalidSolution(
                    f"{vertex!r:.80} is no vertex", remedy="use the vertex ids of the input"
                )
            if solution[at]:
                raise InvalidSolution(f"vertex {vertex!r:.80} is selected twice")
            solution[at] = True
        return solution

    def _check(self, instance: Graph, solution: np.ndarray) -> None:
        check_form(solution, *self.solution_form(instance), "the selection")


class _Identity:
    """Ids 0..n-1 as their own positions."""

    def __init__(self, ids: range) -> None:
        self._ids = ids

    def get(self, vertex: Any) -> int | None:
        inside = isinstance(vertex, int) and vertex in self._ids
        return vertex - self._ids.start if inside else None


def positions(n: int, naming: Naming) -> Any:
    """Something whose `get(id)` is the internal index of a vertex, or None."""
    ids = range(n) if naming.items is None else naming.items
    if isinstance(ids, range):
        return _Identity(ids)
    return {naming.item(i): i for i in range(n)}


def _edge_violations(graph: Graph, broken: np.ndarray, what: str) -> list[Violation]:
    u, v = graph.edge_index[:, np.flatnonzero(broken)[:MOST_VIOLATIONS]].tolist()
    return [
        Violation(f"edge {a}-{b}", 1.0, f"edge {a}-{b} {what}") for a, b in zip(u, v, strict=True)
    ]


class MaximumIndependentSet(_SubsetFamily):
    """Largest set of vertices no two of which are adjacent.

    Evidence for a bound: `{"clique_cover": int (n,)}`, a label for each vertex such that
    equal labels are a clique.
    """

    name: ClassVar[str] = "maximum-independent-set"
    title: ClassVar[str] = "Maximum independent set"
    goal: ClassVar[Sense] = Sense.MAXIMISE

    def violations(self, instance: Graph, solution: np.ndarray) -> list[Violation]:
        """Edges with both ends selected."""
        self._check(instance, solution)
        u, v = instance.edge_index
        return _edge_violations(instance, solution[u] & solution[v], "has both ends in the set")

    def bound_value(self, instance: Graph, evidence: Mapping[str, Any]) -> Number | None:
        """Sum over the cliques of their largest weight."""
        return subset_bounds.clique_cover(instance, evidence.get("clique_cover"))


class MaximumClique(_SubsetFamily):
    """Largest set of vertices every two of which are adjacent.

    Evidence for a bound: `{"colouring": int (n,)}`, a colour for each vertex such that
    adjacent vertices differ.
    """

    name: ClassVar[str] = "maximum-clique"
    title: ClassVar[str] = "Maximum clique"
    goal: ClassVar[Sense] = Sense.MAXIMISE

    def violations(self, instance: Graph, solution: np.ndarray) -> list[Violation]:
        """Pairs of selected vertices that are not adjacent."""
        self._check(instance, solution)
        u, v = instance.edge_index
        chosen = np.flatnonzero(solution)
        inside = int(np.count_nonzero(solution[u] & solution[v]))
        found: list[Violation] = []
        if inside == chosen.size * (chosen.size - 1) // 2:
            return found
        for at, a in enumerate(chosen.tolist()):
            absent = np.setdiff1d(chosen[at + 1 :], instance.neighbours(a), assume_unique=True)
            found += [
                Violation(f"pair {a}-{b}", 1.0, f"vertices {a} and {b} are not adjacent")
                for b in absent[: MOST_VIOLATIONS - len(found)].tolist()
            ]
            if len(found) == MOST_VIOLATIONS:
                break
        return found

    def bound_value(self, instance: Graph, evidence: Mapping[str, Any]) -> Number | None:
        """Sum over the colours of their largest weight."""
        return subset_bounds.colouring(instance, evidence.get("colouring"))


class MinimumVertexCover(_SubsetFamily):
    """Smallest set of vertices that touches every edge.

    Evidence for a bound: `{"matching": edge indices}`, no two sharing a vertex,
    `{"edge_packing": float (E,)}`, nonnegative values whose sum at each vertex is at most
    its weight, or the `{"clique_cover": int (n,)}` of an independent set.
    """

    name: ClassVar[str] = "minimum-vertex-cover"
    title: ClassVar[str] = "Minimum vertex cover"
    goal: ClassVar[Sense] = Sense.MINIMISE

    def violations(self, instance: Graph, solution: np.ndarray) -> list[Violation]:
        """Edges with no end selected."""
        self._check(instance, solution)
        u, v = instance.edge_index
        return _edge_violations(instance, ~(solution[u] | solution[v]), "is not covered")

    def bound_value(self, instance: Graph, evidence: Mapping[str, Any]) -> Number | None:
        """Value of the matching or packing, or what a best independent set must leave."""
        if "clique_cover" in evidence:
            inside = subset_bounds.clique_cover(instance, evidence["clique_cover"])
            return None if inside is None else exact_sum(instance.vertex_weights) - inside
        if "matching" in evidence:
            return subset_bounds.matching(instance, evidence["matching"])
        return subset_bounds.edge_packing(instance, evidence.get("edge_packing"))


class MinimumDominatingSet(_SubsetFamily):
    """Smallest set of vertices such that every vertex is in it or next to it.

    Evidence for a bound: `{"packing": vertex indices}`, pairwise further apart than 2, or
    `{"fractional_packing": float (n,)}`, nonnegative values whose sum over each closed
    neighbourhood is at most the weight of its centre.
    """

    name: ClassVar[str] = "minimum-dominating-set"
    title: ClassVar[str] = "Minimum dominating set"
    goal: ClassVar[Sense] = Sense.MINIMISE

    def violations(self, instance: Graph, solution: np.ndarray) -> list[Violation]:
        """Vertices that are neither selected nor next to a selected one."""
        self._check(instance, solution)
        u, v = instance.edge_index
        dominated = solution.copy()
        dominated[u[solution[v]]] = True
        dominated[v[solution[u]]] = True
        return [
            Violation(f"vertex {x}", 1.0, f"vertex {x} is not dominated")
            for x in np.flatnonzero(~dominated)[:MOST_VIOLATIONS].tolist()
        ]

    def bound_value(self, instance: Graph, evidence: Mapping[str, Any]) -> Number | None:
        """Value of the packing."""
        if "packing" in evidence:
            return subset_bounds.packing(instance, evidence["packing"])
        return subset_bounds.fractional_packing(instance, evidence.get("fractional_packing"))
