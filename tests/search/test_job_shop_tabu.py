import threading
import time

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Parsed
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Reason, Sense
from solverhub.problems import families, judge
from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.job_shop_bound import lower_bound
from solverhub.search.job_shop_state import lay_out
from solverhub.search.job_shop_tabu import JobShopTabuSolver, _Run
from tests.search.job_shop_cases import classic, shops
from tests.support.brute_force import random_shop, shop_optimum

PROBLEM = families.get("job-shop")
Params = JobShopTabuSolver.Params


def solve(shop, *, params=None, seed=0, warm_start=None, observe=lambda event: None, **budget):
    budget = Budget.start(**{"time_s": 30, "threads": 1, **budget})
    result = JobShopTabuSolver(PROBLEM).solve(
        shop, budget, params=params or Params(), seed=seed, warm_start=warm_start, observe=observe
    )
    checked = judge.verify(result, Parsed(PROBLEM, shop))
    assert checked.verified
    assert checked.objective == result.objective
    assert checked.termination == result.termination
    return result


def test_brute_force_agrees():
    rng = np.random.default_rng(0)
    for _ in range(40):
        shop = random_shop(rng)
        best = shop_optimum(shop)
        assert solve(shop, iterations=20_000, target=best).objective == best


def test_loading_comes_to_the_end():
    JobShopTabuSolver(PROBLEM).load()


def test_small_classics_reach_their_optimum():
    shop = classic(7, 6, seed=3)
    one = solve(shop, iterations=60_000)
    others = [solve(shop, iterations=60_000, seed=seed).objective for seed in range(1, 4)]
    assert others == [one.objective] * 3


def test_the_search_alone_reaches_what_brute_force_finds():
    rng = np.random.default_rng(9)
    for _ in range(40):
        shop = random_shop(rng)
        best = shop_optimum(shop)
        budget = Budget.start(30, iterations=20_000, target=best, threads=1)
        recorder = Recorder(budget, Sense.MINIMISE, integral=True)
        _Run(shop, lay_out(shop), recorder, Params()).chains(0, 1)
        assert recorder.objective == best
        assert PROBLEM.violations(shop, recorder.solution) == []


def test_tiny_shops_are_proved():
    rng = np.random.default_rng(6)
    for _ in range(10):
        shop = random_shop(rng)
        result = solve(shop)
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == result.bound == shop_optimum(shop)


def test_operations_without_duration_lie_within_no_other():
    shop = ShopInstance.from_jobs([[(0, 4)], [(1, 2), (0, 0), (1, 2)]])
    assert solve(shop, iterations=1000).objective == shop_optimum(shop) == 6


@pytest.mark.parametrize(
    ("jobs", "machines", "best"),
    [
        ([[(0, 7)]], 1, 7),
        ([[(2, 0)]], 5, 0),
        ([[], [(1, 3)], []], 3, 3),
        ([[(0, 2), (1, 3), (0, 4)]], 2, 9),
        ([[(0, 1)], [(0, 2)], [(0, 3)]], 1, 6),
        ([[(0, 1), (0, 2)], [(0, 2), (0, 2)]], 1, 7),
        ([[(0, 2**59)], [(0, 2**60)], [(1, 2**59)]], 2, 2**59 + 2**60),
    ],
)
def test_degenerate_shops_are_solved_to_proof(jobs, machines, best):
    result = solve(ShopInstance.from_jobs(jobs, machines))
    assert result.objective == result.bound == best
    assert result.termination.reason is Reason.OPTIMAL


def test_shops_of_every_kind_get_schedules():
    for shop in shops(40, seed=2):
        result = solve(shop, iterations=3000)
        assert result.objective >= lower_bound(shop)


def test_labels_of_jobs_and_machines_do_not_matter():
    shop = classic(6, 4, seed=4)
    rng = np.random.default_rng(5)
    best = solve(shop, iterations=100_000).objective
    names, order = rng.permutation(4), rng.permutation(6)
    pairs = list(zip(names[shop.machine].tolist(), shop.duration.tolist(), strict=True))
    jobs = [pairs[shop.indptr[j] : shop.indptr[j + 1]] for j in order]
    assert solve(ShopInstance.from_jobs(jobs), iterations=100_000).objective == best


def test_equal_seeds_give_equal_answers():
    shop = classic(15, 10)
    one, other = (solve(shop, iterations=60_000, seed=7) for _ in range(2))
    assert (one.solution == other.solution).all()
    assert one.deterministic
    several = solve(shop, iterations=60_000, seed=7, threads=3, deterministic=True)
    assert (several.solution == one.solution).all()
    assert (solve(shop, iterations=60_000, seed=8).solution != one.solution).any()


