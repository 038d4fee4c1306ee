"""Project and Forget against programs that have every cycle as a row."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from metric_programs import optimum, random_instance

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.local import solve, solve_parsed
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.metric_instance import MetricInstance, of_matrix, pairs

FAMILY = families.get("metric-nearness")
INSTANCES = Path(__file__).parents[2] / "instances" / "metric-nearness"


def run(instance, *, gap=1e-8, threads=1, **budget):
    return solve_parsed(
        Parsed(FAMILY, instance),
        "project-forget",
        Budget.start(60, gap=gap, threads=threads, **budget),
    )


def assert_optimal(result, value, tolerance=1e-6):
    assert result.termination.reason is Reason.OPTIMAL
    assert result.verified
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.objective == pytest.approx(value, rel=tolerance, abs=1e-9)


@pytest.mark.parametrize("density", [1.0, 0.6])
@pytest.mark.parametrize("seed", range(4))
def test_small_instances_have_the_value_of_the_full_program(seed, density):
    instance = random_instance(6, seed, density=density)
    assert_optimal(run(instance), optimum(instance))


@pytest.mark.parametrize("seed", range(3))
def test_missing_distances_are_filled_in(seed):
    instance = random_instance(6, seed, zeros=0.3)
    assert 0 in instance.pair_weights
    assert_optimal(run(instance), optimum(instance))


def test_pairs_that_nothing_joins_are_far_apart():
    distances = np.array([[0, 3, 9, 9], [3, 0, 9, 9], [9, 9, 0, 2], [9, 9, 2, 0]], float)
    weights = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], float)
    result = run(of_matrix(distances, weights))
    assert_optimal(result, 0)
    assert result.solution.tolist() == [3, 3, 3, 3, 3, 2]


def test_a_metric_stays_as_it_is():
    points = np.random.default_rng(0).random((20, 3))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    result = run(of_matrix(distances))
    assert_optimal(result, 0)
    assert np.array_equal(result.solution, distances[np.triu_indices(20, 1)])


@pytest.mark.parametrize("kind", ["uniform", "binary", "product", "sparse"])
def test_random_classes_close_their_gap(kind):
    instance = generate(f"{kind}-distances", 0, n=60).instance
    result = run(instance, gap=1e-6)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.gap <= 1e-6


def test_the_scale_of_distances_does_not_matter():
    instance = generate("uniform-distances", 2, n=25).instance
    plain = run(instance).objective
    for factor in (1e-6, 1e9):
        scaled = MetricInstance(25, pairs(25), instance.distances * factor)
        assert run(scaled).objective == pytest.approx(plain * factor**2, rel=1e-7)


def test_relabelling_and_threads_change_no_value():
    instance = generate("product-distances", 5, n=40).instance
    matrix = instance.square(instance.distances)
    order = np.random.default_rng(0).permutation(40)
    value = run(instance).objective
    assert run(of_matrix(matrix[np.ix_(order, order)])).objective == pytest.approx(value, rel=1e-7)
    assert run(instance, threads=2).objective == pytest.approx(value, rel=1e-7)


def test_a_round_alone_gives_a_metric_and_a_bound():
    instance = generate("product-distances", 0, n=50).instance
    result = run(instance, iterations=1)
    assert result.verified
    assert result.termination.limit is Limit.ITERATIONS
    assert 0 < result.bound < result.objective


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_tiny_instances_are_solved(n):
    instance = MetricInstance(n, pairs(n), np.arange(1.0, 1 + n * (n - 1) // 2))
    assert_optimal(run(instance), 0)


def test_shipped_instances_reach_their_best_known_value():
    for name, known in tomllib.loads((INSTANCES / "best_known.toml").read_text()).items():
        result = solve(INSTANCES / name, time_limit=60, gap=1e-9)
        assert result.objective == pytest.approx(known["objective"], rel=1e-8)
        assert result.termination.reason is Reason.OPTIMAL


@pytest.mark.parametrize("density", [1.0, 0.6])
def test_random_cycles_alone_come_to_the_value_of_the_full_program(density):
    instance = random_instance(6, 1, density=density)
    parsed, budget = Parsed(FAMILY, instance), Budget.start(20, gap=1e-8, threads=1)
    result = solve_parsed(parsed, "project-forget", budget, params={"sample": 30})
    assert_optimal(result, optimum(instance))


def test_a_sample_follows_its_seed():
    parsed = generate("uniform-distances", 0, n=30)
    values = [
        solve_parsed(
            parsed, "project-forget", Budget.start(iterations=9, threads=1),
            params={"sample": 200}, seed=seed,
        ).bound
        for seed in (1, 1, 2)
    ]  # fmt: skip
    assert values[0] == values[1] != values[2]
    with pytest.raises(InvalidParams, match="sample is 0"):
        solve_parsed(parsed, "project-forget", params={"sample": 0})
