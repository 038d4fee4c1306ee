"""Critical cliques: the classes of equal closed neighbourhoods, and what they leave unchanged."""

import numpy as np
import pytest

from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from solverhub.reductions.critical_cliques import critical_cliques
from tests.problems.test_correlation_clustering import FAMILY, optimum, partitions


def random_graph(n, seed):
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < rng.choice([0.3, 0.6, 0.9])
    return Graph.from_edges(n, u[kept], v[kept])


@pytest.mark.parametrize("seed", range(30))
def test_classes_are_those_of_equal_closed_neighbourhoods(seed):
    graph = random_graph(7, seed)
    near = np.eye(graph.n, dtype=bool)
    near[graph.edge_index[0], graph.edge_index[1]] = True
    near |= near.T
    groups = critical_cliques(graph)
    for x in range(graph.n):
        for y in range(graph.n):
            assert (groups[x] == groups[y]) == (near[x] == near[y]).all()
    assert np.unique(groups).tolist() == list(range(int(groups.max()) + 1))


@pytest.mark.parametrize("seed", range(8))
def test_some_optimal_clustering_keeps_them_together(seed):
    graph = random_graph(7, seed)
    instance, groups = SignedGraph.of(graph, True), critical_cliques(graph)
    together = min(
        FAMILY.objective(instance, np.array(labels, np.int64)[groups])
        for labels in partitions(int(groups.max()) + 1)
    )
    assert together == optimum(instance)


def test_no_vertices():
    assert critical_cliques(Graph.from_edges(0, [], [])).size == 0
