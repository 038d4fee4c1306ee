"""CP-SAT below the incumbent: proofs, bounds, help from outside, limits."""

import threading

import numpy as np
import pytest
from brute_force import random_shop, shop_optimum

from solverhub import assets
from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Limit, Reason
from solverhub.exact.job_shop_cp_sat import JobShopCpSatSolver
from solverhub.problems import families, reading
from solverhub.problems.generators import generate

PROBLEM = families.get("job-shop")
SOLVER = JobShopCpSatSolver(PROBLEM)
FT10 = [
    "0 29 1 78 2 9 3 36 4 49 5 11 6 62 7 56 8 44 9 21",
    "0 43 2 90 4 75 9 11 3 69 1 28 6 46 5 46 7 72 8 30",
    "1 91 0 85 3 39 2 74 8 90 5 10 7 12 6 89 9 45 4 33",
    "1 81 2 95 0 71 4 99 6 9 8 52 7 85 3 98 9 22 5 43",
    "2 14 0 6 1 22 5 61 3 26 4 69 8 21 7 49 9 72 6 53",
    "2 84 1 2 5 52 3 95 8 48 9 72 0 47 6 65 4 6 7 25",
    "1 46 0 37 3 61 2 13 6 32 5 21 9 32 8 89 7 30 4 55",
    "2 31 0 86 1 46 5 74 4 32 6 88 8 19 9 48 7 36 3 79",
    "0 76 1 69 3 76 5 51 2 85 9 11 6 40 7 89 4 26 8 74",
    "1 85 0 13 2 61 6 7 8 64 9 76 5 47 3 52 4 90 7 45",
]
"""Fisher and Thompson 1963, optimum 930."""


def solve(shop, *, seed=0, warm_start=None, observe=lambda event: None, native=None, **budget):
    incoming = budget.pop("incoming", tuple)
    budget = Budget.start(**{"time_s": 60, "threads": 1, **budget}).replace(incoming=incoming)
    params = SOLVER.Params(prove=True, native=native or {})
    return SOLVER.solve(
        shop, budget, params=params, seed=seed, warm_start=warm_start, observe=observe
    )


def test_brute_force_agrees():
    rng = np.random.default_rng(6)
    for _ in range(25):
        shop = random_shop(rng)
        result = solve(shop)
        assert PROBLEM.violations(shop, result.solution) == []
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == result.bound == shop_optimum(shop)


def test_bounds_never_pass_the_optimum():
    shop = reading.read(assets.folder("instances") / "job-shop" / "ft06.jsp").instance
    bounds = []
    result = solve(shop, observe=lambda event: bounds.append(event.bound))
    assert result.objective == 55
    known = [bound for bound in bounds if bound is not None]
    assert known == sorted(known)
    assert known[-1] == 55


def test_an_optimal_warm_start_is_only_proved():
    shop = generate("random-job-shop", 8, n_jobs=8, n_machines=6).instance
    best = solve(shop)
    again = solve(shop, warm_start=best.solution)
    assert again.termination.reason is Reason.OPTIMAL
    assert np.array_equal(again.solution, best.solution)


def test_a_schedule_from_outside_shortens_the_horizon():
    """Given the optimum after a while, the proof is about what is shorter than that."""
    shop = generate("random-job-shop", 8, n_jobs=8, n_machines=6).instance
    best = solve(shop)
    given = [Event(EventKind.INCUMBENT, 0.0, best.objective, solution=best.solution)]
    result = solve(shop, incoming=lambda: [given.pop()] if given else [])
    assert result.objective == best.objective
    assert result.termination.reason is Reason.OPTIMAL
    lie = [Event(EventKind.INCUMBENT, 0.0, 1, solution=np.zeros(shop.n_operations, np.int64))]
    result = solve(shop, incoming=lambda: [lie.pop()] if lie else [])
    assert result.objective == best.objective


def test_limits_end_it():
    shop = generate("random-job-shop", 9, n_jobs=20, n_machines=15).instance
    assert solve(shop, time_s=0.3).termination.limit is Limit.TIME
    few = solve(shop, iterations=5)
    assert few.termination.limit is Limit.ITERATIONS
    assert few.bound <= few.objective
    flag = threading.Event()
    flag.set()
    assert solve(shop, cancel=flag).termination.limit is Limit.CANCELLED
    target = solve(shop, target=10**6)
    assert target.termination.limit is Limit.TARGET
    ended = solve(shop, native={"max_time_in_seconds": "0.2"})
    assert ended.termination.reason is Reason.FEASIBLE


def test_equal_seeds_give_equal_runs():
    shop = generate("random-job-shop", 6, n_jobs=8, n_machines=6).instance
    runs = [solve(shop, seed=3, iterations=300) for _ in range(2)]
    assert runs[0].deterministic
    assert np.array_equal(runs[0].solution, runs[1].solution)


@pytest.mark.slow
def test_ft10_is_proved(tmp_path):
    (tmp_path / "ft10.jsp").write_text("10 10\n" + "\n".join(FT10) + "\n")
    shop = reading.read(tmp_path / "ft10.jsp", "job-shop").instance
    result = solve(shop, time_s=120)
    assert result.objective == result.bound == 930
