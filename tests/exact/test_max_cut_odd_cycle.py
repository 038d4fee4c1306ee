"""Odd-cycle bounds: proofs on grids, separation against enumeration, the judge's own sum."""

import itertools

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.problem import INTERNAL, Parsed
from solverhub.core.result import BoundCheck, Reason
from solverhub.exact.max_cut_odd_cycle import OddCycleCutsSolver
from solverhub.exact.max_cut_separation import separate
from solverhub.problems.graph import Graph
from solverhub.problems.judge import verify
from solverhub.problems.max_cut import MaxCut
from solverhub.search import max_cut_share
from solverhub.search.max_cut_search import MaxCutSearchSolver


def toroidal(rows, columns, seed, scale=1):
    at = np.arange(rows * columns).reshape(rows, columns)
    u = np.concatenate([at.ravel(), at.ravel()])
    v = np.concatenate([np.roll(at, 1, 0).ravel(), np.roll(at, 1, 1).ravel()])
    signs = np.random.default_rng(seed).choice([-1, 1], u.size)
    return Graph.from_edges(rows * columns, u, v, edge_weights=signs * scale)


def random_graph(n, p, seed):
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < p
    return Graph.from_edges(n, u[kept], v[kept], edge_weights=rng.normal(size=int(kept.sum())))


def best_cut(graph):
    u, v = graph.edge_index
    sides = (np.arange(2 ** (graph.n - 1))[:, None] >> np.arange(graph.n)) & 1
    return float(((sides[:, u] != sides[:, v]) @ graph.weights_of_edges).max())


def solve(graph, time_s=60, **budget):
    solver = OddCycleCutsSolver(MaxCut())
    given = {"threads": 1, **budget}
    result = solver.solve(graph, Budget.start(time_s, **given), params=solver.Params(), seed=0)
    return verify(result, Parsed(MaxCut(), graph, INTERNAL, "test"))


@pytest.mark.parametrize("scale", [1, 7, 2**54])
def test_a_toroidal_grid_is_proved_optimal(scale):
    result = solve(toroidal(12, 12, 1, scale))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.objective == result.bound


def test_search_comes_to_the_proved_optimum_of_a_grid():
    graph = toroidal(10, 10, 0)
    solver = MaxCutSearchSolver(MaxCut())
    budget = Budget.start(60, threads=1, iterations=30_000)
    found = solver.solve(graph, budget, params=solver.Params(), seed=0)
    assert found.objective == solve(graph).bound


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_above_the_best_cut_and_close_on_planar_graphs(seed, monkeypatch):
    monkeypatch.setattr(max_cut_share, "ENUMERATED", 0)
    graph = random_graph(11, 0.35 + 0.1 * (seed % 3), seed)
    best = best_cut(graph)
    result = solve(graph, iterations=200)
    assert result.objective == pytest.approx(best)
    assert result.bound >= best - 1e-9
    assert result.bound_check is BoundCheck.RECOMPUTED
    if graph.n_edges < 15:
        assert result.termination.reason is Reason.OPTIMAL


def test_separation_finds_what_enumeration_finds():
    rng = np.random.default_rng(3)
    for seed in range(8):
        graph = random_graph(7, 0.6, seed)
        y = rng.random(graph.n_edges)
        sizes, edges, odd = separate(
            graph.indptr,
            graph.indices,
            graph.edge_ids,
            y,
            np.arange(graph.n),
            np.zeros(graph.n, np.int64),
            1,
            1e-3,
            1e-5,
        )
        ends = np.concatenate([[0], np.cumsum(sizes)])
        costs = []
        for a, b in itertools.pairwise(ends):
            inside, turned = edges[a:b], odd[a:b]
            assert turned.sum() % 2 == 1
            degrees = np.bincount(graph.edge_index[:, inside].ravel())
            assert set(degrees) <= {0, 2}
            costs.append(np.where(turned, 1 - y[inside], y[inside]).sum())
        assert min(costs, default=1.0) == pytest.approx(
            min(cheapest(graph, y), 1.0) if costs else 1.0, abs=1e-3
        )
        if not costs:
            assert cheapest(graph, y) >= 1 - 2e-3


def cheapest(graph, y):
    """The least cost of an odd set on a cycle, over all cycles by permutations."""
    edge = {frozenset(pair): e for e, pair in enumerate(graph.edge_index.T.tolist())}
    best = np.inf
    for size in range(3, graph.n + 1):
        for tour in itertools.permutations(range(graph.n), size):
            if tour[0] != min(tour) or tour[1] > tour[-1]:
                continue
            pairs = [frozenset(pair) for pair in zip(tour, tour[1:] + tour[:1], strict=True)]
            if not all(pair in edge for pair in pairs):
                continue
            values = y[[edge[pair] for pair in pairs]]
            flags = values > 0.5
            cost = np.minimum(values, 1 - values).sum()
            if flags.sum() % 2 == 0:
                cost += np.abs(1 - 2 * values).min()
            best = min(best, cost)
    return best


def test_graphs_without_edges_are_proved():
    for n in (0, 1, 4):
        assert solve(Graph.from_edges(n, [], [])).termination.reason is Reason.OPTIMAL


def test_rounds_as_iterations_are_repeatable():
    graph = toroidal(14, 14, 5)
    first, second = (solve(graph, iterations=3) for _ in range(2))
    assert first.bound == second.bound
    assert np.array_equal(first.solution, second.solution)
