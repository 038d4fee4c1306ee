"""The judge of `metric-nearness`: triangle and cycle inequalities, and the objective.

A solution x float64 (E,) is a metric on the pairs if no path is shorter than its pair,

    x_uv <= sum of x over the pairs of any path from u to v,    x >= 0,

which in a complete instance is the triangle inequality and otherwise asks for shortest paths.
and what the instance bounds is within its bounds.  What is violated by less than `TOLERANCE` of
the largest entry counts as rounding: closures add floating point numbers along paths of up to n
pairs.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from solverhub.core.result import Violation
from solverhub.problems.binary_heap import pop, push
from solverhub.problems.metric_instance import MetricInstance, square

TOLERANCE = 1e-9
_MOST = 100


def objective(instance: MetricInstance, x: np.ndarray) -> float:
    """The norm of the change; sums are exact up to one rounding."""
    change = x - instance.distances
    w = instance.pair_weights
    if instance.norm == "linf":
        return float((w * np.abs(change)).max(initial=0.0))
    return math.fsum(w * (np.abs(change) if instance.norm == "l1" else change * change))


def slack(instance: MetricInstance, largest: float = 0.0) -> float:
    """What counts as rounding where `largest` is the largest entry of a solution."""
    return TOLERANCE * max(largest, instance.largest, float(instance.floor.max(initial=0.0)))


def violations(instance: MetricInstance, x: np.ndarray) -> list[Violation]:
    """Broken inequalities, worst first, at most 100."""
    rounding = slack(instance, float(x.max(initial=0.0)))
    u, v = instance.edge_index
    below = instance.floor - x
    broken = [
        (float(below[e]), f"the distance {u[e]} {v[e]} is {x[e]:g}, below {instance.floor[e]:g}")
        for e in np.flatnonzero(below > rounding)
    ]
    for given, text in ((instance.upper, "its bound"), (instance.distances, "the given one")):
        if given is not None and (given is instance.upper or instance.decrease_only):
            above = x - given
            broken += [
                (float(above[e]), f"the distance {u[e]} {v[e]} is {above[e]:g} above {text}")
                for e in np.flatnonzero(above > rounding)
            ]
    shortcut = shortest(instance, np.maximum(x, 0.0))
    excess = x - shortcut
    far = np.flatnonzero(excess > rounding)
    worst = far[np.argsort(-excess[far], kind="stable")[:_MOST]]
    broken += [
        (float(excess[e]), f"the distance {u[e]} {v[e]} is {x[e]:g}, a path has {shortcut[e]:g}")
        for e in worst
    ]
    broken.sort(key=lambda item: -item[0])
    return [Violation("metric", amount, text) for amount, text in broken[:_MOST]]


def closure(instance: MetricInstance) -> np.ndarray:
    """The largest metric below the distances and upper bounds: lengths of shortest paths,
    float64 (E,)."""
    x: np.ndarray = np.minimum(instance.distances, instance.ceiling)
    if not instance.complete:
        return shortest(instance, x)
    while True:
        below = np.minimum(x, shortest(instance, x))
        if np.array_equal(below, x):
            return x
        x = below


def shortest(instance: MetricInstance, x: np.ndarray) -> np.ndarray:
    """A path's length beside each pair: two pairs in a complete instance, else the shortest.

    Where some path is shorter than its pair, the complete form finds one of two pairs that is
    shorter than its own; without any both are x at least.
    """
    if instance.complete:
        matrix = square(instance.n, x)
        np.fill_diagonal(matrix, np.inf)
        return np.asarray(_two_steps(matrix))
    u, v = instance.edge_index
    ends = np.append(u, v)
    order = np.argsort(ends, kind="stable")
    indptr = np.zeros(instance.n + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=instance.n), out=indptr[1:])
    edge = np.append(np.arange(u.size), np.arange(u.size))[order]
    return np.asarray(_paths(indptr, np.append(v, u)[order], edge, x))


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _two_steps(matrix):  # type: ignore[no-untyped-def]
    """float64 (E,): min over k of matrix[i, k] + matrix[j, k], the diagonal being infinite."""
    n = matrix.shape[0]
    found = np.empty(n * (n - 1) // 2)
    e = 0
    for i in range(n):
        for j in range(i + 1, n):
            least = np.inf
            for k in range(n):
                least = min(least, matrix[i, k] + matrix[j, k])
            found[e] = least
            e += 1
    return found


@njit(cache=True, nogil=True)
def _paths(indptr, indices, edges, x):  # type: ignore[no-untyped-def]
    """float64 (E,): length of the shortest path between the ends of each pair (Dijkstra)."""
    n = indptr.size - 1
    found = x.copy()
    reached = np.full(n, np.inf)
    touched = np.empty(n, np.int64)
    keys = np.empty(indices.size + 1)
    items = np.empty(indices.size + 1, np.int64)
    for source in range(n):
        horizon = -1.0
        for at in range(indptr[source], indptr[source + 1]):
            if indices[at] > source:
                horizon = max(horizon, x[edges[at]])
        if horizon < 0:
            continue
        reached[source] = 0.0
        touched[0] = source
        count = 1
        keys[0], items[0], size = 0.0, source, 1
        while size:
            key, vertex = keys[0], items[0]
            size -= 1
            pop(keys, items, size)
            if key > reached[vertex]:
                continue
            if key > horizon:
                break
            for at in range(indptr[vertex], indptr[vertex + 1]):
                other = indices[at]
                length = key + x[edges[at]]
                if length < reached[other]:
                    if reached[other] == np.inf:
                        touched[count] = other
                        count += 1
                    reached[other] = length
                    push(keys, items, size, length, other)
                    size += 1
        for at in range(indptr[source], indptr[source + 1]):
            if indices[at] > source:
                found[edges[at]] = min(x[edges[at]], reached[indices[at]])
        for at in range(count):
            reached[touched[at]] = np.inf
    return found
