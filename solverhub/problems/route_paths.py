"""Shortest paths on a road graph by Dijkstra's algorithm with a binary heap, for any edge weights.

Edges in parallel keep their own weights, which sparse matrices would add up.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numba import njit

from solverhub.problems.route_graph import RouteInstance


def distances_to_target(
    instance: RouteInstance, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each vertex to the target, float64 (n,), and the edge it leaves by, int64 (n,).

    `weights` are float64 (E,), at least 0.  An unreachable vertex is at inf and leaves by -1,
    as does the target.
    """
    distance, leaves_by = _dijkstra(*instance.links_in, weights, instance.target)
    return distance, leaves_by


def follow(instance: RouteInstance, leaves_by: np.ndarray) -> np.ndarray | None:
    """Edges of the path from the source along `leaves_by`, int64 in order of travel, or None."""
    found = []
    at = instance.source
    while at != instance.target:
        edge = int(leaves_by[at])
        if edge < 0:
            return None
        found.append(edge)
        at = int(instance.head[edge] if instance.tail[edge] == at else instance.tail[edge])
    return np.array(found, np.int64)


def as_solution(instance: RouteInstance, path: np.ndarray) -> np.ndarray:
    """The bool (E,) array of a path's edges."""
    chosen = np.zeros(instance.n_edges, dtype=bool)
    chosen[path] = True
    return chosen


@njit(cache=True, nogil=True)
def _dijkstra(indptr, neighbours, edges, weights, root):  # type: ignore[no-untyped-def]
    n = indptr.size - 1
    distance = np.full(n, np.inf)
    by = np.full(n, -1, np.int64)
    done = np.zeros(n, np.bool_)
    distance[root] = 0.0
    heap = [(0.0, root)]
    while len(heap) > 0:
        reach, x = heappop(heap)
        if done[x]:
            continue
        done[x] = True
        for k in range(indptr[x], indptr[x + 1]):
            y, e = neighbours[k], edges[k]
            through = reach + weights[e]
            if through < distance[y]:
                distance[y] = through
                by[y] = e
                heappush(heap, (through, y))
    return distance, by
