"""Correlation clustering: clusters that disagree least with the signs of pairs (Bansal, Blum
and Chawla 2004, doi:10.1023/B:MACH.0000033116.57574.95).

A solution is an int64 array (n,) of cluster labels, any integers from 0 on; in JSON
`{"labels": [...]}` by internal order, which is the sorted order of the ids.  The objective
is the weight of positive pairs in two clusters plus that of negative pairs in one.

A graph without negative weights means the complete unweighted problem, in which an edge
wants one cluster and a missing pair two (its weights are dropped with a warning); any other
is sparse, and a pair that is not listed costs nothing.  JSON may say which by `"complete"`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming, Parsed
from solverhub.core.result import Number, Sense, Violation
from solverhub.problems.clustering_labels import check_labels, labels_form, labels_from_wire
from solverhub.problems.cycle_bound import cycle_packing
from solverhub.problems.graph import Graph, exact_sum
from solverhub.problems.graph_family import GraphFamily
from solverhub.problems.graph_formats.json_form import graph_to_json
from solverhub.problems.graph_formats.raw import RawGraph
from solverhub.problems.signed_graph import SignedGraph


class CorrelationClustering(GraphFamily):
    """Correlation clustering, sparse or complete.

    Evidence for a bound: `{"cycles": int64 (k,), "indptr": int64 (c + 1,), "duals": float64
    (c,)}`, the vertices of cycles and their multipliers; see `cycle_bound`.
    """

    name: ClassVar[str] = "correlation-clustering"
    title: ClassVar[str] = "Correlation clustering"
    edge_weighted: ClassVar[bool] = True
    own_keys: ClassVar[tuple[str, ...]] = ("complete",)
    goal: ClassVar[Sense] = Sense.MINIMISE

    def build(
        self, raw: RawGraph, name: str, *, signs: bool = False, complete: bool | None = None
    ) -> Parsed:
        """The instance of a graph as read, with warnings of what was dropped."""
        parsed = super().build(raw, name, signs=signs)
        graph: Graph = parsed.instance
        instance = SignedGraph.of(graph, complete)
        warnings = list(parsed.warnings)
        if instance.complete and graph.edge_weights is not None and complete is None:
            warnings.append("no weight is negative: weights are ignored and missing pairs weigh -1")
        return Parsed(self, instance, parsed.naming, parsed.name, tuple(warnings))

    def of_graph(self, graph: Graph) -> SignedGraph:
        """The instance of a graph that was made rather than read."""
        return SignedGraph.of(graph)

    def from_raw(
        self, raw: RawGraph, wire: Mapping[str, Any], name: str, *, signs: bool = False
    ) -> Parsed:
        """The instance of a graph in JSON, with its `"complete"` key."""
        complete = wire.get("complete")
        if complete is not None and not isinstance(complete, bool):
            raise InvalidInstance('"complete" is not a boolean', remedy="give true or false")
        return self.build(raw, name, signs=signs, complete=complete)

    def to_wire(self, instance: SignedGraph, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form; edges beyond 1000 in columns."""
        form = graph_to_json(instance.graph, naming)
        return {"problem": self.name, "complete": instance.complete, **form}

    def digest(self, instance: SignedGraph) -> str:
        """Of the canonical graph and whether it is complete."""
        return instance.graph.digest(f"{self.name} complete={instance.complete}")

    def summary(self, instance: SignedGraph) -> dict[str, Any]:
        """Sizes, degrees, components and the like."""
        summary = super().summary(instance.graph)
        return {
            **summary,
            "complete": instance.complete,
            "negative_pairs": instance.negative_pairs,
            "edge_weighted": instance.graph.edge_weights is not None,
        }

    def integral(self, instance: SignedGraph) -> bool:
        """True unless a weight is fractional."""
        return bool(instance.weights.dtype.kind == "i")

    def solution_form(self, instance: SignedGraph) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """int64 (n,): the label, 0 or more, of each vertex."""
        return labels_form(instance.n)

    def objective(self, instance: SignedGraph, solution: np.ndarray) -> Number:
        """Weight of the pairs that disagree."""
        self._check(instance, solution)
        u, v = instance.graph.edge_index
        together = solution[u] == solution[v]
        if instance.complete:
            sizes = np.unique(solution, return_counts=True)[1].tolist()
            joined = int(np.count_nonzero(together))
            within: int = sum(s * (s - 1) // 2 for s in sizes)
            return int(within + together.size - 2 * joined)
        weights = instance.weights
        broken = np.where(weights > 0, ~together, together)
        return exact_sum(np.abs(weights[broken]))

    def violations(self, instance: SignedGraph, solution: np.ndarray) -> list[Violation]:
        """None: every clustering is feasible."""
        self._check(instance, solution)
        return []

    def bound_value(self, instance: SignedGraph, evidence: Mapping[str, Any]) -> Number | None:
        """What the cycles and their multipliers prove."""
        return cycle_packing(instance, evidence)

    def solution_to_wire(
        self, instance: SignedGraph, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"labels": [...]}`, in internal order."""
        self._check(instance, solution)
        return {"labels": solution.tolist()}

    def solution_from_wire(
        self, instance: SignedGraph, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"labels": [...]}`, one integer a vertex."""
        return labels_from_wire(wire, instance.n)

    def _check(self, instance: SignedGraph, solution: np.ndarray) -> None:
        check_labels(solution, instance.n)
