"""Pivot: clusters around pivots, and three times the optimum in expectation."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.solver import Params
from solverhub.problems import families
from solverhub.search.pivot import PivotSolver, pivot
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")


def solve(instance, iterations=8, threads=1, seed=0):
    budget = Budget.start(iterations=iterations, threads=threads)
    return PivotSolver(FAMILY).solve(instance, budget, params=Params(), seed=seed)


@pytest.mark.parametrize("seed", range(6))
def test_every_vertex_is_with_the_first_pivot_beside_it(seed):
    graph = signed(12, seed, complete=True, density=0.3).graph
    order = np.random.default_rng(seed).permutation(12)
    labels = pivot(graph.indptr, graph.indices, order)
    pivots = [x for x in order if labels[x] == x]
    for x in range(12):
        near = {x, *graph.neighbours(x).tolist()}
        assert labels[x] == next(p for p in pivots if p in near)
    for i, x in enumerate(pivots):
        assert not set(graph.neighbours(x).tolist()) & set(pivots[:i])


@pytest.mark.parametrize("seed", range(6))
def test_the_mean_over_orders_is_at_most_three_times_the_optimum(seed):
    instance = signed(7, seed, complete=True, density=0.5)
    rng, graph = np.random.default_rng(seed), instance.graph
    values = [
        FAMILY.objective(instance, pivot(graph.indptr, graph.indices, rng.permutation(7)))
        for _ in range(400)
    ]
    assert np.mean(values) <= 3 * optimum(instance) + 0.3
    assert solve(instance).objective >= optimum(instance)


def test_threads_change_no_answer():
    instance = signed(40, 3, complete=True, density=0.2)
    first, second = solve(instance, 9, threads=1), solve(instance, 9, threads=4)
    assert (first.solution == second.solution).all()
    assert first.objective == FAMILY.objective(instance, first.solution)
