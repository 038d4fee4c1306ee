"""Max-cut against its definition, and its one bound."""

import numpy as np
import pytest
from graph_cases import (
    fractions,
    integers,
    random_graph,
    relabelled,
    subsets,
    unit,
)

from solverhub.core.errors import InvalidSolution
from solverhub.core.result import BoundCheck, Sense
from solverhub.problems import families
from solverhub.problems.graph import Graph

PROBLEM = families.get("max-cut")


@pytest.mark.parametrize("draw", [unit, integers, fractions])
def test_objective_is_the_weight_between_the_sides(draw):
    for seed in range(3):
        graph = random_graph(6, 0.6, seed, edge=draw)
        rows = list(zip(*graph.edge_index.tolist(), graph.weights_of_edges, strict=True))
        for side in subsets(6, np.int8):
            expected = sum(w for u, v, w in rows if side[u] != side[v])
            assert PROBLEM.objective(graph, side) == pytest.approx(expected)
            assert PROBLEM.objective(graph, 1 - side) == PROBLEM.objective(graph, side)
            assert PROBLEM.violations(graph, side) == []


def test_objective_does_not_see_labels():
    rng = np.random.default_rng(0)
    graph = random_graph(8, 0.5, 0, edge=fractions)
    for _ in range(20):
        order = rng.permutation(8)
        side = rng.integers(0, 2, 8).astype(np.int8)
        moved = np.empty(8, np.int8)
        moved[order] = side
        # a relabelled graph lists its weights in another order; the sum must not care
        u, v = order[graph.edge_index]
        other = Graph.from_edges(8, u, v, edge_weights=graph.edge_weights)
        assert PROBLEM.objective(graph, side) == PROBLEM.objective(other, moved)


def test_sums_beyond_int64_are_exact():
    graph = Graph.from_edges(4, [0, 0, 0], [1, 2, 3], edge_weights=[2**62, 2**62, 2**62 + 1])
    assert PROBLEM.objective(graph, np.array([0, 1, 1, 1], np.int8)) == 3 * 2**62 + 1


@pytest.mark.parametrize("draw", [unit, integers, fractions])
def test_the_positive_weights_bound_every_cut(draw):
    for seed in range(4):
        graph = random_graph(7, 0.6, seed, edge=draw)
        best = max(PROBLEM.objective(graph, side) for side in subsets(7, np.int8))
        bound = PROBLEM.bound_value(graph, {"edge_total": True})
        assert bound >= best - 1e-9
        assert PROBLEM.check_bound(graph, bound, {"edge_total": True}) is BoundCheck.RECOMPUTED
        assert PROBLEM.check_bound(graph, bound - 1, {"edge_total": True}) is None
        assert PROBLEM.check_bound(graph, bound, {"edge_total": 1}) is None
        assert PROBLEM.check_bound(graph, bound, None) is None


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros(3),
        np.zeros(2, np.int8),
        np.zeros(3, bool),
        np.array([0, 1, 2], np.int8),
        np.array([0, 1, -1], np.int8),
        [0, 1, 0],
    ],
)
def test_solutions_of_the_wrong_form_are_refused(bad):
    with pytest.raises(InvalidSolution):
        PROBLEM.objective(Graph.from_edges(3, [0], [1]), bad)


@pytest.mark.parametrize(
    "wire", [{}, [], {"side": 1}, {"side": [0, 1]}, {"side": [0, 1, 2]}, {"side": [0, 1, True]}]
)
def test_bad_json_solutions_are_refused(wire):
    with pytest.raises(InvalidSolution):
        PROBLEM.solution_from_wire(Graph.from_edges(3, [0], [1]), wire)


def test_descriptions():
    graph = random_graph(5, 0.5, 0)
    side = np.array([0, 1, 1, 0, 1], np.int8)
    assert PROBLEM.sense(graph) is Sense.MAXIMISE
    assert PROBLEM.integral(graph)
    assert not PROBLEM.integral(random_graph(5, 0.9, 0, edge=fractions))
    wire = PROBLEM.solution_to_wire(graph, side)
    assert wire == {"side": [0, 1, 1, 0, 1]}
    back = PROBLEM.solution_from_wire(graph, wire)
    assert back.dtype == np.int8
    assert back.tolist() == side.tolist()
    assert PROBLEM.digest(graph) == PROBLEM.digest(relabelled(graph, range(5)))


def test_graphs_without_edges():
    for n in (0, 1, 3):
        graph = Graph.from_edges(n, [], [])
        assert PROBLEM.objective(graph, np.zeros(n, np.int8)) == 0
        assert PROBLEM.bound_value(graph, {"edge_total": True}) == 0
