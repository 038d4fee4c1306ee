import threading
import time

import pytest

from solverhub.core.errors import InvalidParams, SolverFailed
from solverhub.engines import piqp
from solverhub.engines.process_run import ProcessRun
from solverhub.engines.qp_answer import KILLED, Status


def test_a_process_answers_as_the_engine_does(bounded_form):
    here = piqp.Run(bounded_form, eps=1e-9).solve()
    there = ProcessRun(piqp.__name__, bounded_form, KILLED, eps=1e-9).solve()
    assert there.status is here.status is Status.OPTIMAL
    assert there.x.tolist() == here.x.tolist()
    assert there.bounds.tolist() == here.bounds.tolist()


def test_errors_of_the_engine_come_across(bounded_form):
    run = ProcessRun(piqp.__name__, bounded_form, KILLED, eps=1e-9, native={"nonsense": 1})
    with pytest.raises(InvalidParams, match="nonsense"):
        run.solve()


def test_a_module_that_does_not_exist_is_an_error(bounded_form):
    with pytest.raises(ModuleNotFoundError):
        ProcessRun("solverhub.engines.nothing", bounded_form, KILLED).solve()


def test_a_process_that_dies_is_told():
    run = ProcessRun("antigravity_that_is_no_module", _Fatal(), KILLED)
    with pytest.raises(SolverFailed, match="died"):
        run.solve()


def test_stop_kills_at_once(bounded_form):
    run = ProcessRun(piqp.__name__, bounded_form, KILLED, eps=1e-9)
    threading.Timer(0.05, run.stop).start()
    start = time.monotonic()
    answer = run.solve()
    assert time.monotonic() - start < 5
    assert answer is KILLED or answer.status is Status.OPTIMAL


def test_a_run_stopped_before_it_starts_is_killed(bounded_form):
    run = ProcessRun(piqp.__name__, bounded_form, KILLED, eps=1e-9)
    run.stop()
    assert run.solve() is KILLED


class _Fatal:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        import os

        return os._exit, (3,)
