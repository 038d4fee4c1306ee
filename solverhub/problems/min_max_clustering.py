"""Min-max correlation clustering: no vertex disagrees much (Puleo and Milenkovic 2016,
arXiv:1506.08189).

Instances and solutions are those of `correlation_clustering`.  A vertex disagrees with its
positive pairs that are cut and with its negative pairs that are joined; the objective is the
largest weight of such pairs at one vertex.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from solverhub.core.result import BoundCheck, Number
from solverhub.problems.correlation_clustering import CorrelationClustering
from solverhub.problems.graph import INT64_MAX, largest
from solverhub.problems.min_max_bound import refuted_below
from solverhub.problems.signed_graph import SignedGraph


class MinMaxCorrelationClustering(CorrelationClustering):
    """Min-max correlation clustering, sparse or complete.

    Evidence for a bound: `{"limit": int, "vertices": int64 (k,), "pairs": int64 (m, 2)}`, a
    refutation of every clustering within a limit; see `min_max_bound`.
    """

    name: ClassVar[str] = "min-max-correlation-clustering"
    title: ClassVar[str] = "Min-max correlation clustering"

    def objective(self, instance: SignedGraph, solution: np.ndarray) -> Number:
        """The largest weight of disagreeing pairs at a vertex; 0 without vertices."""
        self._check(instance, solution)
        if instance.n == 0:
            return 0
        worst: Number = max(disagreements(instance, solution).tolist())
        return worst

    def bound_value(self, instance: SignedGraph, evidence: Mapping[str, Any]) -> Number | None:
        """What the refutation proves."""
        return refuted_below(instance, evidence)

    def check_bound(
        self, instance: SignedGraph, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` for 0, and where the evidence proves a bound at least as tight."""
        if bound <= 0:
            return BoundCheck.RECOMPUTED
        return super().check_bound(instance, bound, evidence)


def disagreements(instance: SignedGraph, labels: np.ndarray) -> np.ndarray:
    """Weight of the disagreeing pairs of each vertex, (n,): int64 or float64, or Python
    integers where int64 would not hold the sums; correctly rounded for fractional weights."""
    graph = instance.graph
    u, v = graph.edge_index
    together = labels[u] == labels[v]
    if instance.complete:
        _, group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
        joined = np.bincount(np.append(u[together], v[together]), minlength=instance.n)
        return graph.degrees + sizes[group.reshape(-1)] - 1 - 2 * joined
    weights = instance.weights
    broken = np.where(weights > 0, ~together, together)
    ends, cost = np.append(u[broken], v[broken]), np.abs(np.tile(weights[broken], 2))
    if cost.dtype.kind == "f":
        return _rounded_sums(instance.n, ends, cost)
    wide = cost.size * largest(cost) > INT64_MAX
    sums = np.zeros(instance.n, object if wide else np.int64)
    np.add.at(sums, ends, cost.astype(sums.dtype))
    return sums


def _rounded_sums(n: int, ends: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Sums by vertex that do not depend on the order of the pairs."""
    order = np.argsort(ends, kind="stable")
    bounds = np.searchsorted(ends[order], np.arange(n + 1))
    cost = cost[order]
    return np.array([math.fsum(cost[low:high]) for low, high in pairwise(bounds)])
