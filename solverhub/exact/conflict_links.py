"""Conflict cycles of sparse instances: a short path for each pair that wants to be apart.

Dijkstra's method from both ends in turn, always at the end with fewer vertices waiting: of two
vertices in different clusters one is often in a small one, which its side soon exhausts.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.clustering_paths import HOP, lift, sift


@njit(cache=True, nogil=True)
def linked_pairs(  # type: ignore[no-untyped-def]
    pairs, u, v, indptr, indices, edge_ids, x, slack, tolerance, most, again, states, memory
):
    """Cycles of these pairs with x(path) < slack - tolerance.

    `u`, `v`, `slack`: ends and room of each pair; `x` is raised along every path found until
    its pair is satisfied.  A pair gives at most `again` cycles, and is given up after `states`
    vertices of a search.  Ends once `most` are found.  `memory` is what `search_memory` gives.
    Returns (indptr, cycles, vertices reached): a cycle runs from u to v.
    """
    n = indptr.size - 1
    distance, before, via, key, item, touched = memory
    ends = np.zeros(most + 1, np.int64)
    cycles = np.empty(8 * most + n, np.int64)
    found = reached = 0
    for pair in pairs:
        for _ in range(again):
            limit = slack[pair] - tolerance
            if limit <= 0.0 or found == most:
                break
            meet, count = _meet(
                u[pair], v[pair], limit, states, indptr, indices, edge_ids, x,
                distance, before, via, key, item, touched,
            )  # fmt: skip
            reached += count
            if meet >= 0:
                if ends[found] + n > cycles.size:
                    grown = np.empty(2 * (ends[found] + n), np.int64)
                    grown[: ends[found]] = cycles[: ends[found]]
                    cycles = grown
                size = _write(meet, u[pair], v[pair], before, cycles, ends[found])
                _raise(meet, u[pair], v[pair], before, via, x, slack[pair], size - 1)
                found += 1
                ends[found] = ends[found - 1] + size
            for k in range(count):
                side = touched[k] // n
                distance[side, touched[k] - side * n] = np.inf
            if meet < 0:
                break
    return ends[: found + 1], cycles[: ends[found]], reached


def search_memory(n: int, entries: int) -> tuple[np.ndarray, ...]:
    """Arrays that the searches leave as they found them; `entries` are those of `indices`."""
    both = (2, entries + 2)
    return (
        np.full((2, n), np.inf), np.full((2, n), -1, np.int64), np.full((2, n), -1, np.int64),
        np.empty(both), np.empty(both, np.int64), np.empty(2 * n, np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _meet(  # type: ignore[no-untyped-def]
    start, goal, limit, states, indptr, indices, edge_ids, x,
    distance, before, via, key, item, touched,
):  # fmt: skip
    """(a vertex on a shortest path shorter than `limit` or -1, how many were touched)."""
    n = indptr.size - 1
    distance[0, start] = distance[1, goal] = 0.0
    key[0, 0] = key[1, 0] = 0.0
    item[0, 0], item[1, 0] = start, goal
    touched[0], touched[1] = start, n + goal
    count, waiting = 2, np.ones(2, np.int64)
    best, meet = limit, -1
    while waiting[0] > 0 and waiting[1] > 0 and states > 0:
        if key[0, 0] + key[1, 0] >= best:
            break
        side = 0 if waiting[0] <= waiting[1] else 1
        d, a = key[side, 0], item[side, 0]
        waiting[side] -= 1
        sift(key[side], item[side], waiting[side])
        if d > distance[side, a]:
            continue
        states -= 1
        for k in range(indptr[a], indptr[a + 1]):
            b = indices[k]
            longer = d + x[edge_ids[k]] + HOP
            if longer >= best or longer >= distance[side, b]:
                continue
            if distance[side, b] == np.inf:
                touched[count] = side * n + b
                count += 1
            distance[side, b] = longer
            before[side, b], via[side, b] = a, edge_ids[k]
            lift(key[side], item[side], waiting[side], longer, b)
            waiting[side] += 1
            if longer + distance[1 - side, b] < best:
                best, meet = longer + distance[1 - side, b], b
    return meet, count


@njit(cache=True, nogil=True)
def _write(meet, start, goal, before, cycles, at):  # type: ignore[no-untyped-def]
    """Write the path start..goal; its number of vertices."""
    size, b = 1, meet
    while b != start:
        b = before[0, b]
        size += 1
    b = meet
    for k in range(size - 1, -1, -1):
        cycles[at + k] = b
        b = before[0, b] if k else b
    b = meet
    while b != goal:
        b = before[1, b]
        cycles[at + size] = b
        size += 1
    return size


@njit(cache=True, nogil=True)
def _raise(meet, start, goal, before, via, x, slack, hops):  # type: ignore[no-untyped-def]
    """Raise x evenly along the path until it is `slack` long."""
    lack = slack - _along(meet, start, before[0], via[0], x, 0.0)
    lack -= _along(meet, goal, before[1], via[1], x, 0.0)
    if lack > 0.0:
        _along(meet, start, before[0], via[0], x, lack / hops)
        _along(meet, goal, before[1], via[1], x, lack / hops)


@njit(cache=True, nogil=True)
def _along(b, end, before, via, x, more):  # type: ignore[no-untyped-def]
    """Add `more` to x along the path from b back to `end`; its length before."""
    length = 0.0
    while b != end:
        length += x[via[b]]
        x[via[b]] += more
        b = before[b]
    return length
