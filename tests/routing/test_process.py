import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import spinning

from solverhub.core.errors import InvalidParams, ParseError, SolverFailed
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Limit, Reason
from solverhub.routing import family_tree
from solverhub.routing.process import Child, ProcessDied, fork_is_safe, wait
from solverhub.routing.supervise import supervise

WAYS = pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])


def started(target, *args, **how):
    child = Child(target, name="toy", **how)
    child.start(*args)
    return child


@WAYS
def test_the_value_and_the_events_arrive(fresh):
    seen = []
    child = started(spinning.echo, {"x": np.arange(3)}, fresh=fresh)
    outcome = supervise(child, observe=seen.append)
    np.testing.assert_array_equal(outcome.result["x"], np.arange(3))
    assert outcome.error is None
    assert [event.objective for event in seen] == [3.0]
    assert (seen[0].solution == 3.0).all()
    assert not family_tree.members(child.pid)


def test_a_large_value_arrives():
    value = np.random.default_rng(0).random(3_000_000)
    outcome = supervise(started(spinning.echo, value))
    np.testing.assert_array_equal(outcome.result, value)


def test_none_is_a_value():
    assert supervise(started(spinning.echo, None)).error is None


@WAYS
@pytest.mark.parametrize("how", ["gil", "free"])
def test_a_spinning_solver_ends_in_time_with_its_best(how, fresh):
    child = Child(spinning.improve_then_spin, fresh=fresh)
    child.prepare()
    while not child.ready:
        wait([child], 0.1)
        child.pump()
    begin = time.monotonic()
    child.start(how)
    outcome = supervise(child, deadline=begin + 1.0)
    assert time.monotonic() - begin < 10
    assert outcome.limit is Limit.TIME
    assert outcome.error is None
    result = outcome.result
    assert result.termination.reason is Reason.FEASIBLE
    assert result.termination.limit is Limit.TIME
    assert result.objective == 3.0
    assert result.bound == 1.0
    assert (result.solution == 3.0).all()
    assert result.trace[-1].objective == 3.0
    assert not family_tree.members(child.pid)


def test_grandchildren_die_in_whatever_session_they_are():
    child = started(spinning.start_programs_then_spin)
    while len(pids := family_tree.members(child.pid)) < 3 or child.best() is None:
        time.sleep(0.01)
    supervise(child, deadline=time.monotonic())
    assert not any(family_tree._runs(pid) for pid in pids)


def test_what_a_finished_child_leaves_running_is_swept_up():
    child = started(spinning.leave_a_program_behind)
    while len(pids := family_tree.members(child.pid)) < 2:
        time.sleep(0.001)
    child.cancel()
    assert supervise(child).result == "left"
    assert not any(family_tree._runs(pid) for pid in pids)


def test_a_memory_hog_is_killed_alone():
    other = started(spinning.obey)
    child = started(spinning.hog)
    outcome = supervise(child, memory_bytes=400 << 20)
    assert outcome.limit is Limit.MEMORY
    assert outcome.result.objective == 7.0
    other.pump()
    assert not other.ended
    other.cancel()
    assert supervise(other).result == "obeyed"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_crash_names_its_signal_and_keeps_the_incumbent(number):
    outcome = supervise(started(spinning.crash, number))
    assert isinstance(outcome.error, ProcessDied)
    assert number.name in str(outcome.error)
    assert outcome.error.partial.objective == 2.0
    assert outcome.error.partial.termination.limit is None


def test_leaving_without_an_answer_names_the_exit_status():
    assert "7" in str(supervise(started(spinning.leave)).error)


@WAYS
def test_errors_cross_with_what_they_say(fresh):
    ours = supervise(started(spinning.raise_it, "ours", fresh=fresh)).error
    assert isinstance(ours, ParseError)
    assert str(ours) == "a.mps:3: bad row: mend it"


def test_remedies_cross_and_foreign_errors_become_ours():
    error = supervise(started(spinning.raise_it, "remedy")).error
    assert isinstance(error, InvalidParams)
    assert error.remedy == "give 4"
    error = supervise(started(spinning.raise_it, "foreign")).error
    assert type(error) is SolverFailed
    assert "ZeroDivisionError" in str(error)


