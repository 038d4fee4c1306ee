"""Cubic correlation clustering: costs on pairs and triples of vertices that share a cluster.

Of all clusterings one is wanted that minimises the sum of the costs of the pairs and triples
within one cluster (Stein, Di Gregorio and Andres 2023, arXiv:2302.04694); what is not listed
costs nothing.  A solution is an int64 array (n,) of cluster labels, any integers from 0 on; in
JSON `{"labels": [...]}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems.clustering_labels import check_labels, labels_form, labels_from_wire
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.cubic_json import cubic_from_json, cubic_to_json
from solverhub.problems.graph import exact_sum
from solverhub.problems.json_arrays import parse_json_arrays
from solverhub.problems.triple_bound import negative_total, triple_messages


class CubicCorrelationClustering:
    """Cubic correlation clustering.

    Evidence for a bound: `{"triples": int64 (3, k), "messages": float64 (3, k)}`; see
    `triple_bound`.  The sum of the negative costs needs none.
    """

    name: ClassVar[str] = "cubic-correlation-clustering"
    title: ClassVar[str] = "Correlation clustering with costs on pairs and triples"
    formats: ClassVar[tuple[str, ...]] = ("json",)

    def parse(self, source: Source) -> Parsed:
        """Read the JSON form."""
        wire = parse_json_arrays(source.data, file=source.name)
        return replace(self.from_wire(wire), name=source.name)

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of `{"n", "pairs", "triples", "name"?}`; see `cubic_json`."""
        if not isinstance(wire, Mapping):
            raise InvalidInstance("the JSON is not an object", remedy='give {"n": ..., ...}')
        name = wire.get("name", "instance")
        if not isinstance(name, str):
            raise InvalidInstance("the name of the instance is not a string")
        return Parsed(self, cubic_from_json(wire), name=name)

    def to_wire(self, instance: CubicInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form; lists beyond 1000 in columns."""
        return {"problem": self.name, **cubic_to_json(instance)}

    def digest(self, instance: CubicInstance) -> str:
        """Of the canonical pairs and triples."""
        return instance.digest(self.name)

    def summary(self, instance: CubicInstance) -> dict[str, Any]:
        """Sizes, and how many costs are negative."""
        return {
            "vertices": instance.n,
            "pairs": instance.n_pairs,
            "triples": instance.n_triples,
            "negative_pairs": int(np.count_nonzero(instance.pair_costs < 0)),
            "negative_triples": int(np.count_nonzero(instance.triple_costs < 0)),
            "integral": instance.whole,
        }

    def sense(self, instance: CubicInstance) -> Sense:
        """Minimise."""
        return Sense.MINIMISE

    def integral(self, instance: CubicInstance) -> bool:
        """True unless a cost is fractional."""
        return instance.whole

    def solution_form(self, instance: CubicInstance) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """int64 (n,): the label, 0 or more, of each vertex."""
        return labels_form(instance.n)

    def objective(self, instance: CubicInstance, solution: np.ndarray) -> Number:
        """The sum of the costs within clusters, exact for integers."""
        check_labels(solution, instance.n)
        (a, b), (i, j, k) = solution[instance.pairs], solution[instance.triples]
        return exact_sum(instance.costs()[np.append(a == b, (i == j) & (j == k))])

    def violations(self, instance: CubicInstance, solution: np.ndarray) -> list[Violation]:
        """None: every clustering is feasible."""
        check_labels(solution, instance.n)
        return []

    def check_bound(
        self, instance: CubicInstance, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` where the messages, or the negative costs, prove a bound as tight."""
        if bound <= negative_total(instance):
            return BoundCheck.RECOMPUTED
        if not isinstance(evidence, Mapping):
            return None
        proved = triple_messages(instance, evidence)
        return BoundCheck.RECOMPUTED if proved is not None and bound <= proved else None

    def check_infeasible(self, instance: CubicInstance, evidence: Mapping[str, Any] | None) -> bool:
        """False: every clustering is feasible."""
        return False

    def solution_to_wire(
        self, instance: CubicInstance, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"labels": [...]}`."""
        check_labels(solution, instance.n)
        return {"labels": solution.tolist()}

    def solution_from_wire(
        self, instance: CubicInstance, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"labels": [...]}`, one integer a vertex."""
        return labels_from_wire(wire, instance.n)
