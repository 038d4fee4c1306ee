import itertools

import numpy as np
import pytest
from brute_force import graph_optimum, random_graph

from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.reductions.kernel_dominating_set import dominating_set_kernel

MDS = families.get("minimum-dominating-set")


def optimum_of(kernel):
    """Lifted: the cheapest columns that cover every row, by brute force."""
    pointers, columns = kernel.rows
    rows = [set(columns[a:b].tolist()) for a, b in itertools.pairwise(pointers)]
    best = None
    for bits in range(1 << kernel.vertices.size):
        chosen = {c for c in range(kernel.vertices.size) if bits >> c & 1}
        if all(row & chosen for row in rows):
            cost = sum(kernel.cost[c] for c in chosen)
            if best is None or cost < best[0]:
                best = (cost, chosen)
    columns = np.zeros(kernel.vertices.size, bool)
    columns[list(best[1])] = True
    return kernel.lift(columns)


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("reduce", [True, False])
def test_an_optimum_of_the_kernel_lifts_to_an_optimum(kind, reduce):
    rng = np.random.default_rng(1)
    for _ in range(40):
        graph = random_graph(rng, int(rng.integers(0, 10)), vertex_weights=kind)
        found = optimum_of(dominating_set_kernel(graph, reduce=reduce))
        assert MDS.violations(graph, found) == []
        assert MDS.objective(graph, found) == pytest.approx(graph_optimum(MDS.name, graph))


def test_rows_and_columns_are_each_other():
    graph = generate("ba-small", 1, problem=MDS.name).instance
    kernel = dominating_set_kernel(graph)
    pairs = set()
    for r, (a, b) in enumerate(itertools.pairwise(kernel.rows[0])):
        pairs |= {(r, int(c)) for c in kernel.rows[1][a:b]}
    back = set()
    for c, (a, b) in enumerate(itertools.pairwise(kernel.cols[0])):
        back |= {(int(r), c) for r in kernel.cols[1][a:b]}
    assert pairs == back
    assert kernel.vertices.size < graph.n


def test_trees_vanish():
    rng = np.random.default_rng(2)
    n = 300
    graph = Graph.from_edges(n, np.arange(1, n), [int(rng.integers(0, v)) for v in range(1, n)])
    kernel = dominating_set_kernel(graph)
    assert kernel.rows[0].size == 1
    assert MDS.violations(graph, kernel.lift(np.zeros(kernel.vertices.size, bool))) == []
