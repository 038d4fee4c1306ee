"""A first packing of conflict cycles in sparse instances: cycles that share no weight.

For one pair that wants to be apart after another a path of few positive edges with weight left
is looked for, breadth first from both ends, and takes as much as is left along it and of the pair
(the iterated cycle packing of Lange, Karrenbauer and Andres, ICML 2018, with one pass).  Edges
without weight leave the rows of the graph, so that searches get cheaper.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph

_LONGEST = 6
"""Positive edges of a cycle, about."""
_STATES = 600
"""Vertices after which a search goes no deeper."""
_SPENT = 1e-9


class CyclePasses:
    """The pass over the pairs, a part at a time."""

    def __init__(
        self, graph: Graph, u: np.ndarray, v: np.ndarray, cost: np.ndarray, order: np.ndarray
    ) -> None:
        """`u`, `v`: ends of the pairs, tried in this `order`; `cost`: of the edges, then pairs."""
        self.order, self.pairs = order, (u, v, cost[graph.n_edges :].copy())
        self.state = (
            graph.indptr, graph.indptr[1:].copy(), graph.indices.copy(), graph.edge_ids.copy(),
            _places(graph.indptr, graph.indices, graph.edge_ids), cost[: graph.n_edges].copy(),
        )  # fmt: skip
        self.memory = (
            np.full((2, graph.n), -1, np.int64), np.empty((2, graph.n), np.int64),
            np.empty((2, graph.n), np.int64),
        )  # fmt: skip

    @property
    def done(self) -> bool:
        """Whether all pairs have been tried."""
        return self.order.size == 0

    def more(self, work: int) -> tuple[np.ndarray, np.ndarray]:
        """(ends, cycles), each from an end of its pair to the other, found by reading about
        `work` entries of rows."""
        ends, cycles, tried = disjoint_cycles(
            self.order, *self.pairs, self.state, self.memory, _LONGEST, _STATES, work
        )
        self.order = self.order[tried:]
        return ends, cycles


@njit(cache=True, nogil=True)
def _places(indptr, indices, edge_ids):  # type: ignore[no-untyped-def]
    """int64 (2, E): where each edge is in the row of its smaller end, and of its larger."""
    place = np.empty((2, indices.size // 2), np.int64)
    for x in range(indptr.size - 1):
        for k in range(indptr[x], indptr[x + 1]):
            place[0 if x < indices[k] else 1, edge_ids[k]] = k
    return place


@njit(cache=True, nogil=True)
def disjoint_cycles(pairs, u, v, left, state, memory, longest, states, work):  # type: ignore[no-untyped-def]
    """Cycles of these pairs; (ends, cycles, pairs tried).

    `state`: rows of the graph, each `live` until there and spent from there on, the places of
    edges in them, and the `room` of each edge; `left`: of each pair.  Both change.
    """
    indptr, live, indices, edge_ids, place, room = state
    origin, via, queue = memory
    size = longest + 2
    cycles = np.empty(1024 * size, np.int64)
    ends = [0]
    tried = 0
    for pair in pairs:
        if work <= 0:
            break
        tried += 1
        while left[pair] > _SPENT:
            meet, reached, read = _meet(
                u[pair], v[pair], indptr, live, indices, edge_ids, origin, via, queue, longest,
                states,
            )  # fmt: skip
            work -= read
            if meet >= 0:
                amount = left[pair]
                for s in range(2):
                    amount = min(amount, _least(meet, origin[s], via[s], room))
                left[pair] -= amount
                if ends[-1] + size > cycles.size:
                    cycles = np.append(cycles, np.empty(cycles.size, np.int64))
                ends.append(_write(meet, origin, cycles, ends[-1]))
                for s in range(2):
                    _spend(
                        meet, origin[s], via[s], amount, room, indptr, live, indices, edge_ids,
                        place,
                    )  # fmt: skip
            for s in range(2):
                for q in range(reached[s]):
                    origin[s, queue[s, q]] = -1
            if meet < 0:
                break
    return np.array(ends), cycles[: ends[-1]], tried


@njit(cache=True, nogil=True)
def _meet(  # type: ignore[no-untyped-def]
    start, goal, indptr, live, indices, edge_ids, origin, via, queue, longest, states
):
    """(where two searches met or -1, how many vertices each reached, entries read)."""
    first, last = np.zeros(2, np.int64), np.ones(2, np.int64)
    origin[0, start], queue[0, 0] = start, start
    origin[1, goal], queue[1, 0] = goal, goal
    read = 0
    for _ in range(longest):
        s = 0 if last[0] - first[0] <= last[1] - first[1] else 1
        begin, end = first[s], last[s]
        for q in range(begin, end):
            x = queue[s, q]
            read += live[x] - indptr[x]
            for k in range(indptr[x], live[x]):
                y = indices[k]
                if origin[s, y] >= 0:
                    continue
                origin[s, y], via[s, y] = x, edge_ids[k]
                queue[s, last[s]] = y
                last[s] += 1
                if origin[1 - s, y] >= 0:
                    return y, last, read
        first[s] = end
        if last[s] == end or last[0] + last[1] > states:
            break
    return -1, last, read


@njit(cache=True, nogil=True)
def _least(x, origin, via, room):  # type: ignore[no-untyped-def]
    """The least room on the way from x to where its search began."""
    least = np.inf
    while origin[x] != x:
        least = min(least, room[via[x]])
        x = origin[x]
    return least


@njit(cache=True, nogil=True)
def _write(meet, origin, cycles, at):  # type: ignore[no-untyped-def]
    """Write the path from the first search's start to the second's; where it ends."""
    begin, x = at, meet
    while origin[0, x] != x:
        cycles[at] = x
        at += 1
        x = origin[0, x]
    cycles[at] = x
    at += 1
    cycles[begin:at] = cycles[begin:at][::-1].copy()
    x = meet
    while origin[1, x] != x:
        x = origin[1, x]
        cycles[at] = x
        at += 1
    return at


@njit(cache=True, nogil=True)
def _spend(x, origin, via, amount, room, indptr, live, indices, edge_ids, place):  # type: ignore[no-untyped-def]
    """Take from the room on the way from x to where its search began."""
    while origin[x] != x:
        e, y = via[x], origin[x]
        room[e] -= amount
        if room[e] <= _SPENT:
            for a in (x, y):
                live[a] -= 1
                side = 0 if a == min(x, y) else 1
                k, last = place[side, e], live[a]
                f, z = edge_ids[last], indices[last]
                edge_ids[last], indices[last] = e, indices[k]
                edge_ids[k], indices[k] = f, z
                place[side, e] = last
                place[0 if a < z else 1, f] = k
        x = y
