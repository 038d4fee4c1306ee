"""Random graphs: seeds, sizes, and what each model promises."""

import math

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams, UnknownName
from solverhub.problems import families
from solverhub.problems.generators import (
    GENERATORS,
    GRAPH_PROBLEMS,
    generate,
    names,
    problems,
    sizes,
)

SMALL = {
    "rb": {"n_cliques": 8, "clique_size": 5, "p": 0.4},
    "rb-small": {},
    "rb-large": {},
    "ba": {"n": 50, "m": 3},
    "ba-small": {},
    "ba-large": {},
    "er": {"n": 40, "p": 0.3},
    "regular": {"n": 20, "degree": 5},
    "planted-clusters": {"n": 30, "clusters": 3, "flip": 0.1},
}


def graph(name, seed=0, **given):
    return generate(name, seed, **(SMALL[name] | given)).instance


@pytest.mark.parametrize("name", SMALL)
def test_equal_seeds_give_equal_graphs(name):
    assert graph(name, 3).digest("x") == graph(name, 3).digest("x")
    assert graph(name, 3).digest("x") != graph(name, 4).digest("x")


def test_graph_generators_serve_every_graph_problem():
    assert set(names("max-cut")) == set(SMALL)
    for problem in GRAPH_PROBLEMS:
        parsed = generate("er", 1, problem=problem, n=10, p=0.5)
        assert parsed.problem is families.get(problem)
        assert parsed.name == "er-n10-p0.5-seed1"
    assert problems("er")[0] == "maximum-independent-set"
    assert list(sizes("er")) == ["n", "p", "degree"]
    assert set(SMALL) <= set(GENERATORS)


def test_planted_clusters_without_flips_are_cliques():
    found = graph("planted-clusters", n=30, clusters=3, flip=0.0)
    near = np.eye(30, dtype=bool)
    near[tuple(found.edge_index)] = near[tuple(found.edge_index[::-1])] = True
    assert ((near @ near) == near).all(), "who shares a neighbour is a neighbour"
    assert np.unique(near, axis=0).shape[0] == 3


def test_rb_is_cliques_with_edges_between():
    for seed in range(5):
        found = graph("rb", seed)
        label = np.arange(found.n) // 5
        u, v = found.edge_index
        inside = np.count_nonzero(label[u] == label[v])
        assert inside == 8 * math.comb(5, 2), "each of the 8 groups is a clique"
        assert found.n_edges > inside


def test_rb_ranges():
    for seed in range(20):
        assert 200 <= graph("rb-small", seed).n <= 300
    assert 800 <= graph("rb-large", 1).n <= 1200


def test_ba_adds_m_edges_a_vertex():
    found = graph("ba", n=200, m=4)
    assert found.n_edges == 4 * (200 - 4)
    assert found.degrees.min() >= 1
    assert (np.bincount(found.edge_index[1], minlength=200)[5:] == 4).all()
    assert found.degrees.max() > 3 * found.degrees.mean(), "hubs"


def test_er_has_the_expected_density():
    counts = [graph("er", seed).n_edges for seed in range(50)]
    pairs = math.comb(40, 2)
    spread = math.sqrt(pairs * 0.3 * 0.7 / 50)
    assert abs(np.mean(counts) - 0.3 * pairs) < 5 * spread
    every = sum(np.bincount(graph("er", seed).edge_index[0], minlength=40) for seed in range(50))
    assert every[:-1].min() > 0
    assert graph("er", p=0).n_edges == 0
    assert graph("er", p=1).n_edges == pairs
    sparse = generate("er", 0, n=5000, degree=6).instance
    assert abs(sparse.degrees.mean() - 6) < 0.3


@pytest.mark.parametrize(
    ("n", "degree"), [(0, 0), (1, 0), (6, 5), (7, 4), (10, 3), (50, 20), (9, 8)]
)
def test_regular_graphs_are_regular(n, degree):
    for seed in range(3):
        found = generate("regular", seed, n=n, degree=degree).instance
        assert found.n == n
        assert (found.degrees == degree).all()


def test_weights():
    vertices = generate("er", 2, n=30, p=0.3, weights=10).instance
    assert set(vertices.weights.tolist()) <= set(range(1, 11))
    cut = generate("er", 2, problem="max-cut", n=30, p=0.3, signed=True).instance
    assert set(cut.edge_weights.tolist()) == {-1, 1}
    assert cut.weights is None
    assert np.array_equal(cut.edge_index, vertices.edge_index)


def test_sizes_may_be_text():
    assert generate("er", 0, n="10", p="0.5").instance.n == 10


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("er", {"n": 5}, "one of p and degree"),
        ("er", {"n": 5, "p": 0.5, "degree": 2}, "one of p and degree"),
        ("er", {"n": 5, "p": 1.5}, "p is 1.5"),
        ("er", {"n": 5, "p": float("nan")}, "p is nan"),
        ("er", {"n": -5, "p": 0.5}, "n is -5"),
        ("er", {"n": 10**9, "p": 0.5}, "too many"),
        ("er", {"n": 5.5, "p": 0.5}, "n is 5.5"),
        ("er", {"n": "x", "p": 0.5}, "n is 'x'"),
        ("er", {"p": 0.5}, "needs n"),
        ("er", {"n": 5, "p": 0.5, "m": 2}, "no size 'm'"),
        ("er", {"n": 5, "p": 0.5, "weights": 0}, "weights is 0"),
        ("ba", {"n": 4, "m": 4}, "n is 4"),
        ("ba", {"n": 4, "m": 0}, "m is 0"),
        ("regular", {"n": 5, "degree": 3}, "even product"),
        ("regular", {"n": 5, "degree": 5}, "degree is 5"),
        ("rb", {"n_cliques": 1, "clique_size": 3, "p": 0.5}, "n_cliques is 1"),
        ("rb", {"n_cliques": 5, "clique_size": 1, "p": 0.5}, "clique_size is 1"),
        ("rb", {"n_cliques": 5, "clique_size": 3, "p": 1}, "p is 1"),
    ],
)
def test_bad_sizes_are_refused(name, given, message):
    with pytest.raises(InvalidParams, match=message):
        generate(name, 0, **given)


def test_bad_names_and_seeds_are_refused():
    with pytest.raises(UnknownName, match="one of rb"):
        generate("none", 0)
    with pytest.raises(InvalidParams, match="gives no job-shop"):
        generate("er", 0, problem="job-shop", n=5, p=0.5)
    with pytest.raises(InvalidParams, match="seed is -1"):
        generate("er", -1, n=5, p=0.5)
