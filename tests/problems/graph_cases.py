"""Small graphs and brute force, shared by the tests of the graph families."""

import itertools

import numpy as np

from solverhub.problems.graph import Graph


def random_graph(n, p, seed, *, vertex=None, edge=None):
    """A random graph; `vertex` and `edge` draw weights from a generator and a size."""
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in itertools.combinations(range(n), 2) if rng.random() < p]
    return Graph.from_edges(
        n,
        [a for a, _ in pairs],
        [b for _, b in pairs],
        weights=None if vertex is None else vertex(rng, n),
        edge_weights=None if edge is None else edge(rng, len(pairs)),
    )


def adjacency(graph):
    """Dense boolean adjacency matrix."""
    matrix = np.zeros((graph.n, graph.n), bool)
    matrix[graph.edge_index[0], graph.edge_index[1]] = True
    return matrix | matrix.T


def relabelled(graph, order):
    """The graph with vertex i called order[i]."""
    order = np.asarray(order)
    weights = None
    if graph.weights is not None:
        weights = np.empty_like(graph.weights)
        weights[order] = graph.weights
    u, v = order[graph.edge_index]
    return Graph.from_edges(graph.n, u, v, weights=weights, edge_weights=graph.edge_weights)


def subsets(n, dtype=bool):
    """All 0-1 arrays of length n."""
    for bits in itertools.product((0, 1), repeat=n):
        yield np.array(bits, dtype)


def unit(rng, size):
    return np.ones(size, np.int64)


def integers(rng, size):
    return rng.integers(-3, 9, size)


def fractions(rng, size):
    return rng.normal(1, 2, size)
