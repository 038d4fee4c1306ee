import numpy as np
import pytest
from brute_force import random_shop, shop_optimum

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidSolution
from solverhub.core.result import Limit, Reason
from solverhub.exact.job_shop_cp_sat import JobShopCpSatSolver
from solverhub.exact.job_shop_start import dispatch
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.job_shop import ShopInstance

PROBLEM = families.get("job-shop")
Params = JobShopCpSatSolver.Params
ONE = Params(workers=1)


def solve(shop, *, params=ONE, seed=0, warm_start=None, **budget):
    budget = Budget.start(**{"time_s": 30, "threads": 1, **budget})
    return JobShopCpSatSolver(PROBLEM).solve(
        shop, budget, params=params, seed=seed, warm_start=warm_start
    )


def test_brute_force_agrees():
    rng = np.random.default_rng(0)
    for _ in range(25):
        shop = random_shop(rng)
        result = solve(shop)
        assert PROBLEM.violations(shop, result.solution) == []
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == result.bound == shop_optimum(shop)


def test_operations_without_duration_lie_within_no_other():
    shop = ShopInstance.from_jobs([[(0, 4)], [(1, 2), (0, 0), (1, 2)]])
    result = solve(shop)
    assert result.objective == shop_optimum(shop) == 6
    assert PROBLEM.violations(shop, result.solution) == []


def test_a_single_operation_and_idle_machines():
    assert solve(ShopInstance.from_jobs([[(0, 7)]])).objective == 7
    assert solve(ShopInstance.from_jobs([[(2, 0)]], 5)).objective == 0
    assert solve(ShopInstance.from_jobs([[], [(1, 3)], []], 3)).objective == 3


def test_the_dispatch_is_feasible():
    rng = np.random.default_rng(1)
    for _ in range(30):
        shop = random_shop(rng, jobs=6, machines=4, most=7)
        start = dispatch(shop)
        assert start.dtype == np.int64
        assert PROBLEM.violations(shop, start) == []


def test_the_order_of_jobs_does_not_matter():
    rng = np.random.default_rng(2)
    jobs = [[(int(rng.integers(3)), int(rng.integers(1, 9))) for _ in range(3)] for _ in range(4)]
    first = solve(ShopInstance.from_jobs(jobs))
    second = solve(ShopInstance.from_jobs(jobs[::-1]))
    assert first.objective == second.objective


def test_a_known_optimum():
    shop = generate("random-job-shop", 3, n_jobs=6, n_machines=4).instance
    one, many = solve(shop), solve(shop, threads=2, params=Params())
    assert one.objective == many.objective
    assert one.termination.reason is many.termination.reason is Reason.OPTIMAL
    assert many.deterministic is False


def test_a_warm_start_is_kept_and_checked():
    shop = generate("random-job-shop", 4, n_jobs=10, n_machines=10).instance
    start = dispatch(shop)
    result = solve(shop, warm_start=start, time_s=0)
    assert np.array_equal(result.solution, start)
    assert result.termination.limit is Limit.TIME
    with pytest.raises(InvalidSolution):
        solve(shop, warm_start=start.astype(float))
    late = start + 10
    assert solve(shop, warm_start=late, iterations=1).objective <= PROBLEM.objective(shop, late)


def test_a_better_start_shrinks_the_horizon_and_stays():
    shop = generate("random-job-shop", 5, n_jobs=6, n_machines=5).instance
    best = solve(shop)
    again = solve(shop, warm_start=best.solution)
    assert again.objective == best.objective
    assert again.termination.reason is Reason.OPTIMAL


def test_equal_seeds_give_equal_runs():
    shop = generate("random-job-shop", 6, n_jobs=8, n_machines=6).instance
    runs = [solve(shop, seed=3, iterations=500, params=Params()) for _ in range(2)]
    assert runs[0].deterministic
    assert np.array_equal(runs[0].solution, runs[1].solution)


def test_the_bound_comes_before_the_end():
    shop = generate("random-job-shop", 7, n_jobs=15, n_machines=10).instance
    result = solve(shop, iterations=1)
    assert result.bound is not None
    assert result.bound <= result.objective
    if result.termination.reason is not Reason.OPTIMAL:
        assert result.termination.limit is Limit.ITERATIONS
