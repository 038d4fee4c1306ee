"""Evidence for bounds on maximum cuts: what is accepted, what is refused, parity."""

import numpy as np
import pytest

from solverhub.core.result import BoundCheck, Reason
from solverhub.local import solve
from solverhub.problems.cut_bound import best_of_all, cut_step, odd_cycles
from solverhub.problems.graph import Graph
from solverhub.problems.max_cut import MaxCut

TRIANGLE = {"indptr": [0, 3], "edges": [0, 1, 2], "odd": [True, True, True], "multiplier": [1.0]}


def triangle(weights=None):
    return Graph.from_edges(3, [0, 0, 1], [1, 2, 2], edge_weights=weights)


def test_a_triangle_has_a_cut_of_two():
    graph = triangle()
    assert odd_cycles(graph, TRIANGLE) == 2
    problem = MaxCut()
    assert problem.check_bound(graph, 2, {"odd_cycles": TRIANGLE}) is BoundCheck.RECOMPUTED
    assert problem.check_bound(graph, 1, {"odd_cycles": TRIANGLE}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"odd": [True, True, False]},
        {"odd": [False, False, False]},
        {"multiplier": [-1.0]},
        {"multiplier": [float("nan")]},
        {"edges": [0, 1, 1]},
        {"edges": [0, 1, 3]},
        {"edges": [-1, 1, 2]},
        {"indptr": [0, 2], "edges": [0, 1], "odd": [True, False]},
        {"indptr": [0, 2]},
        {"indptr": [1, 3]},
        {"indptr": [0, 3, 3], "multiplier": [1.0, 1.0]},
        {"multiplier": []},
    ],
)
def test_evidence_that_proves_nothing_is_refused(change):
    assert odd_cycles(triangle(), {**TRIANGLE, **change}) is None


@pytest.mark.parametrize("evidence", [None, 3, []])
def test_other_things_are_no_evidence(evidence):
    assert odd_cycles(triangle(), evidence) is None


@pytest.mark.parametrize("fractional", [False, True])
def test_all_cuts_of_few_vertices_are_weighed(fractional):
    rng, problem = np.random.default_rng(1), MaxCut()
    for n in (1, 2, 7, 9):
        u, v = np.triu_indices(n, 1)
        weights = rng.normal(size=u.size) if fractional else rng.integers(-9, 10, u.size)
        graph = Graph.from_edges(n, u, v, edge_weights=weights)
        sides = ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1).astype(np.int8)
        best = max(problem.objective(graph, side) for side in sides)
        found = best_of_all(graph)
        assert best <= found <= best + 1e-9
        given = {"all_cuts": True}
        assert problem.check_bound(graph, found, given) is BoundCheck.RECOMPUTED
        assert problem.check_bound(graph, found - 1, given) is None


def test_too_many_or_too_heavy_cuts_are_not_weighed():
    assert best_of_all(Graph.from_edges(17, [0], [1])) is None
    assert best_of_all(triangle([2**62, 2**62, 1])) is None
    assert best_of_all(Graph.from_edges(0, [], [])) == 0


def test_what_the_search_proves_of_few_vertices_is_recomputed():
    rng = np.random.default_rng(2)
    u, v = np.triu_indices(14, 1)
    graph = Graph.from_edges(14, u, v, edge_weights=rng.integers(-5, 6, u.size))
    result = solve(graph, "max-cut", "max-cut-search", iterations=1000, threads=1)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED


def test_any_multipliers_bound_every_cut():
    rng = np.random.default_rng(0)
    sides = (np.arange(4)[:, None] >> np.arange(3)) & 1
    for _ in range(50):
        graph = triangle(rng.normal(size=3))
        u, v = graph.edge_index
        best = ((sides[:, u] != sides[:, v]) @ graph.weights_of_edges).max()
        flags = [[True] * 3, [True, False, False], [False, False, True]][rng.integers(3)]
        given = {**TRIANGLE, "odd": flags, "multiplier": [rng.exponential()]}
        assert odd_cycles(graph, given) >= best


def test_the_step_of_cuts_divides_every_cut():
    rng = np.random.default_rng(1)
    sides = (np.arange(2**6)[:, None] >> np.arange(7)) & 1
    seen = set()
    for _ in range(40):
        u, v = np.triu_indices(7, 1)
        weights = rng.choice([-6, 0, 3, 4, 6, 12], u.size, p=[0.1, 0.5, 0.05, 0.05, 0.2, 0.1])
        graph = Graph.from_edges(7, u[weights != 0], v[weights != 0], None, weights[weights != 0])
        step = cut_step(graph)
        a, b = graph.edge_index
        cuts = (sides[:, a] != sides[:, b]) @ graph.weights_of_edges
        assert not (cuts % step).any()
        seen.add(step)
    assert len(seen) > 1


def test_steps_of_known_graphs():
    ring = Graph.from_edges(5, [0, 1, 2, 3, 4], [1, 2, 3, 4, 0])
    assert cut_step(ring) == 2
    assert cut_step(Graph.from_edges(3, [0, 1], [1, 2])) == 1
    assert cut_step(Graph.from_edges(2, [0], [1], edge_weights=[0.5])) is None
    assert cut_step(Graph.from_edges(2, [], [])) == 0
