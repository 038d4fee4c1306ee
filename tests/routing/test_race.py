import os
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from toys import PARSED, entrants, schedule

from solverhub.core.budget import Budget
from solverhub.core.errors import SolverFailed
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Limit, Reason
from solverhub.problems import judge
from solverhub.routing import family_tree
from solverhub.routing.arm import Task, start
from solverhub.routing.process import wait
from solverhub.routing.race import race


def run(budget=None, warm_start=None, observe=lambda event: None, fresh=None, **scripts):
    budget = budget or Budget.start(20)
    task = Task(PARSED.instance, warm_start=warm_start)
    raced = race(entrants(**scripts), PARSED, task, budget, observe=observe, fresh=fresh)
    return raced, judge.verify(raced.result, PARSED)


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
def test_incumbents_and_bounds_are_exchanged_both_ways(fresh):
    raced, judged = run(
        fresh=fresh,
        a="incumbent 12; hear bound 5; incumbent 8; poll",
        b="hear incumbent 12; bound 5; hear incumbent 8; incumbent 7; bound 7; poll",
    )
    assert judged.termination.reason is Reason.OPTIMAL
    assert judged.objective == 7
    assert raced.notes == ("solution by b", "bound by b")
    assert dict(judged.engines) == {"a": "1.0", "b": "1.0"}
    assert judged.deterministic is False


def test_the_incumbent_of_one_and_the_bound_of_another_end_the_race():
    raced, judged = run(a="incumbent 7; poll", b="wait 0.1; bound 7; poll")
    assert judged.termination.reason is Reason.OPTIMAL
    assert raced.result.evidence == {"by": "b"}
    assert raced.notes == ("solution by a", "bound by b")
    assert judged.wall_s < 10


def test_every_improvement_is_told_once_with_its_source():
    seen = []
    run(
        a="incumbent 12; poll",
        b="hear incumbent 12; incumbent 9; bound 3; poll",
        c="hear incumbent 9; hear bound 3; incumbent 7; bound 7; poll",
        observe=seen.append,
    )
    numbers = [(event.source, event.objective, event.bound) for event in seen]
    assert numbers == [
        ("a", 12, None),
        ("b", 9, None),
        ("b", None, 3),
        ("c", 7, None),
        ("c", None, 7),
    ]
    for event in seen:
        if event.kind is EventKind.INCUMBENT:
            np.testing.assert_array_equal(event.solution, schedule(event.objective))


def test_an_arm_that_crashes_does_not_end_the_race():
    raced, judged = run(a="incumbent 9; crash", b="wait 0.3; incumbent 7; bound 7")
    assert judged.termination.reason is Reason.OPTIMAL
    assert any("a failed (a was killed by SIGKILL" in note for note in raced.notes)


def test_the_incumbent_of_a_crashed_arm_is_kept():
    raced, judged = run(a="incumbent 9; crash", b="raise")
    assert judged.objective == 9
    assert judged.termination.reason is Reason.FEASIBLE
    assert any("b failed (the toy broke)" in note for note in raced.notes)


def test_the_first_error_is_raised_when_all_arms_fail_empty_handed():
    with pytest.raises(SolverFailed, match=r"toy broke|SIGKILL"):
        run(a="raise", b="crash")


def test_spinning_arms_end_with_the_race():
    begin = time.monotonic()
    raced, judged = run(Budget.start(0.5), a="incumbent 9; bound 2; spin", b="incumbent 8; spin")
    assert time.monotonic() - begin < 10
    assert (judged.objective, raced.result.bound) == (8, 2)
    assert judged.termination.limit is Limit.TIME


def test_arms_that_keep_the_deadline_report_their_evidence():
    raced, _ = run(Budget.start(0.3), a="incumbent 9; bound 2; poll", b="poll")
    assert raced.result.evidence == {"by": "a"}
    assert raced.result.termination.limit is Limit.TIME


def test_a_target_ends_the_race():
    _, judged = run(Budget.start(20, target=9), a="wait 0.1; incumbent 9; poll", b="spin")
    assert judged.termination.limit is Limit.TARGET
    assert judged.wall_s < 10


