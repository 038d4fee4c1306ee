import numpy as np
from brute_force import random_graph

from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.reductions.cut_symmetry import anchored, anchors, components


def test_one_anchor_a_component_of_largest_degree():
    graph = Graph.from_edges(7, [0, 1, 1, 4], [1, 2, 3, 5])
    label = components(graph)
    assert len(set(label.tolist())) == 3
    fixed = anchors(graph)
    assert sorted(label[fixed].tolist()) == [0, 1, 2]
    assert 1 in fixed


def test_anchoring_keeps_the_cut():
    rng = np.random.default_rng(0)
    problem = families.get("max-cut")
    for n in (1, 5, 9):
        for _ in range(5):
            graph = random_graph(rng, n, edge_weights="integer")
            side = rng.integers(0, 2, n).astype(np.int8)
            flipped = anchored(graph, side)
            assert flipped.dtype == np.int8
            assert not flipped[anchors(graph)].any()
            assert problem.objective(graph, flipped) == problem.objective(graph, side)


def test_the_empty_graph():
    graph = Graph.from_edges(0, [], [])
    assert len(anchors(graph)) == 0
    assert len(anchored(graph, np.empty(0, np.int8))) == 0
