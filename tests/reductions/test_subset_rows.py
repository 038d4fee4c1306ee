import itertools

import numpy as np
import pytest
from brute_force import SUBSETS, graph_optimum, random_graph

from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.reductions.subset_rows import clique_kernel, induced, subset_rows


def allowed(rows, selected):
    truth = ~selected[rows.vertices] if rows.negated else selected[rows.vertices]
    counts = [truth[rows.members[a:b]].sum() for a, b in itertools.pairwise(rows.indptr)]
    return all(c >= 1 for c in counts) if rows.at_least else all(c <= 1 for c in counts)


@pytest.mark.parametrize("name", SUBSETS)
def test_rows_say_what_the_judge_says(name):
    rng = np.random.default_rng(1)
    problem = families.get(name)
    for n in (1, 4, 6):
        for _ in range(4):
            graph = random_graph(rng, n)
            rows = subset_rows(name, graph)
            for bits in itertools.product((False, True), repeat=n):
                selected = np.array(bits)
                outside = selected.sum() > selected[rows.vertices].sum()
                feasible = problem.violations(graph, selected) == []
                assert (allowed(rows, selected) and not outside) == feasible


def test_the_kernel_keeps_every_clique_as_good_as_the_known_one():
    rng = np.random.default_rng(2)
    for kind in ("unit", "integer", "real"):
        for _ in range(12):
            graph = random_graph(rng, 8, vertex_weights=kind)
            best = graph_optimum("maximum-clique", graph)
            kernel = clique_kernel(graph, best)
            inside = induced(graph, kernel)
            assert graph_optimum("maximum-clique", inside) == pytest.approx(best)
            assert len(clique_kernel(graph, 0)) == graph.n


def test_a_known_clique_shrinks_a_sparse_graph():
    pairs = np.array(list(itertools.combinations(range(5), 2))).T
    path = np.stack([np.arange(4, 99), np.arange(5, 100)])
    graph = Graph.from_edges(100, *np.concatenate([pairs, path], axis=1))
    known = np.arange(100) < 5
    rows = subset_rows("maximum-clique", graph, known)
    assert rows.vertices.tolist() == [0, 1, 2, 3, 4]


def test_many_absent_edges_become_links(monkeypatch):
    monkeypatch.setattr("solverhub.reductions.subset_rows.MOST_ABSENT", 2)
    graph = Graph.from_edges(5, [0, 1], [1, 2])
    rows = subset_rows("maximum-clique", graph)
    assert rows.links is not None
    assert rows.links.n == 5
    assert len(rows.members) == 0


def test_induced_subgraphs_keep_weights_and_edges():
    graph = Graph.from_edges(5, [0, 1, 2, 3], [1, 2, 3, 4], weights=[1, 2, 3, 4, 5])
    part = induced(graph, np.array([1, 2, 4]))
    assert part.n == 3
    assert part.edge_index.tolist() == [[0], [1]]
    assert part.weights.tolist() == [2, 3, 5]
