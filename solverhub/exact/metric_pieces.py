"""Parts of metric instances: the pairs that count, those that do not, and cycles by vertices."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numba import njit

from solverhub.core.errors import InvalidInstance
from solverhub.problems.metric_instance import MetricInstance


class Closure(Protocol):
    """Anything that closes values of all pairs of an instance."""

    def closure(self, x: np.ndarray) -> np.ndarray | None:
        """Lengths of shortest paths, or None where it was stopped."""
        ...


class Serving(Protocol):
    """A solver of some of the instances."""

    name: ClassVar[str]

    def serves(self, instance: MetricInstance) -> str | None:
        """Why it cannot solve the instance, or None."""
        ...


def require(solver: Serving, instance: MetricInstance) -> None:
    """Raise `InvalidInstance` where the solver does not serve the instance."""
    why = solver.serves(instance)
    if why is not None:
        raise InvalidInstance(f"{solver.name}: {why}", remedy="use auto")


def positive_part(instance: MetricInstance) -> tuple[MetricInstance, np.ndarray]:
    """The instance of the pairs of positive weight, and their positions."""
    weights = instance.pair_weights
    kept = np.flatnonzero(weights > 0)
    if kept.size == instance.n_edges:
        return instance, kept
    part = MetricInstance(
        instance.n,
        np.ascontiguousarray(instance.edge_index[:, kept]),
        instance.distances[kept],
        weights[kept],
        instance.norm,
        instance.decrease_only,
    )
    return part, kept


def extended(
    instance: MetricInstance, kept: np.ndarray, metric: np.ndarray, oracle: Closure
) -> np.ndarray | None:
    """A metric on the pairs `kept`, on all pairs: shortest paths over them.

    Pairs that no path joins get the longest path's length (a metric, since half of it were
    enough); None where the closure was stopped.
    """
    if kept.size == instance.n_edges:
        return metric
    far = max(1.0, 2.0 * float(metric.sum()))
    x = np.full(instance.n_edges, far)
    x[kept] = metric
    closed = oracle.closure(x)
    if closed is None:
        return None
    apart = closed >= far
    apart[kept] = False
    closed[apart] = closed[~apart].max(initial=0.0)
    return closed


@njit(cache=True, nogil=True)
def cycle_vertices(edges, indptr, u, v):  # type: ignore[no-untyped-def]
    """int64 (k,): the vertices of rows, each an edge and then the path between its ends.

    A row's vertices begin where its path does and end at the other end of its edge.
    """
    cycles = np.empty(edges.size, np.int64)
    for t in range(indptr.size - 1):
        first, begin = edges[indptr[t]], indptr[t] + 1
        vertex = u[first]
        if u[edges[begin]] != vertex and v[edges[begin]] != vertex:
            vertex = v[first]
        cycles[begin - 1] = vertex
        for p in range(begin, indptr[t + 1]):
            vertex = u[edges[p]] + v[edges[p]] - vertex
            cycles[p] = vertex
    return cycles