def test_two_threads_share_the_work():
    shop = classic(15, 10)
    result = solve(shop, time_s=1.5, threads=2)
    assert not result.deterministic
    assert result.termination.limit is Limit.TIME
    assert result.objective <= solve(shop, iterations=1000).objective
    assert threading.active_count() == 1 or all(
        thread.name.startswith(("Main", "pytest")) or thread.daemon
        for thread in threading.enumerate()
    )


def test_limits_are_obeyed():
    shop = classic(30, 20)
    began = time.monotonic()
    assert solve(shop, time_s=0.5).termination.limit is Limit.TIME
    assert time.monotonic() - began < 5
    assert solve(shop, iterations=500).termination.limit is Limit.ITERATIONS
    loose = solve(shop, iterations=1).objective
    met = solve(shop, target=loose)
    assert met.termination.limit is Limit.TARGET
    assert met.objective <= loose
    nothing = Budget.start(0, threads=1)
    result = JobShopTabuSolver(PROBLEM).solve(shop, nothing, params=Params(), seed=0)
    assert result.termination.limit is Limit.TIME


def test_cancel_ends_every_thread():
    flag = threading.Event()
    timer = threading.Timer(0.4, flag.set)
    timer.start()
    result = solve(classic(20, 15), time_s=60, threads=2, cancel=flag)
    assert result.termination.limit is Limit.CANCELLED
    assert result.wall_s < 10


def test_incumbents_are_told_as_they_are_found():
    events = []
    shop = classic(20, 10)
    result = solve(shop, iterations=50_000, observe=events.append)
    told = [event for event in events if event.kind is EventKind.INCUMBENT]
    values = [event.objective for event in told]
    assert values == sorted(values, reverse=True)
    assert values[-1] == result.objective
    for event in told:
        assert PROBLEM.objective(shop, event.solution) == event.objective
        assert PROBLEM.violations(shop, event.solution) == []
    assert result.bound == lower_bound(shop)


def test_a_warm_start_is_kept_repaired_or_refused():
    shop = classic(10, 5)
    good = solve(shop, iterations=30_000)
    assert solve(shop, warm_start=good.solution, iterations=0).objective == good.objective
    late = good.solution + 1000
    assert solve(shop, warm_start=late, iterations=0).objective <= good.objective
    rng = np.random.default_rng(0)
    for _ in range(10):
        wrong = rng.integers(-(2**62), 2**62, shop.n_operations)
        assert solve(shop, warm_start=wrong, iterations=0).objective >= lower_bound(shop)
    with pytest.raises(InvalidSolution, match="float64"):
        solve(shop, warm_start=good.solution.astype(float))
    with pytest.raises(InvalidSolution, match=r"\(49,\)"):
        solve(shop, warm_start=good.solution[1:])


def test_what_others_find_is_taken_in():
    shop = classic(10, 5)
    good = solve(shop, iterations=60_000)
    told = [
        Event(EventKind.INCUMBENT, 0.0, objective=good.objective, solution=good.solution),
        Event(EventKind.BOUND, 0.0, bound=good.objective),
    ]
    budget = Budget.start(30, threads=1).replace(incoming=lambda: [told.pop(0)] if told else [])
    result = JobShopTabuSolver(PROBLEM).solve(shop, budget, params=Params(), seed=1)
    assert result.objective == good.objective
    assert result.termination.reason is Reason.OPTIMAL
    assert result.wall_s < 25


def test_ties_of_operations_without_duration_survive_a_warm_start():
    rng = np.random.default_rng(3)
    for _ in range(60):
        shop = random_shop(rng, jobs=5, machines=2, most=4)
        found = solve(shop, iterations=200)
        again = solve(shop, warm_start=found.solution, iterations=0)
        assert again.objective <= found.objective


@pytest.mark.parametrize(
    "wrong",
    [
        {"patience": 0},
        {"population": 1},
        {"renewal": 0},
        {"meeting": 1},
        {"crowding": 2.0},
        {"noise": 101},
    ],
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidParams, match=next(iter(wrong))):
        Params(**wrong)


def test_a_search_without_a_move_to_make_ends_too():
    """Both operations of the block belong to one job, and the quick conditions allow nothing."""
    shop = ShopInstance.from_jobs([[(0, 2), (0, 3)], [(1, 4), (0, 0), (0, 4)], [(1, 1)]])
    assert solve(shop, time_s=None, iterations=300).objective >= lower_bound(shop)
