"""Bounds by time windows: never above the optimum, the same for every naming and direction."""

import numpy as np
import pytest
from brute_force import random_shop, shop_optimum

from solverhub import assets
from solverhub.core.result import BoundCheck
from solverhub.problems import families, reading
from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.job_shop_bound import lower_bound
from solverhub.problems.job_shop_windows import least_unrefuted, refuted

PROBLEM = families.get("job-shop")


def jobs_of(shop):
    pairs = list(zip(shop.machine.tolist(), shop.duration.tolist(), strict=True))
    return [pairs[a:b] for a, b in zip(shop.indptr[:-1], shop.indptr[1:], strict=True)]


def test_the_optimum_is_never_refuted_and_the_bound_often_is_it():
    rng = np.random.default_rng(3)
    tight = 0
    for _ in range(60):
        shop = random_shop(rng)
        best = shop_optimum(shop)
        assert not refuted(shop, best)
        assert lower_bound(shop) <= best
        tight += lower_bound(shop) == best
    assert tight > 40


def test_all_that_is_below_the_bound_is_refuted():
    rng = np.random.default_rng(4)
    for _ in range(20):
        shop = random_shop(rng, jobs=6, machines=4, most=7)
        least = least_unrefuted(shop, 1)
        assert all(refuted(shop, horizon) for horizon in range(1, least, 3))
        assert least == 1 or refuted(shop, least - 1)
        assert not refuted(shop, least)
        assert lower_bound(shop) >= least


def test_names_and_direction_do_not_matter():
    rng = np.random.default_rng(5)
    for _ in range(20):
        shop = random_shop(rng, jobs=5, machines=4, most=6)
        jobs = jobs_of(shop)
        renamed = [
            [(shop.n_machines - 1 - machine, length) for machine, length in job]
            for job in reversed(jobs)
        ]
        backwards = [job[::-1] for job in jobs]
        bounds = {
            lower_bound(ShopInstance.from_jobs(each, shop.n_machines))
            for each in (jobs, renamed, backwards)
        }
        assert len(bounds) == 1


def test_ft06_has_a_better_bound_than_its_machines():
    shop = reading.read(assets.folder("instances") / "job-shop" / "ft06.jsp").instance
    assert least_unrefuted(shop, 52) == lower_bound(shop) == 54
    assert PROBLEM.check_bound(shop, 54, None) is BoundCheck.RECOMPUTED
    assert PROBLEM.check_bound(shop, 55, None) is None


@pytest.mark.parametrize("scale", [1, 2**55])
def test_large_durations_do_not_overflow(scale):
    jobs = [[(0, 3 * scale), (1, 2 * scale)], [(1, 4 * scale), (0, scale)], [(0, 0), (1, scale)]]
    shop = ShopInstance.from_jobs(jobs)
    assert lower_bound(shop) == shop_optimum(shop) == 7 * scale


def test_a_huge_shop_keeps_the_bound_it_has():
    shop = ShopInstance.from_jobs([[(0, 1), (1, 1)]] * 1500)
    assert least_unrefuted(shop, 1501) == 1501
