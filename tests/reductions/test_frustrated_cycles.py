import itertools

import numpy as np
from brute_force import random_graph

from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.reductions.frustrated_cycles import LONGEST, frustrated_cycles


def cycles_of(graph):
    indptr, edges = frustrated_cycles(graph)
    return [edges[low:high] for low, high in itertools.pairwise(indptr.tolist())]


def grid(rng, side):
    """A torus of side x side with weights +1 and -1."""
    u = np.arange(side * side)
    right = u // side * side + (u + 1) % side
    down = (u + side) % (side * side)
    weights = rng.choice([-1, 1], 2 * side * side)
    return Graph.from_edges(
        side * side, np.tile(u, 2), np.concatenate([right, down]), edge_weights=weights
    )


def test_what_is_listed_are_simple_frustrated_cycles():
    rng = np.random.default_rng(0)
    graphs = [random_graph(rng, n, edge_weights="integer") for n in (5, 8, 12, 20)]
    graphs += [grid(rng, 6), generate("ba", 1, problem="max-cut", n=60, m=2).instance]
    seen = 0
    for graph in graphs:
        cycles = cycles_of(graph)
        for edges in cycles:
            ends, counts = np.unique(graph.edge_index[:, edges], return_counts=True)
            assert set(counts.tolist()) == {2}
            assert len(ends) == len(edges) <= LONGEST
            assert (graph.weights_of_edges[edges] > 0).sum() % 2 == 1
        assert len({tuple(edges) for edges in cycles}) == len(cycles)
        seen += len(cycles)
    assert seen > 50


def test_every_edge_of_a_frustrated_square_is_in_a_cycle():
    rng = np.random.default_rng(1)
    graph = grid(rng, 8)
    covered = set(np.concatenate(cycles_of(graph)).tolist())
    assert len(covered) > 0.9 * graph.n_edges


def test_balanced_graphs_have_none():
    even = np.arange(8)
    assert cycles_of(Graph.from_edges(8, even, (even + 1) % 8)) == []
    pairs = np.array(list(itertools.combinations(range(6), 2))).T
    assert cycles_of(Graph.from_edges(6, *pairs, edge_weights=[-1] * 15)) == []
    assert cycles_of(Graph.from_edges(3, [0], [1])) == []
    assert cycles_of(Graph.from_edges(0, [], [])) == []


def test_an_odd_cycle_is_found_whole():
    odd = np.arange(7)
    assert [edges.tolist() for edges in cycles_of(Graph.from_edges(7, odd, (odd + 1) % 7))] == [
        list(range(7))
    ]
