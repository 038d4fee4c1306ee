"""`langevin` against brute force, the judge, its own repetition, and graphs of every size."""

import itertools

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.problem import INTERNAL, Parsed
from solverhub.core.result import Limit, Reason
from solverhub.problems import families
from solverhub.problems.generators.graph import er, rb_small
from solverhub.problems.graph import Graph
from solverhub.problems.judge import verify
from solverhub.search.langevin import LangevinParams, LangevinSolver

SETS = ("maximum-independent-set", "maximum-clique", "minimum-vertex-cover")
FAMILIES = (*SETS, "max-cut")


def random_graph(family, n, p, seed, kind="unit"):
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < p
    count = int(kept.sum()) if family == "max-cut" else n
    drawn = {
        "unit": lambda: None,
        "whole": lambda: rng.integers(1, 9, count),
        "fractions": lambda: rng.random(count) + 0.1,
        "signs": lambda: rng.integers(-4, 5, count),
        "huge": lambda: rng.integers(2**55, 2**56, count),
    }[kind]()
    weights = {"edge_weights" if family == "max-cut" else "weights": drawn}
    return Graph.from_edges(n, u[kept], v[kept], **weights)


def solve(family, graph, time_s=60, params=None, **budget):
    problem = families.get(family)
    solver = LangevinSolver(problem)
    given = {"threads": 1, **budget}
    params = solver.Params(**(params or {}))
    result = solver.solve(graph, Budget.start(time_s, **given), params=params, seed=3)
    return verify(result, Parsed(problem, graph, INTERNAL, "test"))


def brute_force(family, graph):
    problem = families.get(family)
    dtype, _ = problem.solution_form(graph)
    best = None
    for bits in itertools.product((0, 1), repeat=graph.n):
        one = np.array(bits, dtype)
        if not problem.violations(graph, one):
            value = problem.objective(graph, one)
            if best is None or problem.sense(graph).better(value, best):
                best = value
    return best


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("kind", "p"), [("unit", 0.3), ("whole", 0.6), ("fractions", 0.1)])
def test_small_graphs_are_solved(family, kind, p):
    graph = random_graph(family, 9, p, 1, kind)
    result = solve(family, graph, iterations=200)
    assert result.verified
    assert result.objective == pytest.approx(brute_force(family, graph))


@pytest.mark.parametrize("kind", ["signs", "huge"])
def test_cuts_of_signed_and_huge_weights(kind):
    graph = random_graph("max-cut", 10, 0.6, 2, kind)
    result = solve("max-cut", graph, iterations=300)
    assert result.objective == brute_force("max-cut", graph)
    assert isinstance(result.objective, int)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_graphs_without_edges(family, n):
    result = solve(family, Graph.from_edges(n, [], []), iterations=50)
    assert result.verified
    best = {"maximum-independent-set": n, "maximum-clique": min(n, 1)}
    assert result.objective == best.get(family, 0)


def test_weights_of_no_worth_are_left_out():
    graph = Graph.from_edges(3, [0], [1], weights=[-2, -1, 0])
    assert solve("maximum-independent-set", graph, iterations=20).objective == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_equal_seeds_give_equal_answers_with_any_number_of_threads(family):
    graph = rb_small(seed=4) if family != "max-cut" else er(150, degree=6.0, seed=4)
    runs = [solve(family, graph, iterations=300, threads=t) for t in (1, 3)]
    assert np.array_equal(runs[0].solution, runs[1].solution)
    assert runs[0].termination.limit is Limit.ITERATIONS
    assert runs[0].deterministic


@pytest.mark.parametrize("family", FAMILIES)
def test_a_graph_too_large_for_the_dense_form_is_solved_in_lists(family):
    graph = er(30_000, degree=5.0, seed=1)
    result = solve(family, graph, iterations=6, params={"chains": 4})
    assert result.verified
    assert result.objective > 0


def test_a_bipartite_graph_is_proved():
    graph = Graph.from_edges(6, [0, 0, 1, 2, 4], [3, 4, 4, 5, 2])
    result = solve("max-cut", graph)
    assert result.termination.reason is Reason.OPTIMAL


def test_a_time_limit_is_kept():
    graph = er(400, degree=30.0, seed=2)
    result = solve("maximum-independent-set", graph, 0.3)
    assert result.verified
    assert result.termination.limit is Limit.TIME


def test_params_are_checked():
    for wrong in ({"chains": 0}, {"steps": 0}, {"rank": 0}, {"hot": 0.0}, {"cold": float("nan")}):
        with pytest.raises(InvalidParams):
            LangevinParams(**wrong)
