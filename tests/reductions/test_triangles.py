import itertools

import numpy as np
from brute_force import random_graph

from solverhub.problems.graph import Graph
from solverhub.reductions.triangles import triangles


def corners(graph, edges):
    return {int(v) for v in graph.edge_index[:, edges].ravel()}


def test_what_is_listed_is_a_triangle_once():
    rng = np.random.default_rng(0)
    for _ in range(10):
        graph = random_graph(rng, 9)
        found = [frozenset(corners(graph, three)) for three in triangles(graph).T]
        assert all(len(three) == 3 for three in found)
        assert len(found) == len(set(found))


def test_all_are_listed_where_there_is_room():
    rng = np.random.default_rng(1)
    for _ in range(10):
        graph = random_graph(rng, 8)
        edges = {tuple(edge) for edge in graph.edge_index.T.tolist()}
        expected = {
            frozenset(three)
            for three in itertools.combinations(range(8), 3)
            if set(itertools.combinations(three, 2)) <= edges
        }
        found = {frozenset(corners(graph, t)) for t in triangles(graph, most=10**6).T}
        assert found == expected


def test_a_limit_and_graphs_without_any():
    pairs = np.array(list(itertools.combinations(range(10), 2))).T
    complete = Graph.from_edges(10, *pairs)
    assert triangles(complete, most=7).shape == (3, 7)
    assert triangles(Graph.from_edges(4, [0, 1], [1, 2])).shape == (3, 0)
    assert triangles(Graph.from_edges(0, [], [])).shape == (3, 0)
