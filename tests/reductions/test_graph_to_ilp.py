import itertools

import numpy as np
import pytest
from brute_force import GRAPH_FAMILIES, best_objective, graph_optimum, random_graph

from solverhub.exact.graph_start import graph_start
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.reductions.graph_to_ilp import reduce

ILP = families.get("ilp")


def points(program):
    """Every binary point; columns without integrality are binary at some optimum too."""
    ranges = [range(int(high) + 1) for high in program.upper]
    return (np.array(values, float) for values in itertools.product(*ranges))


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
@pytest.mark.parametrize("kind", ["unit", "integer", "decimal", "real"])
def test_optima_are_equal_and_lift(name, kind):
    rng = np.random.default_rng(5)
    problem = families.get(name)
    for n in (2, 4) if name == "max-cut" else (2, 5, 7):
        graph = random_graph(rng, n, vertex_weights=kind, edge_weights=kind)
        reduction = reduce(name, graph)
        optimum = graph_optimum(name, graph)
        found = best_objective(ILP, reduction.instance, points(reduction.instance))
        assert found == pytest.approx(optimum)
        for values in points(reduction.instance):
            if not ILP.violations(reduction.instance, values):
                lifted = reduction.lift(values)
                assert problem.violations(graph, lifted) == []
                sign = problem.sense(graph).sign
                value = ILP.objective(reduction.instance, values)
                assert sign * problem.objective(graph, lifted) <= sign * value + 1e-9


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
def test_lowered_solutions_are_feasible_and_come_back(name, kind):
    rng = np.random.default_rng(6)
    problem = families.get(name)
    for n in (1, 6, 15):
        graph = random_graph(rng, n, vertex_weights=kind, edge_weights=kind)
        start = graph_start(name, graph)
        reduction = reduce(name, graph, start)
        values = reduction.lower(start)
        assert ILP.violations(reduction.instance, values) == []
        value = problem.objective(graph, start)
        assert ILP.objective(reduction.instance, values) == pytest.approx(value)
        again = reduction.lift(values)
        assert again.dtype == start.dtype
        assert problem.objective(graph, again) == value


def test_the_sparse_form_of_clique(monkeypatch):
    monkeypatch.setattr("solverhub.reductions.subset_rows.MOST_ABSENT", -1)
    rng = np.random.default_rng(7)
    for kind in ("unit", "integer"):
        graph = random_graph(rng, 6, vertex_weights=kind)
        reduction = reduce("maximum-clique", graph)
        found = best_objective(ILP, reduction.instance, points(reduction.instance))
        assert found == graph_optimum("maximum-clique", graph)
        clique = graph_start("maximum-clique", graph)
        assert ILP.violations(reduction.instance, reduction.lower(clique)) == []


def test_what_is_outside_the_kernel_has_no_place():
    graph = Graph.from_edges(6, [0, 0, 1, 3], [1, 2, 2, 4])
    triangle = np.arange(6) < 3
    reduction = reduce("maximum-clique", graph, triangle)
    assert reduction.lower(np.array([0, 0, 0, 1, 1, 0], bool)) is None
    assert reduction.lower(triangle) is not None


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_graphs_without_edges_or_vertices(name):
    for n in (0, 3):
        graph = Graph.from_edges(n, [], [])
        reduction = reduce(name, graph)
        found = best_objective(ILP, reduction.instance, points(reduction.instance))
        assert found == graph_optimum(name, graph)


def test_bounds_give_up_what_float64_cannot_hold():
    graph = Graph.from_edges(2, [0], [1], weights=[2**60 + 1, 3])
    reduction = reduce("maximum-independent-set", graph)
    assert reduction.bound(float(2**60)) >= 2**60 + 1
    plain = reduce("maximum-independent-set", Graph.from_edges(2, [0], [1]))
    assert plain.bound(1.0) == 1.0
