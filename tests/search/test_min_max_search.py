"""The min-max search: starts, moves and the solver against brute force and the judge."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck, Limit
from solverhub.core.solver import Params
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.problems.min_max_clustering import disagreements
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.min_max_core import root_bound
from solverhub.search.min_max_form import Rows
from solverhub.search.min_max_moves import anneal, heat, tally
from solverhub.search.min_max_search import MinMaxSearchSolver
from solverhub.search.min_max_start import within_four, worst_balls
from solverhub.search.subset_random import random_state
from tests.problems.test_correlation_clustering import signed
from tests.problems.test_min_max_clustering import FAMILY, fractional, optimum


def solve(instance, *, seed=0, iterations=60, warm_start=None, **budget):
    return MinMaxSearchSolver(FAMILY).solve(
        instance,
        Budget.start(**{"threads": 1, "iterations": iterations, "deterministic": True, **budget}),
        params=Params(),
        seed=seed,
        warm_start=warm_start,
    )


def never():
    return False


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_moves_keep_the_disagreements_and_the_clusters(complete, seed):
    instance = signed(15, seed, complete=complete)
    rows = Rows.of(instance)
    labels = np.arange(15)
    bad, lists, unused = tally(*rows.arrays, labels)
    row = np.full(15, -rows.kappa)
    for turn in range(20):
        limit = float(bad.max()) * (0.3 + 0.03 * turn)
        hot = heat(bad, limit)
        anneal(
            *rows.arrays, labels, bad, lists, unused, hot, row, random_state(seed, turn), limit,
            0.7, 50,
        )  # fmt: skip
        assert (row == -rows.kappa).all()
        assert bad.tolist() == disagreements(instance, labels).tolist()
        assert sorted(hot[0, 1 : 1 + hot[0, 0]]) == np.flatnonzero(bad > limit).tolist()
        assert lists[3].tolist() == np.bincount(labels, minlength=15).tolist()
        assert sorted(lists[4, : unused[0]]) == np.flatnonzero(lists[3] == 0).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_the_start_stays_within_four_times_the_optimum(seed):
    instance = signed(7, seed, complete=True, density=0.3 + 0.08 * seed)
    assert FAMILY.objective(instance, within_four(instance)) <= 4 * optimum(instance)


@pytest.mark.parametrize("seed", range(8))
def test_balls_about_the_worst_are_stars_whose_value_the_judge_agrees_with(seed):
    instance = signed(20, seed, complete=True, density=0.1 + 0.1 * seed)
    graph = instance.graph
    labels, worst = worst_balls(graph.indptr, graph.indices)
    assert worst == FAMILY.objective(instance, labels)
    for x, centre in enumerate(labels):
        assert x == centre or centre in graph.neighbours(x)
        assert labels[centre] == centre


def test_a_target_that_balls_meet_ends_the_search_at_once():
    u, v = np.triu_indices(5, 1)
    bridged = np.append(u, [*(u + 5), 4]), np.append(v, [*(v + 5), 5])
    instance = SignedGraph.of(Graph.from_edges(10, *bridged), True)
    result = solve(instance, target=1)
    assert result.objective == 1
    assert result.termination.limit is Limit.TARGET
    assert [point.objective for point in result.trace] == [None, 1]


def test_planted_clusters_are_found_by_the_start():
    parsed = generate(
        "planted-clusters", 3, problem="min-max-correlation-clustering", n=60, clusters=3, flip=0.02
    )
    labels = within_four(parsed.instance)
    assert np.unique(labels).size == 3


@pytest.mark.parametrize("kind", ["sparse", "complete", "fractional"])
@pytest.mark.parametrize("n", [1, 2, 5, 7])
@pytest.mark.parametrize("seed", range(3))
def test_small_instances_are_solved(kind, n, seed):
    instance = (
        fractional(n, seed)
        if kind == "fractional"
        else signed(n, seed, complete=kind == "complete")
    )
    best = optimum(instance)
    result = solve(instance)
    assert result.objective == pytest.approx(best, rel=1e-6)
    assert FAMILY.objective(instance, result.solution) == result.objective
    assert result.bound <= best
    assert FAMILY.check_bound(instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED


def test_instances_without_a_conflict_cost_nothing():
    for instance in (
        SignedGraph.of(Graph.from_edges(0, [], [])),
        SignedGraph.of(Graph.from_edges(1, [], [])),
        SignedGraph.of(Graph.from_edges(3, [], []), True),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [-1, -2])),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [1, 2]), False),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [0, 0]), False),
        SignedGraph.of(Graph.from_edges(3, [0, 0, 1], [1, 2, 2]), True),
    ):
        result = solve(instance)
        assert result.objective == 0
        assert result.termination.reason == "optimal"


def test_relabelling_the_vertices_changes_no_bound():
    instance = signed(30, 4, complete=True, density=0.3)
    place = np.random.default_rng(0).permutation(30)
    u, v = place[instance.graph.edge_index]
    other = SignedGraph.of(Graph.from_edges(30, u, v), True)
    first, second = (root_bound(each, 30, never) for each in (instance, other))
    assert first[0] == second[0]


def test_equal_seeds_give_equal_answers_and_warm_starts_are_kept():
    parsed = generate("er", 7, problem="min-max-correlation-clustering", n=80, p=0.2, signed=True)
    first, second = solve(parsed.instance, seed=3), solve(parsed.instance, seed=3)
    assert (first.solution == second.solution).all()
    again = solve(parsed.instance, seed=9, iterations=0, warm_start=first.solution)
    assert again.objective <= first.objective


def test_a_large_instance_is_bounded_on_the_surroundings_of_its_hubs():
    parsed = generate("ba", 1, problem="min-max-correlation-clustering", n=1500, m=4)
    bound, evidence = root_bound(parsed.instance, 10**6, never)
    assert bound >= 2
    assert evidence["vertices"].size < 400
    assert FAMILY.check_bound(parsed.instance, bound, evidence) is BoundCheck.RECOMPUTED
    assert (
        families.get("min-max-correlation-clustering").objective(parsed.instance, np.arange(1500))
        >= bound
    )
