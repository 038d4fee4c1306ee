import itertools

import numpy as np
from brute_force import random_graph

from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.reductions.clique_cover import edge_clique_cover


def cliques_of(graph):
    indptr, members = edge_clique_cover(graph)
    return [members[low:high].tolist() for low, high in itertools.pairwise(indptr.tolist())]


def test_every_edge_lies_in_a_maximal_clique():
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 8, 12):
        for _ in range(6):
            graph = random_graph(rng, n)
            edges = {tuple(edge) for edge in graph.edge_index.T.tolist()}
            cliques = cliques_of(graph)
            covered = set()
            for clique in cliques:
                assert clique == sorted(set(clique))
                pairs = set(itertools.combinations(clique, 2))
                assert pairs <= edges
                covered |= pairs
                common = set.intersection(*(set(graph.neighbours(v).tolist()) for v in clique))
                assert not common
            assert covered == edges


def test_planted_cliques_save_rows():
    graph = generate("rb", 1, n_cliques=12, clique_size=8, p=0.5).instance
    cliques = cliques_of(graph)
    assert len(cliques) < graph.n_edges / 3
    assert sum(map(len, cliques)) < 2 * graph.n_edges


def test_a_complete_graph_and_one_without_edges():
    pairs = np.array(list(itertools.combinations(range(7), 2))).T
    assert cliques_of(Graph.from_edges(7, *pairs)) == [list(range(7))]
    assert cliques_of(Graph.from_edges(3, [], [])) == []
