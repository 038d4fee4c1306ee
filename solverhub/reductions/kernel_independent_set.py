"""What is left of an independent set problem after exact reductions, and the way back.

Rules, to a fixed point (Butenko, Pardalos, Sergienko, Shylo and Stetsyuk 2002,
doi:10.1145/508791.508897; with weights Lamm, Schulz, Strash, Williger and Zhang 2019,
arXiv:1810.10834):

- v at least as heavy as all its neighbours together is in the set;
- v whose neighbours form a clique is in the set if none of them is heavier; otherwise its weight
  is taken off theirs, and it is in if none of the heavier ones is;
- v with two nonadjacent neighbours, as heavy as each but not both, is folded: in the kernel it
  stands for both neighbours together;
- a neighbour of v that sees all that v sees, and weighs no more, is out.

For unit weights the linear relaxation follows (`kernel_half_integral`), and then these again.
An optimum of the kernel, lifted, is an optimum of the graph.  Weights in the kernel are float64;
integers stay exact up to 2^53.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from solverhub.problems.graph import Graph
from solverhub.reductions.kernel_half_integral import persistent
from solverhub.reductions.kernel_independent_set_rules import (
    POOL,
    QUEUE,
    TRAIL,
    Reducing,
    lift,
    lower,
    push_all,
    reduce,
    remove,
    take,
)

LONGEST = 16
"""Neighbours up to which a vertex is tried for dominance."""
MOST_EDGES_OF_RELAXATION = 3_000_000
LEAST_SHARE = 0.01
"""Share of the vertices that must go for a kernel to be worth its memory."""
SLICE = 10_000


@dataclass(frozen=True, eq=False)
class IndependentSetKernel:
    """`graph` holds the vertices `vertices` of the original, some of which stand for others.

    `cost` are the kernel's weights, float64.
    """

    graph: Graph
    cost: np.ndarray
    vertices: np.ndarray
    trail: np.ndarray
    n: int

    def lift(self, independent: np.ndarray) -> np.ndarray:
        """The set of the original, bool (n,), that a set of the kernel stands for."""
        selected = np.zeros(self.n, np.bool_)
        selected[self.vertices] = independent
        lift(self.trail, selected)
        return selected

    def lower(self, selected: np.ndarray) -> np.ndarray:
        """An independent set of the kernel from one of the original, about as good."""
        selected = selected.copy()
        lower(self.trail, selected)
        found: np.ndarray = selected[self.vertices]
        return found


def independent_set_kernel(
    graph: Graph, cost: np.ndarray, stop: Callable[[], bool] = lambda: False
) -> IndependentSetKernel:
    """The kernel for positive weights `cost`, float64 (n,).

    `stop`, asked every few milliseconds, ends the reductions early.  Where they leave nearly all
    of the graph they are dropped, and the kernel is the graph.
    """
    state = _state(graph, cost)
    push_all(state)
    _reduce(state, stop)
    if graph.weights is None and 0 < state.degree[state.alive].sum() <= MOST_EDGES_OF_RELAXATION:
        vertices, kernel = _extract(state)
        inside, outside = persistent(kernel)
        _fix(state, vertices[inside], vertices[outside])
        _reduce(state, stop)
    if np.count_nonzero(state.alive) > (1 - LEAST_SHARE) * graph.n:
        return IndependentSetKernel(graph, cost, np.arange(graph.n), state.trail[:0], graph.n)
    vertices, kernel = _extract(state)
    trail = state.trail[: state.counts[TRAIL]].copy()
    kept = state.cost[vertices]
    weighted = Graph(kernel.n, kernel.edge_index, None if (kept == 1).all() else kept)
    return IndependentSetKernel(weighted, kept, vertices, trail, graph.n)


def _reduce(state: Reducing, stop: Callable[[], bool]) -> None:
    while state.counts[QUEUE] > 0 and not stop():
        reduce(state, LONGEST, SLICE)


def _state(graph: Graph, cost: np.ndarray) -> Reducing:
    n, entries = graph.n, graph.indices.size
    pool = np.empty(entries + entries // 2 + 16, np.int32)
    pool[:entries] = graph.indices
    count = np.zeros(4, np.int64)
    count[POOL] = entries
    per_vertex = 5 if graph.weights is None else LONGEST + 4
    return Reducing(
        start=graph.indptr[:-1].copy(),
        length=graph.degrees,
        pool=pool,
        degree=graph.degrees,
        cost=cost.copy(),
        alive=np.ones(n, np.bool_),
        mark=np.zeros(n, np.int64),
        queue=np.empty(n, np.int32),
        queued=np.zeros(n, np.bool_),
        trail=np.empty(per_vertex * n + 8, np.int32),
        counts=count,
    )


def _extract(state: Reducing) -> tuple[np.ndarray, Graph]:
    vertices = np.flatnonzero(state.alive)
    place = np.full(state.alive.size, -1, np.int64)
    place[vertices] = np.arange(vertices.size)
    u, v = _edges(state, vertices, place)
    return vertices, Graph.from_edges(vertices.size, u, v)


@njit(cache=True, nogil=True)
def _edges(r, vertices, place):  # type: ignore[no-untyped-def]
    count = 0
    for x in vertices:
        count += r.degree[x]
    u, v = np.empty(count // 2, np.int64), np.empty(count // 2, np.int64)
    at = 0
    for x in vertices:
        for k in range(r.start[x], r.start[x] + r.length[x]):
            y = r.pool[k]
            if r.alive[y] and place[x] < place[y]:
                u[at], v[at] = place[x], place[y]
                at += 1
    return u, v


@njit(cache=True, nogil=True)
def _fix(r, inside, outside):  # type: ignore[no-untyped-def]
    for x in outside:
        remove(r, x)
    for x in inside:
        if r.alive[x]:
            take(r, x)
