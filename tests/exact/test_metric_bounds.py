"""Metric nearness with bounds on distances against programs that have every cycle as a row."""

from dataclasses import replace

import numpy as np
import pytest
from metric_programs import bounded, optimum, random_instance

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Reason
from solverhub.local import solve_parsed
from solverhub.problems import families, metric_judge
from solverhub.problems.generators import generate
from solverhub.problems.metric_instance import of_edges, of_matrix

FAMILY = families.get("metric-nearness")
SOLVERS = {"l2": "project-forget", "l1": "cycle-cuts", "linf": "metric-closure"}


def run(instance, solver="auto", gap=1e-8):
    return solve_parsed(Parsed(FAMILY, instance), solver, Budget.start(20, gap=gap, threads=1))


def assert_optimal(result, value):
    assert result.termination.reason is Reason.OPTIMAL
    assert result.verified
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.objective == pytest.approx(value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("norm", SOLVERS)
@pytest.mark.parametrize(("density", "zeros"), [(1.0, 0.0), (0.6, 0.0), (1.0, 0.4), (0.6, 0.4)])
@pytest.mark.parametrize("seed", range(3))
def test_small_instances_have_the_value_of_the_full_program(seed, density, zeros, norm):
    instance = bounded(random_instance(6, seed, density=density, norm=norm, zeros=zeros), seed)
    result = run(instance)
    assert result.solver == SOLVERS[norm]
    assert_optimal(result, optimum(instance))


@pytest.mark.parametrize("norm", SOLVERS)
def test_bounds_that_nothing_needs_change_no_value(norm):
    plain = replace(generate("product-distances", 1, n=15).instance, norm=norm)
    wide = np.full(plain.n_edges, 5 * plain.largest)
    value = run(plain).objective
    assert_optimal(run(replace(plain, upper=wide)), value)
    assert_optimal(run(replace(plain, lower=np.full(plain.n_edges, 1e-9))), value)


@pytest.mark.parametrize("norm", SOLVERS)
@pytest.mark.parametrize("sparse", [False, True])
def test_bounds_no_metric_keeps_are_told_with_a_cycle(norm, sparse):
    edges = [np.array(ends) for ends in ([0, 1, 2, 0], [1, 2, 3, 3])]
    lower = np.array([0, 0, 0, 4.5])

    def ring(*upper):
        d = np.array([1.0, 1.0, 1.0, 5.0])
        return of_edges(4, *edges, d, norm=norm, lower=lower, upper=np.array(upper))[0]

    assert run(ring(1, 1.5, np.inf, 9)).termination.reason is Reason.OPTIMAL
    square = ring(1, 1.5, 1.9, 9)
    if not sparse:
        full = np.full((4, 4), 3.0) - 3 * np.eye(4)
        low, high = np.zeros((4, 4)), np.full((4, 4), np.inf)
        low[0, 3] = low[3, 0] = 4.5
        for i, j in ((0, 1), (1, 2), (2, 3)):
            high[i, j] = high[j, i] = 1.4
        for i, j in ((0, 2), (1, 3)):
            high[i, j] = high[j, i] = 3.5
        square = of_matrix(full, norm=norm, lower=low, upper=high)
    result = run(square)
    assert result.termination.reason is Reason.INFEASIBLE
    assert result.bound_check is BoundCheck.CERTIFICATE
    assert sorted(result.evidence["cycle"].tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("norm", SOLVERS)
def test_a_pair_whose_own_bounds_contradict_is_infeasible(norm):
    plain = replace(generate("uniform-distances", 0, n=5).instance, norm=norm)
    lower = np.zeros(10)
    lower[3] = 0.8
    crossed = replace(plain, lower=lower, upper=np.full(10, 0.7))
    result = run(crossed)
    assert result.termination.reason is Reason.INFEASIBLE
    assert result.bound_check is BoundCheck.CERTIFICATE
    assert result.evidence["cycle"].tolist() == plain.edge_index[:, 3].tolist()


def test_decreases_keep_bounds_or_say_why_not():
    plain = generate("product-distances", 0, n=12).instance
    closed = metric_judge.closure(plain)
    held = replace(plain, decrease_only=True, lower=0.5 * closed)
    assert_optimal(run(held), run(replace(plain, decrease_only=True)).objective)
    assert run(replace(held, lower=1.01 * closed)).termination.reason is Reason.INFEASIBLE
    tight = run(replace(held, upper=0.9 * plain.distances))
    assert tight.termination.reason is Reason.OPTIMAL
    assert (tight.solution <= 0.9 * plain.distances * (1 + 1e-9)).all()


def test_points_known_by_bounds_alone_are_placed():
    rng = np.random.default_rng(4)
    points = rng.random((12, 2))
    true = np.linalg.norm(points[:, None] - points[None], axis=2)
    known = np.triu(rng.random((12, 12)) < 0.5, 1)
    weights = (known + known.T).astype(float)
    noisy = true * (1 + 0.3 * rng.standard_normal((12, 12)))
    noisy = (np.abs(noisy) + np.abs(noisy).T) / 2
    result = run(of_matrix(noisy, weights, lower=0.8 * true, upper=1.2 * true), gap=1e-6)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED


def test_relabelling_changes_no_value():
    made = generate("bounded-distances", 3, n=15).instance
    order = np.random.default_rng(0).permutation(15)
    moved = {
        name: made.square(getattr(made, name))[np.ix_(order, order)]
        for name in ("distances", "lower", "upper")
    }
    value = run(made).objective
    assert run(of_matrix(**moved)).objective == pytest.approx(value, rel=1e-6)


def test_triangle_fixing_refuses_bounds_by_name():
    with pytest.raises(InvalidInstance, match="triangle-fixing: it keeps no bounds"):
        run(generate("bounded-distances", 0, n=8).instance, "triangle-fixing")
