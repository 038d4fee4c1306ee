import numpy as np
import pytest
from brute_force import graph_optimum, random_graph

from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.reductions.kernel_independent_set import independent_set_kernel

MIS = families.get("maximum-independent-set")


def sparse_graph(rng, n, kind):
    """Few edges, so that every rule applies now and then; positive weights."""
    m = int(rng.integers(0, 2 * n + 1))
    u, v = rng.integers(0, max(n, 1), (2, m if n else 0))
    weights = {"unit": None, "integer": rng.integers(1, 6, n), "real": rng.random(n) + 0.1}[kind]
    return Graph.from_edges(n, u, v, weights=weights)


def optimum_of(kernel):
    """Through the original's judge: the best of the kernel by brute force, lifted."""
    best = None
    for bits in range(1 << kernel.graph.n):
        chosen = np.array([bits >> i & 1 for i in range(kernel.graph.n)], bool)
        u, v = kernel.graph.edge_index
        if not (chosen[u] & chosen[v]).any():
            value = kernel.cost[chosen].sum()
            if best is None or value > best[0]:
                best = (value, chosen)
    return kernel.lift(best[1])


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
def test_an_optimum_of_the_kernel_lifts_to_an_optimum(kind):
    rng = np.random.default_rng(0)
    shrunk = 0
    for round_ in range(150):
        n = int(rng.integers(0, 12))
        if round_ % 3:
            graph = sparse_graph(rng, n, kind)
        else:
            graph = random_graph(rng, n)
            if kind != "unit":
                graph = Graph(n, graph.edge_index, rng.integers(1, 5, n))
        cost = graph.vertex_weights.astype(float)
        kernel = independent_set_kernel(graph, cost)
        shrunk += kernel.graph.n < n
        found = optimum_of(kernel)
        assert MIS.violations(graph, found) == []
        assert MIS.objective(graph, found) == pytest.approx(graph_optimum(MIS.name, graph))
    assert shrunk > 80


def test_any_set_of_the_kernel_lifts_to_a_set_and_comes_back():
    rng = np.random.default_rng(1)
    for seed in range(40):
        graph = sparse_graph(rng, 60, ("unit", "integer")[seed % 2])
        kernel = independent_set_kernel(graph, graph.vertex_weights.astype(float))
        chosen = np.zeros(kernel.graph.n, bool)
        for x in rng.permutation(kernel.graph.n):
            chosen[x] = not chosen[kernel.graph.neighbours(x)].any()
        lifted = kernel.lift(chosen)
        assert MIS.violations(graph, lifted) == []
        again = kernel.lower(lifted)
        u, v = kernel.graph.edge_index
        assert not (again[u] & again[v]).any()
        assert np.array_equal(again, chosen)


def test_trees_vanish():
    rng = np.random.default_rng(2)
    n = 3000
    graph = Graph.from_edges(n, np.arange(1, n), [int(rng.integers(0, v)) for v in range(1, n)])
    kernel = independent_set_kernel(graph, np.ones(n))
    assert kernel.graph.n == 0
    assert MIS.violations(graph, kernel.lift(np.zeros(0, bool))) == []


def test_a_star_of_stars_takes_linear_time():
    n = 200_000
    graph = Graph.from_edges(n, np.zeros(n - 1, int), np.arange(1, n))
    kernel = independent_set_kernel(graph, np.ones(n))
    assert kernel.graph.n == 0
    assert kernel.lift(np.zeros(0, bool)).sum() == n - 1


def test_the_relaxation_decides_an_uneven_bipartite_graph():
    rng = np.random.default_rng(3)
    u, v = rng.integers(0, 40, 600), 40 + rng.integers(0, 80, 600)
    graph = Graph.from_edges(120, u, v)
    kernel = independent_set_kernel(graph, np.ones(120))
    assert kernel.graph.n == 0
    assert kernel.lift(np.zeros(0, bool)).sum() == 80


def test_dense_random_graphs_stay_as_they_are():
    graph = generate("rb-small", 1, problem=MIS.name).instance
    kernel = independent_set_kernel(graph, np.ones(graph.n))
    assert 0 < kernel.graph.n <= graph.n
