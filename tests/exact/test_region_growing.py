import numpy as np
import pytest

from solverhub.exact.region_growing import balls, pivots
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph

NO_PAIRS = np.zeros(0, np.int64)


def rows(graph):
    return graph.indptr, graph.indices, graph.edge_ids


def planted(seed):
    """Cliques of 4 with two edges in three between them, and the labels of the cliques."""
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(20, 1)
    inside = u // 4 == v // 4
    kept = inside | (rng.random(u.size) < 2 / 3)
    return Graph.from_edges(20, u[kept], v[kept]), inside[kept]


@pytest.mark.parametrize("seed", range(5))
def test_an_integral_point_is_its_own_clustering(seed):
    graph, inside = planted(seed)
    x = np.where(inside, 0.0, 1.0)
    rng = np.random.default_rng(seed)
    first = balls(*rows(graph), x, np.ones(x.size), rng.permutation(20))
    second = pivots(
        *rows(graph), x, np.zeros(21, np.int64), NO_PAIRS, np.zeros(0), rng.permutation(20),
        rng.random(graph.indices.size),
    )  # fmt: skip
    for labels in (first, second):
        for part in range(5):
            assert len(set(labels[4 * part : 4 * part + 4])) == 1
        assert len(set(labels)) == 5


@pytest.mark.parametrize("seed", range(5))
def test_every_vertex_is_within_the_radius_of_its_centre(seed):
    graph = generate("er", seed, problem="max-cut", n=40, p=0.15).instance
    rng = np.random.default_rng(seed)
    x, cost = rng.random(graph.n_edges), rng.uniform(0.5, 2.0, graph.n_edges)
    labels = balls(*rows(graph), x, cost, rng.permutation(graph.n))
    assert (labels >= 0).all()
    assert (labels[labels] == labels).all()
    length = np.full((graph.n, graph.n), np.inf)
    u, v = graph.edge_index
    length[u, v] = length[v, u] = x
    np.fill_diagonal(length, 0.0)
    for k in range(graph.n):
        length = np.minimum(length, length[:, [k]] + length[[k]])
    assert (length[np.arange(graph.n), labels] < 0.5).all()


def test_the_ball_ends_where_the_cut_is_cheapest_for_its_volume():
    """Two triangles, joined by an edge within the radius; six long edges lead on from one."""
    leaves = list(range(6, 12))
    graph = Graph.from_edges(12, [0, 0, 1, 3, 3, 4, 2, *[5] * 6], [1, 2, 2, 4, 5, 5, 3, *leaves])
    u, v = graph.edge_index
    x = np.where((u == 2) & (v == 3), 0.3, np.where(v > 5, 1.0, 0.05))
    labels = balls(*rows(graph), x, np.ones(x.size), np.arange(12))
    assert labels.tolist() == [0, 0, 0, 3, 3, 3, *leaves]


def test_pivots_take_negative_pairs_by_their_distance():
    graph = Graph.from_edges(2, [], [])
    pair_ptr, pair_to = np.array([0, 1, 2]), np.array([1, 0])
    for draw, together in ((0.3, False), (0.5, True)):
        labels = pivots(
            *rows(graph), np.zeros(0), pair_ptr, pair_to, np.full(2, 0.4), np.arange(2),
            np.full(2, draw),
        )  # fmt: skip
        assert (labels[0] == labels[1]) == together
