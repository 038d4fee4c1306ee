"""Solvers of others: what they answer is feasible, near the truth, and never chosen by `auto`."""

import numpy as np
import pytest
from brute_force import graph_optimum, random_graph

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Parsed
from solverhub.core.result import Limit, Reason
from solverhub.local import solve_parsed
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph

SETS = ("maximum-independent-set", "maximum-clique", "minimum-vertex-cover")
PEERS = ("redumis", "branch-reduce", "networkx")


@pytest.fixture(autouse=True)
def peers_are_installed():
    pytest.importorskip("chszlablib", reason="the extra `peers` is not installed")


def solve(name, graph, solver, time_s=3.0, **fields):
    parsed = Parsed(families.get(name), graph)
    return solve_parsed(parsed, solver, Budget.start(time_s, threads=1), **fields)


@pytest.mark.parametrize("name", SETS)
def test_answers_of_a_small_graph(name):
    graph = random_graph(np.random.default_rng(3), 12)
    best, sense = graph_optimum(name, graph), families.get(name).sense(graph)
    for solver in PEERS:
        result = solve(name, graph, solver)
        assert result.verified
        assert not sense.better(result.objective, best)
        if solver == "branch-reduce":
            assert result.termination.reason is Reason.OPTIMAL
            assert result.objective == best
        assert result.termination.limit is None
        assert result.provenance.engines


@pytest.mark.slow
def test_weights_reach_the_engine():
    rng = np.random.default_rng(4)
    graph = Graph(12, random_graph(rng, 12).edge_index, rng.integers(1, 20, 12))
    for solver in ("chils", "branch-reduce"):
        result = solve(SETS[0], graph, solver, 2.0)
        assert result.objective == graph_optimum(SETS[0], graph)
    dominating = solve("minimum-dominating-set", graph, "networkx")
    assert dominating.verified
    assert dominating.objective >= graph_optimum("minimum-dominating-set", graph)
    with pytest.raises(InvalidInstance, match="weights"):
        solve(SETS[0], graph, "redumis")
    halves = Graph(graph.n, graph.edge_index, np.full(graph.n, 0.5))
    with pytest.raises(InvalidInstance, match="integers"):
        solve(SETS[0], halves, "chils")


def test_a_peer_that_runs_on_is_killed():
    parsed = generate("er", 0, problem="maximum-clique", n=250, p=0.8)
    result = solve_parsed(parsed, "networkx", Budget.start(0.5, threads=1))
    assert result.wall_s < 5
    assert result.termination.limit is Limit.TIME


def test_graphs_without_edges_need_no_engine():
    for n in (0, 1, 3):
        result = solve(SETS[0], Graph.from_edges(n, [], []), "chils")
        assert result.objective == n


def test_auto_never_takes_a_peer():
    for problem in (*SETS, "minimum-dominating-set", "max-cut"):
        for name in ("redumis", "chils", "networkx"):
            if name in catalog.names(problem):
                assert (problem, name) in catalog.PEERS
