import math
import threading
import time

import pytest

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.result import Limit, Sense


def test_a_budget_without_limits_is_never_reached():
    budget = Budget.start()
    assert budget.reached(Sense.MINIMISE, 0, 10**12) is None
    assert budget.remaining_s == math.inf


def test_zero_seconds_are_reached_at_once():
    assert Budget.start(0).reached() is Limit.TIME


def test_the_clock_runs_from_the_start():
    budget = Budget.start(0.02)
    assert budget.reached() is None
    time.sleep(0.03)
    assert budget.reached() is Limit.TIME
    assert budget.remaining_s == 0
    assert budget.elapsed_s >= 0.03


@pytest.mark.parametrize(
    ("sense", "objective", "limit"),
    [
        (Sense.MINIMISE, 11, None),
        (Sense.MINIMISE, 10, Limit.TARGET),
        (Sense.MINIMISE, 9, Limit.TARGET),
        (Sense.MAXIMISE, 9, None),
        (Sense.MAXIMISE, 10, Limit.TARGET),
        (Sense.MAXIMISE, 11, Limit.TARGET),
        (Sense.MAXIMISE, None, None),
    ],
)
def test_target_is_met_by_an_objective_at_least_as_good(sense, objective, limit):
    assert Budget.start(target=10).reached(sense, objective) is limit


def test_iterations_and_cancel():
    flag = threading.Event()
    budget = Budget.start(iterations=3, cancel=flag)
    assert budget.reached(iterations=2) is None
    assert budget.reached(iterations=3) is Limit.ITERATIONS
    flag.set()
    assert budget.reached(iterations=3) is Limit.CANCELLED


@pytest.mark.parametrize(
    "fields",
    [
        {"time_s": -1},
        {"time_s": math.nan},
        {"time_s": math.inf},
        {"iterations": -1},
        {"gap": -1e-9},
        {"gap": math.nan},
        {"target": math.inf},
        {"threads": 0},
        {"device": "tpu"},
    ],
)
def test_values_out_of_range_are_refused_by_name(fields):
    with pytest.raises(InvalidParams) as caught:
        Budget.start(**fields)
    name = next(iter(fields)).replace("time_s", "time limit")
    assert name in str(caught.value)
