import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.events import EventKind
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Reason, Sense


def recorder(sense=Sense.MINIMISE, *, integral=False, **budget):
    events = []
    return Recorder(Budget.start(**budget), sense, events.append, integral=integral), events


@pytest.mark.parametrize("sense", list(Sense))
def test_trace_and_events_are_monotone(sense):
    notes, events = recorder(sense)
    rng = np.random.default_rng(0)
    for value in rng.normal(size=50):
        notes.incumbent(float(value), np.array([value]))
        notes.bound(float(-10 * sense.sign - value))
    result = notes.finish(None)
    objectives = [event.objective for event in events if event.kind is EventKind.INCUMBENT]
    assert objectives == sorted(objectives, reverse=sense is Sense.MINIMISE)
    assert result.objective == objectives[-1] == result.solution[0]
    assert len(result.trace) == len(events)
    assert all(a.wall_s <= b.wall_s for a, b in zip(result.trace, result.trace[1:], strict=False))


def test_the_incumbent_is_a_copy():
    notes, _ = recorder()
    vector = np.zeros(3)
    notes.incumbent(1, vector)
    vector[:] = 7
    assert notes.solution.tolist() == [0, 0, 0]


def test_infinite_and_weaker_bounds_are_ignored():
    notes, events = recorder()
    assert not notes.bound(float("-inf"))
    assert notes.bound(3)
    assert not notes.bound(2)
    assert len(events) == 1


@pytest.mark.parametrize(
    ("objective", "bound", "integral", "reason"),
    [
        (10, 10, False, Reason.OPTIMAL),
        (10, 9.5, False, Reason.FEASIBLE),
        (10, 9.5, True, Reason.OPTIMAL),
        (10, 9, True, Reason.FEASIBLE),
        (10, None, True, Reason.FEASIBLE),
        (None, 9, True, Reason.NO_SOLUTION),
    ],
)
def test_reason_follows_from_objective_and_bound(objective, bound, integral, reason):
    notes, _ = recorder(integral=integral)
    if objective is not None:
        notes.incumbent(objective, np.zeros(1))
    if bound is not None:
        notes.bound(bound)
    termination = notes.finish(Limit.TIME).termination
    assert termination.reason is reason
    assert termination.limit is (None if reason is Reason.OPTIMAL else Limit.TIME)


def test_the_budgets_gap_counts_as_optimal():
    notes, _ = recorder(gap=0.1)
    notes.incumbent(100, np.zeros(1))
    notes.bound(89)
    assert not notes.proved()
    notes.bound(91)
    assert notes.proved()


def test_a_claimed_objective_is_told_but_never_in_the_result():
    notes, events = recorder(target=4)
    assert notes.incumbent(9, np.zeros(1))
    assert notes.claim(7)
    assert not notes.claim(8)
    assert notes.limit() is None
    assert notes.claim(4)
    assert notes.limit() is Limit.TARGET
    assert [event.objective for event in events] == [9, 7, 4]
    assert events[-1].solution is None
    result = notes.finish(Limit.TARGET)
    assert (result.objective, result.solution.tolist()) == (9, [0])
    assert [point.objective for point in result.trace] == [9, 7, 4]
    assert notes.incumbent(4, np.ones(1))
    assert notes.finish(None).objective == 4
