import itertools

import numpy as np
import pytest
from brute_force import graph_optimum, random_graph

from solverhub.core.budget import Budget
from solverhub.core.errors import UnknownName
from solverhub.core.problem import Parsed
from solverhub.exact.graph_start import graph_start
from solverhub.local import solve_parsed
from solverhub.problems import families
from solverhub.problems.convexity import negative_curvature
from solverhub.reductions.graph_to_qp import reduce

QP = families.get("qp")
NAMES = ("max-cut", "minimum-dominating-set")


def drawn(rng, n, kind):
    return random_graph(rng, n, vertex_weights=kind, edge_weights=kind)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["unit", "integer", "decimal", "real"])
def test_every_binary_point_has_the_objective_of_its_solution(name, kind):
    rng, problem = np.random.default_rng(5), families.get(name)
    for n in (1, 2, 5, 8):
        graph = drawn(rng, n, kind)
        reduction = reduce(name, graph)
        program, sign = reduction.instance, problem.sense(graph).sign
        assert negative_curvature(program.P) is None
        best = np.inf
        for bits in itertools.product((0.0, 1.0), repeat=n):
            point = np.array(bits)
            lifted = reduction.lift(point)
            feasible = not QP.violations(program, point)
            if feasible:
                value = float(QP.objective(program, point))
                best = min(best, value)
                assert problem.violations(graph, lifted) == []
                assert sign * problem.objective(graph, lifted) == pytest.approx(value, abs=1e-9)
        optimum = graph_optimum(name, graph)
        assert sign * best == pytest.approx(float(optimum), abs=1e-9)
        bound = reduction.bound(best)
        assert sign * (float(bound) - float(optimum)) <= 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_whole_weights_stay_whole(name):
    graph = drawn(np.random.default_rng(1), 9, "integer")
    reduction = reduce(name, graph)
    assert QP.integral(reduction.instance)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
def test_lowered_solutions_are_feasible_and_come_back(name, kind):
    rng, problem = np.random.default_rng(6), families.get(name)
    for n in (1, 6, 15):
        graph = drawn(rng, n, kind)
        start, reduction = graph_start(name, graph), reduce(name, graph)
        values = reduction.lower(start)
        assert QP.violations(reduction.instance, values) == []
        again = reduction.lift(values)
        assert again.dtype == start.dtype
        assert problem.objective(graph, again) == pytest.approx(problem.objective(graph, start))


@pytest.mark.parametrize("name", NAMES)
def test_the_solver_reaches_the_optimum_of_small_graphs(name):
    rng = np.random.default_rng(7)
    for kind in ("unit", "integer"):
        graph = drawn(rng, 10, kind)
        parsed = Parsed(families.get(name), graph)
        budget = Budget.start(20, iterations=64, threads=1)
        result = solve_parsed(parsed, "binary-admm", budget)
        assert result.verified
        assert result.objective == graph_optimum(name, graph)


def test_other_families_are_refused():
    with pytest.raises(UnknownName, match="maximum-clique"):
        reduce("maximum-clique", drawn(np.random.default_rng(0), 4, "unit"))
