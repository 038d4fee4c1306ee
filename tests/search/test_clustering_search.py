"""The clustering search: contraction, moves and the solver against brute force and the judge."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.solver import Params
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_exchange import exchange
from solverhub.search.clustering_form import Form, common, dense, spread
from solverhub.search.clustering_moves import bath_memory, descend, heat_bath, tally
from solverhub.search.clustering_multilevel import multilevel, quench, refined
from solverhub.search.clustering_search import ClusteringSearchSolver
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")


def solve(instance, *, seed=0, iterations=200, warm_start=None, **budget):
    return ClusteringSearchSolver(FAMILY).solve(
        instance,
        Budget.start(**{"threads": 1, "iterations": iterations, "deterministic": True, **budget}),
        params=Params(),
        seed=seed,
        warm_start=warm_start,
    )


def worth(instance, labels):
    """What the kernels maximise, from the judge: disagreements of singletons minus those now."""
    alone = FAMILY.objective(instance, np.arange(instance.n))
    return alone - FAMILY.objective(instance, labels)


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_form_is_the_objective_and_survives_contraction(complete, seed):
    instance = signed(12, seed, complete=complete)
    form = Form.of(instance)
    rng = np.random.default_rng(seed)
    groups = dense(rng.integers(0, 5, 12))
    coarse = form.contracted(groups)
    labels = rng.integers(0, coarse.n, coarse.n)
    inside = form.value(groups)
    assert form.value(labels[groups]) == pytest.approx(coarse.value(labels) + inside)
    assert form.value(labels[groups]) == worth(instance, labels[groups])


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_moves_gain_what_they_say_and_keep_the_tallies(complete, seed):
    instance = signed(15, seed, complete=complete)
    form = Form.of(instance)
    labels = np.arange(15)
    tallies = tally(labels, form.size)
    state = np.array([seed + 1], np.uint64)
    before = form.value(labels)
    here = (*form.rows, form.size, form.kappa, labels, *tallies)
    memory = bath_memory(15)
    told = heat_bath(*here, state, memory, 1.0, 3000)
    assert (memory[0] == -np.inf).all()
    assert form.value(labels) == pytest.approx(before + told)
    before = form.value(labels)
    told, done = descend(*form.rows, form.size, form.kappa, labels, *tallies, 10_000)
    assert done
    assert form.value(labels) == pytest.approx(before + told)
    mass, count, free = tallies
    assert mass.tolist() == np.bincount(labels, form.size, 15).tolist()
    assert count.tolist() == np.bincount(labels, minlength=15).tolist()
    assert sorted(free[1 : free[0] + 1]) == np.flatnonzero(count == 0).tolist()


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_greedy_contraction_ends_where_no_join_gains(complete, seed):
    form = Form.of(signed(30, seed, complete=complete, density=0.3))
    labels = dense(form.greedy())
    coarse = form.contracted(labels)
    gains = coarse.weights - coarse.kappa * coarse.size[coarse.u] * coarse.size[coarse.v]
    assert (gains <= 1e-9).all()


def test_a_heat_bath_visits_clusterings_as_boltzmann_says():
    form = Form.of(SignedGraph.of(Graph.from_edges(2, [0], [1], None, [1]), False))
    labels, state = np.arange(2), np.array([9], np.uint64)
    tallies, memory = tally(labels, form.size), bath_memory(2)
    together = 0
    for _ in range(4000):
        heat_bath(*form.rows, form.size, form.kappa, labels, *tallies, state, memory, 1.0, 3)
        together += labels[0] == labels[1]
    assert together / 4000 == pytest.approx(np.e / (1 + np.e), abs=0.03)


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_exchanges_and_levels_never_lose(complete, seed):
    form = Form.of(signed(40, seed, complete=complete, density=0.4))
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 8, 40)
    moved = exchange(form, start, 10**7)
    assert form.value(moved) >= form.value(start)
    assert form.value(refined(form, moved)) >= form.value(moved)
    whole = multilevel(form, rng)
    assert sorted(set(whole.tolist())) == list(range(whole.max() + 1))
    assert form.value(whole) >= 0


@pytest.mark.parametrize("complete", [False, True])
def test_an_exchange_joins_splits_and_crosses_a_loss(complete):
    first, second = np.triu_indices(4, 1)
    graph = Graph.from_edges(8, np.append(first, first + 4), np.append(second, second + 4))
    instance = SignedGraph.of(graph, True)
    if not complete:
        u, v = np.triu_indices(8, 1)
        weights = instance.weights_of(u, v)
        instance = SignedGraph.of(Graph.from_edges(8, u, v, None, weights), False)
    form = Form.of(instance)
    for start in (
        np.zeros(8, np.int64),
        np.array([0, 0, 1, 1, 2, 2, 3, 3]),
        np.array([0, 0, 1, 1, 0, 0, 1, 1]),
    ):
        labels = exchange(form, start, 10**6)
        assert FAMILY.objective(instance, labels) == 0


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("seed", range(3))
def test_small_instances_are_solved(complete, n, seed):
    instance = signed(n, seed, complete=complete)
    result = solve(instance)
    assert result.objective == optimum(instance)
    assert FAMILY.objective(instance, result.solution) == result.objective


def test_an_empty_graph_and_one_without_positive_pairs_cost_nothing():
    for instance in (
        SignedGraph.of(Graph.from_edges(0, [], [])),
        SignedGraph.of(Graph.from_edges(3, [], []), True),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [-1, -2])),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [1, 2]), False),
    ):
        result = solve(instance)
        assert result.objective == 0
        assert result.termination.reason == "optimal"


def test_relabelling_the_vertices_changes_no_value():
    parsed = generate("er", 4, problem="correlation-clustering", n=60, p=0.2, signed=True)
    graph = parsed.instance.graph
    place = np.random.default_rng(0).permutation(graph.n)
    u, v = place[graph.edge_index]
    other = SignedGraph.of(Graph.from_edges(graph.n, u, v, None, graph.edge_weights))
    first, second = solve(parsed.instance), solve(other)
    assert FAMILY.objective(other, second.solution) == second.objective
    moved = np.empty_like(first.solution)
    moved[place] = first.solution
    assert FAMILY.objective(other, moved) == first.objective


def test_equal_seeds_give_equal_answers_and_warm_starts_are_kept():
    parsed = generate("er", 7, problem="correlation-clustering", n=80, p=0.2, signed=True)
    first, second = solve(parsed.instance, seed=3), solve(parsed.instance, seed=3)
    assert (first.solution == second.solution).all()
    again = solve(parsed.instance, seed=9, iterations=1, warm_start=first.solution)
    assert again.objective <= first.objective


def test_common_clusters_are_the_finest():
    left, right = np.array([0, 0, 1, 1, 1]), np.array([4, 4, 4, 2, 2])
    assert common(left, right).tolist() == [0, 0, 2, 1, 1]


@pytest.mark.parametrize("complete", [False, True])
def test_vertices_that_nothing_pulls_are_best_alone(complete):
    for seed in range(20):
        instance = signed(8, seed, complete=complete)
        keep = instance.graph.edge_index[0] % 4 != 1
        u, v = instance.graph.edge_index[:, keep]
        weights = None if complete else instance.weights[keep]
        graph = Graph.from_edges(8, u, v, None, weights)
        form = Form.of(SignedGraph.of(graph, complete))
        part, vertices = form.pulled()
        labels = np.random.default_rng(seed).integers(0, max(1, part.n), part.n)
        whole = spread(labels, vertices, form.n)
        assert np.array_equal(np.unique(whole), np.arange(whole.max() + 1))
        assert form.value(whole) == pytest.approx(part.value(labels))
        alone = np.setdiff1d(np.arange(form.n), vertices)
        for x in alone:
            joined = whole.copy()
            joined[x] = whole[x - 1]
            assert form.value(joined) <= form.value(whole) + 1e-9


def test_a_quench_ends_where_no_move_gains():
    form = Form.of(signed(40, 3))
    labels = np.arange(form.n)
    state = np.array([7], np.uint64)
    quench(form, labels, state, np.linspace(0.6, 0.1, 10))
    here = (form.size, form.kappa, labels, *tally(labels, form.size))
    assert descend(*form.rows, *here, 20 * form.n) == (0.0, True)