@WAYS
def test_cancel_is_seen(fresh):
    flag = threading.Event()
    flag.set()
    outcome = supervise(started(spinning.obey, fresh=fresh), cancel=flag)
    assert outcome.result == "obeyed"


def test_cancel_ends_a_solver_that_does_not_look():
    child = started(spinning.improve_then_spin, "free")
    while child.best() is None:
        time.sleep(0.001)
    flag = threading.Event()
    flag.set()
    begin = time.monotonic()
    outcome = supervise(child, cancel=flag)
    assert time.monotonic() - begin < 10
    assert outcome.result.termination.limit is Limit.CANCELLED
    assert outcome.result.objective == 3.0


@WAYS
def test_incumbents_and_bounds_of_others_arrive(fresh):
    child = started(spinning.relay, fresh=fresh)
    solution = np.arange(5)
    child.offer(Event(EventKind.INCUMBENT, 0.1, objective=4, solution=solution, source="a"))
    child.offer(Event(EventKind.BOUND, 0.2, bound=2, source="b"))
    found = supervise(child).result
    objective, _, array, source = found["incumbent"]
    assert (objective, source) == (4, "a")
    np.testing.assert_array_equal(array, solution)
    assert found["bound"][1] == 2


def test_a_parent_that_does_not_read_never_stops_the_solver():
    child = started(spinning.flood, 20_000)
    while not child.finishing:
        time.sleep(0.2)
        if child.cells.found.sequence() == 20_000:
            break
    assert child.best().head[0] == 1.0
    seen = []
    assert supervise(child, observe=seen.append).result == "done"
    assert seen[-1].objective == 1.0 or any(event.objective == 1.0 for event in seen)


def test_an_announced_deadline_is_kept():
    begin = time.monotonic()
    outcome = supervise(started(spinning.announce_then_spin))
    assert time.monotonic() - begin < 10
    assert outcome.limit is Limit.TIME


def test_judging_may_take_longer_than_the_grace():
    begin = time.monotonic()
    outcome = supervise(started(spinning.finish_late), deadline=begin + 1)
    assert outcome.result == "late"


def test_what_tick_raises_kills_the_child():
    child = started(spinning.improve_then_spin, "free")

    def lost():
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError, match="lease lost"):
        supervise(child, tick=lost)
    assert not family_tree.members(child.pid)


ORPHANING = """
import os, sys, time
sys.path.insert(0, {here!r})
import spinning
from solverhub.routing.process import Child
children = [Child(spinning.improve_then_spin, fresh=fresh) for fresh in (False, True)]
for child in children:
    child.start("free")
print(*(child.pid for child in children), flush=True)
time.sleep(600)
"""


def test_children_die_with_a_killed_parent():
    code = ORPHANING.format(here=os.path.dirname(spinning.__file__))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    until = time.monotonic() + 2.0
    while any(family_tree._runs(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(family_tree._runs(pid) for pid in pids)


def test_a_second_thread_makes_forking_unsafe():
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert not fork_is_safe()
        assert Child(spinning.echo).fresh
    finally:
        release.set()
        thread.join()


def test_a_target_that_cannot_be_sent_is_named():
    child = Child(lambda channel: None, name="toy", fresh=True)
    with pytest.raises(SolverFailed, match="toy cannot be sent"):
        child.start()


def test_a_target_that_cannot_be_loaded_is_an_error():
    child = Child(spinning.echo, fresh=True)
    child.prepare(spinning.Unloadable())
    child.start()
    error = supervise(child).error
    assert isinstance(error, SolverFailed)
    assert "not a number" in str(error)


def test_arguments_may_come_in_two_parts():
    for fresh in (False, True):
        child = Child(spinning.join, fresh=fresh)
        child.prepare("a")
        child.start("b")
        assert supervise(child).result == "ab"


def test_no_descriptor_leaks():
    before = len(os.listdir("/proc/self/fd"))
    for fresh in (False, True):
        supervise(started(spinning.echo, 1, fresh=fresh))
    assert len(os.listdir("/proc/self/fd")) == before
