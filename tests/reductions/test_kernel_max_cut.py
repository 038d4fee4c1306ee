"""Reductions of maximum cut keep the best cut and lift it back."""

import numpy as np
import pytest

from solverhub.problems.generators.graph import ba
from solverhub.problems.graph import Graph
from solverhub.problems.max_cut import MaxCut
from solverhub.reductions.kernel_max_cut import cut_kernel

WEIGHTS = {
    "unit": lambda rng, k: np.ones(k, np.int64),
    "signs": lambda rng, k: rng.choice([-1, 1], k),
    "integers": lambda rng, k: rng.integers(-9, 10, k),
    "fractions": lambda rng, k: rng.normal(size=k),
    "beyond 2^53": lambda rng, k: rng.integers(-(2**56), 2**56, k),
}


def random_graph(n, p, kind, seed):
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < p
    return Graph.from_edges(n, u[kept], v[kept], edge_weights=WEIGHTS[kind](rng, int(kept.sum())))


def best_cut(graph):
    sides = (np.arange(2 ** max(0, graph.n - 1))[:, None] >> np.arange(graph.n)) & 1
    u, v = graph.edge_index
    values = (sides[:, u] != sides[:, v]) @ graph.weights_of_edges
    return sides[int(values.argmax())].astype(np.int8), values.max()


def lifted(graph):
    kernel = cut_kernel(graph)
    assert kernel is not None
    return kernel, MaxCut().objective(graph, kernel.lift(best_cut(kernel.graph)[0]))


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("seed", range(12))
def test_the_best_of_the_kernel_is_lifted_to_the_best(kind, seed):
    graph = random_graph(3 + seed, (0.25, 0.35, 0.5)[seed % 3], kind, seed)
    if cut_kernel(graph) is None:
        pytest.skip("nothing to reduce")
    _, found = lifted(graph)
    assert found == pytest.approx(best_cut(graph)[1], rel=1e-12)


def test_relabelled_graphs_lift_to_equally_good_cuts():
    graph = random_graph(13, 0.3, "integers", 5)
    order = np.random.default_rng(1).permutation(graph.n)
    u, v = order[graph.edge_index]
    again = Graph.from_edges(graph.n, u, v, edge_weights=graph.edge_weights)
    assert lifted(graph)[1] == lifted(again)[1]


@pytest.mark.parametrize("seed", range(3))
def test_trees_cycles_and_cubic_parts_vanish(seed):
    tree = ba(60, 1, seed=seed)
    ring = Graph.from_edges(9, np.arange(9), (np.arange(9) + 1) % 9)
    ladder = Graph.from_edges(8, [0, 1, 2, 3, 4, 5, 6, 0, 1, 2], [1, 2, 3, 4, 5, 6, 7, 7, 6, 5])
    for graph, best in ((tree, 59), (ring, 8), (ladder, best_cut(ladder)[1])):
        kernel, found = lifted(graph)
        assert kernel.graph.n == 0
        assert found == best


def test_similar_vertices_are_one():
    spokes = [(hub, leaf) for hub in range(5) for leaf in range(5, 12)]
    weights = [(-1) ** leaf * (1 + leaf % 3) * (1 + hub) for hub, leaf in spokes]
    graph = Graph.from_edges(12, *np.array(spokes).T, edge_weights=weights)
    graph = Graph.from_edges(
        13,
        np.append(graph.edge_index[0], 0),
        np.append(graph.edge_index[1], 12),
        edge_weights=np.append(graph.weights_of_edges, 1),
    )
    kernel, found = lifted(graph)
    assert kernel.graph.n == 0
    assert found == best_cut(graph)[1]


def test_a_graph_that_no_rule_touches_is_left_alone():
    u, v = np.triu_indices(9, 1)
    assert cut_kernel(Graph.from_edges(9, u, v)) is None
    assert cut_kernel(Graph.from_edges(0, [], [])) is None
