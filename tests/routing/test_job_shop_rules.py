"""What `auto` runs on job shops, and that its arms help one another."""

import pytest

from solverhub import assets, local
from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck, Reason
from solverhub.problems import reading
from solverhub.problems.generators import generate
from solverhub.routing.route import route


def plan(n_jobs, n_machines, **budget):
    parsed = generate("random-job-shop", 1, n_jobs=n_jobs, n_machines=n_machines)
    chosen = route(parsed, Budget.start(10, **budget))
    return [(arm.solver, arm.threads, dict(arm.params)) for arm in chosen.arms]


PROOF = ("cp-sat", 1, {"prove": True})


@pytest.mark.parametrize("size", [(2, 2), (10, 10), (20, 5), (15, 15)])
def test_shops_that_can_be_proved_race(size):
    assert plan(*size, threads=2) == [("job-shop-tabu", 1, {}), PROOF]


@pytest.mark.parametrize("size", [(20, 10), (20, 15), (100, 20)])
def test_larger_shops_are_searched_on_both_threads(size):
    assert plan(*size, threads=2) == [("job-shop-tabu", 2, {})]
    assert plan(*size, threads=4) == [("job-shop-tabu", 4, {}), PROOF]


def test_one_thread_searches_or_proves():
    for how in ({"threads": 1}, {"threads": 2, "deterministic": True}):
        assert [name for name, *_ in plan(10, 10, **how)] == ["cp-sat"]
        assert [name for name, *_ in plan(15, 10, **how)] == ["job-shop-tabu"]


def test_the_race_proves_a_classic():
    parsed = reading.read(assets.folder("instances") / "job-shop" / "ft06.jsp")
    result = local.solve_parsed(parsed, "auto", Budget.start(30, threads=2))
    assert result.objective == result.bound == 55
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.CLAIMED
    assert "bound by" in result.provenance.route


def test_a_bound_by_windows_is_recomputed():
    """Where the search meets the combinatorial bound, nobody's word is needed."""
    parsed = generate("random-job-shop", 2, n_jobs=20, n_machines=4)
    result = local.solve_parsed(parsed, "auto", Budget.start(30, threads=2))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED
