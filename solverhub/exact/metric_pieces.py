"""Parts of metric instances: the pairs that count, those that do not, cycles by vertices, and
metrics within bounds."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numba import njit

from solverhub.core.errors import InvalidInstance
from solverhub.exact.project_forget_oracle import Found
from solverhub.problems import metric_judge
from solverhub.problems.metric_instance import MetricInstance


class Closure(Protocol):
    """Anything that closes values of all pairs of an instance."""

    def closure(self, x: np.ndarray) -> np.ndarray | None:
        """Lengths of shortest paths, or None where it was stopped."""
        ...


class Oracle(Protocol):
    """Anything that finds shortest paths below limits."""

    def beaten(self, lengths: np.ndarray, limits: np.ndarray, tolerance: float) -> Found:
        """Pairs whose limits are beyond a path by more than the tolerance, with the paths."""
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
    """The instance of the pairs of positive weight or with a bound, and their positions."""
    weights = instance.pair_weights
    most = max(instance.largest, float(instance.floor.max(initial=0.0)))
    counts = weights > 0
    if instance.bounded:
        counts |= (instance.floor > 0) | (instance.ceiling < most)
    kept = np.flatnonzero(counts)
    if kept.size == instance.n_edges:
        return instance, kept
    part = MetricInstance(
        instance.n,
        np.ascontiguousarray(instance.edge_index[:, kept]),
        instance.distances[kept],
        weights[kept],
        instance.norm,
        instance.decrease_only,
        instance.floor[kept] if instance.bounded else None,
        instance.ceiling[kept] if instance.bounded else None,
    )
    return part, kept


def conflict(instance: MetricInstance, oracle: Oracle) -> np.ndarray | None:
    """The vertices int64 (k,) of a cycle that no metric within the bounds has, or None.

    A pair's lower bound is beyond the upper bounds of a path between its ends, and by more than
    what counts as rounding.
    """
    if instance.lower is None:
        return None
    floor, ceiling = instance.floor, instance.ceiling
    u, v = instance.edge_index
    rounding = metric_judge.slack(instance)
    worst = int(np.argmax(floor - ceiling))
    if floor[worst] - ceiling[worst] > 3 * rounding:
        return np.array([u[worst], v[worst]])
    found = oracle.beaten(ceiling, np.minimum(floor, ceiling), rounding)
    lengths = np.diff(found.indptr)
    beyond = found.excess - (lengths + 1) * rounding
    if beyond.max(initial=0.0) <= 0.0:
        return None
    row = int(beyond.argmax())
    edges = found.edges[found.indptr[row] : found.indptr[row + 1]]
    return np.asarray(cycle_vertices(edges, np.array([0, edges.size]), u, v))


def within(instance: MetricInstance, x: np.ndarray, oracle: Closure) -> np.ndarray | None:
    """A metric float64 (E,) within the bounds, near x; None where a closure was stopped.

    The closure of x, cut off at the upper bounds, may lack some of a lower one.  With the largest
    lack added to x before the cut it lacks nothing: a path with a pair below its upper bound has
    become longer by it, and one without is as long as any metric within the bounds has it.
    """
    closed = oracle.closure(np.clip(x, instance.floor, instance.ceiling))
    if closed is None:
        return None
    lack = float((instance.floor - closed).max(initial=0.0))
    if lack <= 0:
        return closed
    return oracle.closure(np.minimum(np.maximum(x, instance.floor) + lack, instance.ceiling))


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