def test_cancelling_ends_the_race_with_the_best_so_far():
    flag = threading.Event()
    threading.Timer(0.3, flag.set).start()
    budget = Budget.start(20, cancel=flag)
    _, judged = run(budget, fresh=False, a="incumbent 9; poll", b="incumbent 8; spin")
    assert judged.termination.limit is Limit.CANCELLED
    assert judged.objective == 8


@pytest.mark.parametrize(
    ("threads", "wanted", "own"),
    [(2, (2, 1), [1, 1]), (4, (1, 4, 1), [1, 2, 1]), (4, (2, 1), [2, 1]), (2, (2,), [2])],
)
def test_an_arm_knows_how_many_cores_no_other_is_given(threads, wanted, own):
    scripts = entrants(**{f"arm{at}": "cores" for at in range(len(wanted))})
    arms = [replace(arm, threads=count) for arm, count in zip(scripts, wanted, strict=True)]
    children, _ = start(arms, Task(PARSED.instance), Budget.start(20, threads=threads))
    try:
        while not all(child.ended for child in children):
            wait(children, 1.0)
            for child in children:
                child.pump()
        assert [child.result.bound for child in children] == own
    finally:
        for child in children:
            child.close()


def test_a_warm_start_reaches_every_arm():
    _, judged = run(Budget.start(0.2), warm_start=schedule(10), a="poll", b="poll")
    assert judged.objective == 10


def test_a_checked_solution_refutes_a_claim_of_infeasibility():
    for a, b in (
        ("incumbent 9; poll", "hear incumbent 9; infeasible"),
        ("wait 0.2; incumbent 9; poll", "incumbent 12; wait 0.05; infeasible"),
    ):
        raced, judged = run(Budget.start(0.8), a=a, b=b)
        assert judged.termination.reason is Reason.FEASIBLE
        assert judged.objective == 9
        assert any("b was contradicted" in note for note in raced.notes)


def test_a_bound_beaten_by_a_checked_solution_is_dropped_with_its_arm():
    raced, judged = run(
        Budget.start(0.8),
        a="bound 6; hear bound 8; incumbent 7; poll",
        b="wait 0.1; bound 8; poll",
    )
    assert judged.objective == 7
    assert raced.result.bound == 6
    assert any("b was contradicted: its bound was 8" in note for note in raced.notes)


def test_a_broken_solution_is_refused_and_does_not_win():
    raced, judged = run(Budget.start(0.5), a="broken 5; poll", b="wait 0.1; incumbent 9; poll")
    assert judged.objective == 9
    assert judged.verified
    assert any("a solution of a was refused" in note for note in raced.notes)


@pytest.mark.parametrize("reason", ["infeasible", "unbounded"])
def test_a_verdict_without_a_contradiction_ends_the_race(reason):
    raced, judged = run(a=reason, b="spin")
    assert judged.termination.reason.value == reason
    assert judged.wall_s < 10
    assert raced.notes == ("verdict by a",)


def test_the_largest_arm_pays_for_the_memory_and_the_others_go_on():
    def children():
        living = (each for each in family_tree._processes() if each.state != "Z")
        return sum(each.parent == os.getpid() for each in living)

    def help_the_last_one():
        best = Event(EventKind.INCUMBENT, 0.0, objective=8, solution=schedule(8))
        return [best] if children() == before + 1 else []

    before = children()
    budget = Budget.start(60, memory_bytes=300 << 20).replace(incoming=help_the_last_one)
    raced, judged = run(
        budget, a="incumbent 9; hog", b="incumbent 20; hear incumbent 8; incumbent 7; bound 7"
    )
    assert judged.termination.reason is Reason.OPTIMAL
    assert any("a was stopped when the race outgrew" in note for note in raced.notes)


def test_memory_is_named_when_no_arm_is_left():
    budget = Budget.start(60, memory_bytes=300 << 20)
    _, judged = run(budget, a="incumbent 9; hog", b="hog")
    assert judged.termination.limit is Limit.MEMORY
    assert judged.objective == 9


def test_arms_that_give_up_early_end_the_race():
    _, judged = run(a="incumbent 9", b="incumbent 8; bound 2")
    assert judged.termination.reason is Reason.FEASIBLE
    assert judged.objective == 8
