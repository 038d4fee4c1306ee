"""The heat map of weights: cells are means over their pairs."""

import numpy as np
import pytest

from solverhub.plots import weight_matrix
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from tests.problems.test_correlation_clustering import signed


@pytest.mark.parametrize("complete", [False, True])
def test_every_pair_has_its_cell_in_the_order_given(complete):
    instance = signed(9, 2, complete=complete)
    order = np.random.default_rng(0).permutation(9)
    means = weight_matrix.mean_weights(instance, order)
    u, v = np.triu_indices(9, 1)
    expected = np.zeros((9, 9))
    expected[u, v] = expected[v, u] = instance.weights_of(u, v)
    assert means.tolist() == expected[np.ix_(order, order)].tolist()


def test_large_instances_are_drawn_in_cells(monkeypatch):
    monkeypatch.setattr(weight_matrix, "MOST_CELLS", 2)
    instance = SignedGraph.of(Graph.from_edges(4, [0, 2, 0], [1, 3, 2]), True)
    means = weight_matrix.mean_weights(instance, np.arange(4))
    assert means.tolist() == [[1.0, -0.5], [-0.5, 1.0]]
