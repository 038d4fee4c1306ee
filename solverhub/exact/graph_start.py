"""Quick first solutions of the graph families, so that an exact solver never starts with nothing.

Subsets of small graphs are searched for `STEPS` exchanges (`vertex-cover-search`,
`dominating-set-search`), a few hundredths of a second, which finds the best of most of them.  On
larger graphs, and for cuts, one greedy pass is all:

Independent set: repeatedly take the vertex with the largest weight over remaining degree + 1
and drop its neighbours (Sakai, Togasaki and Yamazaki 2003, doi:10.1016/S0166-218X(02)00205-6).
Vertex cover: its complement.  Clique: grow from each of the densest vertices.  Dominating set:
the best newly dominated per weight (Chvatal 1979, doi:10.1287/moor.4.3.233), then drop what is
redundant.  Maximum cut: place each vertex against its placed neighbours, then flip single
vertices while that helps.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from solverhub.core.budget import Budget
from solverhub.core.errors import SolverFailed
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.search.dominating_set_search import DominatingSetSearchSolver
from solverhub.search.subset_warming import warming_graphs
from solverhub.search.vertex_cover_search import VertexCoverSearchSolver

CLIQUE_STARTS = 64
STEPS = 10_000
SEARCHED = 20_000
"""Vertices and edges up to which a search is worth its time."""


def graph_start(problem_name: str, graph: Graph) -> np.ndarray:
    """A feasible solution in the form of the family, within seconds for millions of edges."""
    if problem_name != "max-cut" and graph.n + graph.n_edges <= SEARCHED:
        return _searched(problem_name, graph)
    rows, weights = (graph.indptr, graph.indices), graph.vertex_weights.astype(float)
    found: np.ndarray
    if problem_name == "max-cut":
        found = _cut(*rows, graph.edge_ids, graph.weights_of_edges.astype(float))
    elif problem_name == "maximum-clique":
        found = _clique(*rows, weights, np.argsort(-graph.degrees, kind="stable"))
    elif problem_name == "minimum-dominating-set":
        found = _dominate(*rows, weights)
    elif problem_name == "minimum-vertex-cover":
        found = ~_independent(*rows, weights, keep_all=True) | (weights < 0)
    else:
        found = _independent(*rows, weights, keep_all=False)
    return found


def load(problem_name: str) -> None:
    """Load the compiled kernels of `graph_start`, so that it costs a forked solve no time."""
    for graph in warming_graphs():
        graph_start(problem_name, graph)


def _searched(problem_name: str, graph: Graph) -> np.ndarray:
    dominating = problem_name == "minimum-dominating-set"
    solver = DominatingSetSearchSolver if dominating else VertexCoverSearchSolver
    budget = Budget.start(iterations=STEPS, threads=1, deterministic=True)
    found = solver(families.get(problem_name)).solve(graph, budget).solution
    if found is None:
        raise SolverFailed(f"{solver.name} found nothing")
    return found


@njit(cache=True, nogil=True)
def _independent(indptr, indices, weights, keep_all):  # type: ignore[no-untyped-def]
    """Maximal if `keep_all`; else without vertices that gain nothing."""
    n = weights.size
    degree = np.diff(indptr)
    heap = [(-weights[v] / (degree[v] + 1.0), v) for v in range(n)]
    heapq.heapify(heap)
    chosen, gone = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    while heap:
        score, v = heapq.heappop(heap)
        if gone[v] or score != -weights[v] / (degree[v] + 1.0):
            continue
        gone[v] = True
        if weights[v] <= 0 and not keep_all:
            continue
        chosen[v] = True
        for k in range(indptr[v], indptr[v + 1]):
            w = indices[k]
            if gone[w]:
                continue
            gone[w] = True
            for q in range(indptr[w], indptr[w + 1]):
                x = indices[q]
                degree[x] -= 1
                if not gone[x]:
                    heapq.heappush(heap, (-weights[x] / (degree[x] + 1.0), x))
    return chosen


@njit(cache=True, nogil=True)
def _clique(indptr, indices, weights, order):  # type: ignore[no-untyped-def]
    n = weights.size
    best, best_weight = np.zeros(n, np.bool_), 0.0
    seen = np.zeros(n, np.int64)
    degree = np.diff(indptr)
    for start in order[:CLIQUE_STARTS]:
        seen[:] = 0
        size, total = 0, 0.0
        chosen = np.zeros(n, np.bool_)
        v = start
        while v >= 0:
            if weights[v] <= 0:
                break
            chosen[v] = True
            size += 1
            total += weights[v]
            following, rank = -1, -1.0
            for k in range(indptr[v], indptr[v + 1]):
                w = indices[k]
                seen[w] += 1
                if seen[w] == size and not chosen[w] and weights[w] * (degree[w] + 1) > rank:
                    following, rank = w, weights[w] * (degree[w] + 1)
            v = following
        if total > best_weight:
            best, best_weight = chosen, total
    return best


@njit(cache=True, nogil=True)
def _dominate(indptr, indices, weights):  # type: ignore[no-untyped-def]
    n = weights.size
    fresh = np.diff(indptr) + 1
    heap = [(weights[v] / fresh[v], v) for v in range(n)]
    heapq.heapify(heap)
    chosen, count = np.zeros(n, np.bool_), np.zeros(n, np.int64)
    while heap:
        score, v = heapq.heappop(heap)
        if fresh[v] == 0 and weights[v] >= 0:
            continue
        if fresh[v] > 0 and score != weights[v] / fresh[v]:
            heapq.heappush(heap, (weights[v] / fresh[v], v))
            continue
        chosen[v] = True
        for k in range(indptr[v] - 1, indptr[v + 1]):
            w = v if k < indptr[v] else indices[k]
            count[w] += 1
            if count[w] == 1:
                fresh[w] -= 1
                for q in range(indptr[w], indptr[w + 1]):
                    fresh[indices[q]] -= 1
    for v in np.argsort(-weights):
        if not chosen[v] or weights[v] < 0 or count[v] < 2:
            continue
        needed = False
        for k in range(indptr[v], indptr[v + 1]):
            needed = needed or count[indices[k]] < 2
        if not needed:
            chosen[v] = False
            count[v] -= 1
            for k in range(indptr[v], indptr[v + 1]):
                count[indices[k]] -= 1
    return chosen


@njit(cache=True, nogil=True)
def _cut(indptr, indices, edge_ids, weights):  # type: ignore[no-untyped-def]
    n = indptr.size - 1
    side = np.zeros(n, np.int8)
    placed = np.zeros(n, np.bool_)
    for v in range(n):
        pull = 0.0
        for k in range(indptr[v], indptr[v + 1]):
            if placed[indices[k]]:
                pull += weights[edge_ids[k]] * (1 - 2 * side[indices[k]])
        side[v] = 1 if pull > 0 else 0
        placed[v] = True
    for _ in range(100):
        moved = False
        for v in range(n):
            gain = 0.0
            for k in range(indptr[v], indptr[v + 1]):
                same = side[v] == side[indices[k]]
                gain += weights[edge_ids[k]] if same else -weights[edge_ids[k]]
            if gain > 0:
                side[v] = 1 - side[v]
                moved = True
        if not moved:
            break
    return side
