"""Persistency of sparse clusterings: some optimum keeps what it joins and cuts what it cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from solverhub.reductions.clustering_persistency import persistency
from tests.problems.test_correlation_clustering import FAMILY, optimum, partitions, signed


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000))
def test_an_optimum_of_what_is_left_is_one_of_the_whole(seed):
    rng = np.random.default_rng(seed)
    instance = signed(6, seed, density=rng.choice([0.3, 0.5, 0.9]))
    found = persistency(instance)
    left = SignedGraph.of(found.graph, False)
    best = optimum(instance)
    reduced = optimum(left)
    values = [
        FAMILY.objective(instance, np.array(labels, np.int64)[found.groups])
        for labels in partitions(left.n)
        if FAMILY.objective(left, np.array(labels, np.int64)) == reduced
    ]
    assert min(values) == best


@pytest.mark.parametrize("seed", range(30))
def test_pairs_counted_as_cut_are_cut_in_some_optimum(seed):
    instance = signed(6, seed, density=0.6)
    found = persistency(instance)
    best = optimum(instance)
    u, v = instance.graph.edge_index
    cuts = [
        int(np.count_nonzero(labels[u] != labels[v]))
        for labels in (np.array(p, np.int64) for p in partitions(6))
        if FAMILY.objective(instance, labels) == best
        and (labels[:, None] == labels)[found.groups[:, None] == found.groups].all()
    ]
    assert max(cuts) >= found.cut
    assert found.joined + found.cut <= instance.n_edges


def test_a_heavy_edge_a_triangle_and_a_loose_end_are_joined():
    heavy = SignedGraph.of(Graph.from_edges(3, [0, 1, 0], [1, 2, 2], None, [5, -2, 1]))
    assert persistency(heavy).groups.tolist() == [0, 0, 1]
    apart = SignedGraph.of(Graph.from_edges(4, [0, 1, 2], [1, 2, 3], None, [1, -1, 1]))
    found = persistency(apart)
    assert (found.joined, found.cut, found.graph.n_edges) == (2, 1, 0)
    level = SignedGraph.of(Graph.from_edges(3, [0, 0, 1], [1, 2, 2], None, [2, 2, -3]))
    assert FAMILY.objective(level, persistency(level).groups) == 2
    assert persistency(level).groups.max() == 1
    u, v = np.triu_indices(4, 1)
    clique = SignedGraph.of(Graph.from_edges(4, u, v, None, [1, 1, 1, 1, 1, -1]))
    assert persistency(clique).groups.max() < 3
