"""Peers for correlation clustering: judged answers, kept deadlines, never chosen by `auto`."""

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Parsed
from solverhub.local import solve_parsed
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")
PEERS = ("chszlab-clustering", "chszlab-clustering-evolution", "bioimage-multicut")


@pytest.fixture(autouse=True)
def peers_are_installed():
    for name in ("chszlablib", "bioimage_cpp"):
        pytest.importorskip(name, reason="the extra `peers` is not installed")


def solve(instance, solver, time_s=5.0):
    return solve_parsed(Parsed(FAMILY, instance), solver, Budget.start(time_s, threads=1))


@pytest.mark.parametrize(
    ("solver", "complete"),
    [(PEERS[0], False), (PEERS[1], True), (PEERS[2], False), (PEERS[2], True)],
)
def test_answers_of_a_small_graph(solver, complete):
    instance = signed(8, 4, complete=complete)
    result = solve(instance, solver)
    assert result.verified
    assert result.objective >= optimum(instance)
    assert result.bound is None


@pytest.mark.parametrize("solver", PEERS)
def test_a_graph_without_pairs_is_one_cluster(solver):
    result = solve(SignedGraph.of(Graph.from_edges(3, [], []), False), solver)
    assert result.objective == 0


def test_what_they_cannot_take_is_refused():
    large = SignedGraph.of(Graph.from_edges(3000, [0], [1]), True)
    weights = np.array([0.5, -0.5])
    fractional = SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, weights))
    with pytest.raises(InvalidInstance, match="pairs"):
        solve(large, "bioimage-multicut")
    with pytest.raises(InvalidInstance, match="integers"):
        solve(fractional, "chszlab-clustering")
    assert solve(fractional, "bioimage-multicut").objective == 0


def test_auto_never_takes_them():
    entries = {entry.name: entry for entry in catalog.entries() if entry.problem == FAMILY.name}
    assert all(entries[name].peer for name in PEERS)
