"""The correlation metric with ball rounding, a 40-approximation of min-max correlation
clustering in complete instances (Davies, Moseley and Newman, ICML 2023, arXiv:2301.13079).

With N[u] the vertex u and its positive neighbours, the metric is

    d(u, v) = 1 - |N[u] & N[v]| / |N[u] | N[v]|,

and the rounding of Kalhan, Makarychev and Zhou (2019, arXiv:1902.02444) cuts balls: of the
vertices left, take the u with the largest sum over v within `inner` of inner - d(u, v), and make
all that lie within `outer` of it a cluster.  The paper proves its ratio with smaller radii;
0.7 is what its experiments use.  One run, without any search; it is here to be measured against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.errors import InputTooLarge, InvalidInstance, InvalidParams
from solverhub.core.solver import Params
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.one_pass import OnePassSolver

MOST_VERTICES = 12_000


@dataclass(frozen=True)
class CorrelationMetricParams(Params):
    """Parameters of `correlation-metric`: the radii of the rounding, within 0 and 1."""

    inner: float = 0.7
    outer: float = 0.7

    def __post_init__(self) -> None:
        if not 0 < self.inner <= 1 or not 0 < self.outer <= 1:
            raise InvalidParams("a radius is not within 0 and 1", remedy="give 0 < radius <= 1")


class CorrelationMetricSolver(OnePassSolver):
    """Ball rounding of the correlation metric."""

    name: ClassVar[str] = "correlation-metric"
    title: ClassVar[str] = "Ball rounding of the correlation metric (complete instances)"
    Params: ClassVar[type[CorrelationMetricParams]] = CorrelationMetricParams
    floor: ClassVar[int] = 0

    def serves(self, instance: SignedGraph) -> str | None:
        """Why the instance cannot be solved, or None."""
        return None if instance.complete else "the metric is for complete instances"

    def answer(
        self, instance: SignedGraph, params: CorrelationMetricParams, seed: int
    ) -> np.ndarray:
        """The clusters of the balls; raises where the instance cannot be solved."""
        reason = self.serves(instance)
        if reason is not None:
            raise InvalidInstance(reason, remedy="give an unsigned graph, or another solver")
        if instance.n > MOST_VERTICES:
            raise InputTooLarge(
                f"{instance.n} vertices have too many distances",
                remedy=f"at most {MOST_VERTICES}",
            )
        return balls(correlation_metric(instance), params.inner, params.outer)


def correlation_metric(instance: SignedGraph) -> np.ndarray:
    """float64 (n, n): the distances."""
    n = instance.n
    near = np.eye(n, dtype=np.float32)
    u, v = instance.graph.edge_index
    near[u, v] = near[v, u] = 1.0
    shared = (near @ near).astype(np.float64)
    sizes = np.diagonal(shared)
    union = sizes[:, None] + sizes[None, :] - shared
    distance: np.ndarray = 1.0 - shared / union
    return distance


def balls(distance: np.ndarray, inner: float, outer: float) -> np.ndarray:
    """Labels int64 (n,) of the balls, cut one after another."""
    n = distance.shape[0]
    labels = np.full(n, -1, np.int64)
    near = np.maximum(inner - distance, 0.0)
    mass = near.sum(axis=1)
    left = np.ones(n, np.bool_)
    cluster = 0
    while left.any():
        centre = int(np.argmax(np.where(left, mass, -1.0)))
        ball = np.flatnonzero(left & (distance[centre] <= outer))
        labels[ball] = cluster
        left[ball] = False
        mass -= near[:, ball].sum(axis=1)
        cluster += 1
    return labels
