import numpy as np
import pytest

from solverhub.bench import metrics


@pytest.mark.parametrize(
    ("objective", "reference", "gap"),
    [
        (10, 10, 0),
        (0, 0, 0),
        (12, 10, 2 / 12),
        (8, 10, 0.2),
        (-8, -10, 0.2),
        (-1, 10, 1),
        (5, 0, 1),
        (None, 10, 1),
    ],
)
def test_primal_gap(objective, reference, gap):
    assert metrics.primal_gap(objective, reference) == pytest.approx(gap)


def test_primal_integral_by_hand():
    steps = [(1.0, None), (2.0, 20), (4.0, 10)]
    assert metrics.primal_integral(steps, 10, 10) == pytest.approx(2 * 1 + 2 * 0.5)


def test_primal_integral_agrees_with_a_fine_sum():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 9, 6))
    steps = list(zip(times, 10 + np.sort(rng.uniform(0, 5, 6))[::-1], strict=True))
    grid = (np.arange(200_000) + 0.5) * 10 / 200_000
    known = np.searchsorted(times, grid, side="right")
    gaps = [1.0, *(metrics.primal_gap(value, 10) for _, value in steps)]
    assert metrics.primal_integral(steps, 10, 10) == pytest.approx(
        np.mean(np.asarray(gaps)[known]) * 10, rel=1e-3
    )


def test_nothing_found_costs_the_whole_horizon_and_later_finds_nothing():
    assert metrics.primal_integral([], 5, 30) == 30
    assert metrics.primal_integral([(31.0, 5)], 5, 30) == 30


def test_time_to_best_is_the_first_time_of_the_last_value():
    assert metrics.time_to_best([(1.0, 9), (2.0, 7), (3.0, 7)]) == 2.0
    assert metrics.time_to_best([(1.0, None)]) is None


def test_the_interval_holds_the_mean_and_narrows():
    rng = np.random.default_rng(1)
    few, many = rng.normal(size=10), rng.normal(size=1000)
    for sample in (few, many):
        low, high = metrics.bootstrap_interval(sample)
        assert low < sample.mean() < high
    assert np.diff(metrics.bootstrap_interval(many)) < np.diff(metrics.bootstrap_interval(few))


def test_paired_test_sees_a_shift_and_not_equality():
    base = np.random.default_rng(2).normal(size=20)
    assert metrics.paired_p_value(base, base + 1) < 0.01
    assert metrics.paired_p_value(base, base) is None
