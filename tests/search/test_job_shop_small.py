import numpy as np

from solverhub.problems import families
from solverhub.search.job_shop_orders import starts_of
from solverhub.search.job_shop_small import enumerate_active
from solverhub.search.job_shop_state import lay_out
from tests.search.job_shop_cases import classic
from tests.support.brute_force import random_shop, shop_optimum

PROBLEM = families.get("job-shop")


def enumerated(shop, best):
    layout = lay_out(shop)
    first = (shop.indptr[:-1] + np.arange(shop.n_jobs) + 1).astype(np.int32)
    order = np.zeros(shop.n_operations, np.int32)
    n_machines = len(layout.first) - 1
    found = enumerate_active(layout.duration, layout.machine, first, n_machines, best, order)
    return layout, found, order


def test_brute_force_agrees():
    rng = np.random.default_rng(0)
    for _ in range(60):
        shop = random_shop(rng)
        layout, found, order = enumerated(shop, np.int64(1000))
        starts = starts_of(layout, order)
        assert PROBLEM.violations(shop, starts) == []
        assert found == PROBLEM.objective(shop, starts) == shop_optimum(shop)


def test_the_best_known_is_confirmed():
    rng = np.random.default_rng(1)
    for _ in range(20):
        shop = random_shop(rng)
        best = shop_optimum(shop)
        _, found, order = enumerated(shop, np.int64(best))
        assert found == best
        assert not order.any()


def test_it_gives_up_where_there_are_too_many_schedules():
    assert enumerated(classic(8, 6), np.int64(10_000))[1] == -1
