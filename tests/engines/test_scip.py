import threading
import time

import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.problems.dual_bound import safe_dual_bound
from solverhub.problems.ilp import IntegerProgram

pytest.importorskip("pyscipopt", reason="needs the extra scip")

from solverhub.engines import scip
from solverhub.engines.scip import Run, Status


def knapsacks(n=40, m=5, seed=0):
    """Rows of equal sums with penalised slack, on which SCIP works for long."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 100, (m, n)).astype(float)
    middle = np.floor(rows.sum(axis=1) / 2)
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.concatenate([np.zeros(n), np.ones(2 * m)]),
        A=csr_array(np.concatenate([rows, np.eye(m), -np.eye(m)], axis=1)),
        row_lower=middle,
        row_upper=middle,
        lower=np.zeros(n + 2 * m),
        upper=np.concatenate([np.ones(n), np.full(2 * m, np.inf)]),
        integer=np.ones(n + 2 * m, bool),
    )


def toy(integer=False, sense=Sense.MAXIMISE, upper=4.0):
    return IntegerProgram(
        sense=sense,
        c=np.array([3.0, 2.0]),
        A=csr_array([[2.0, 1.0], [0.0, 3.0]]),
        row_lower=np.array([-np.inf, -np.inf]),
        row_upper=np.array([7.0, 8.0]),
        lower=np.zeros(2),
        upper=np.full(2, upper),
        integer=np.full(2, integer),
        offset=1.0,
    )


def slack_point(program, n):
    """The feasible point that selects nothing and pays for it."""
    point = np.zeros(program.n)
    point[n : n + program.m] = program.row_lower
    return point


def test_an_answer_in_the_programs_own_terms():
    answer = Run(toy(integer=True), {}).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.solutions[0].tolist() == [3.0, 1.0]
    assert answer.bound == pytest.approx(12)
    assert answer.row_dual is None


@pytest.mark.parametrize("sense", list(Sense))
def test_multipliers_include_rows_of_one_entry(sense):
    program = toy(sense=sense)
    answer = Run(program, {}, duals=True).solve()
    assert answer.status is Status.OPTIMAL
    value = program.c @ answer.solutions[0] + program.offset
    assert safe_dual_bound(program, answer.row_dual) == pytest.approx(value)


def test_statuses():
    assert Run(knapsacks(), {"limits/totalnodes": 5}).solve().status is Status.ITERATIONS
    assert Run(knapsacks(), {"limits/time": 0.3}).solve().status is Status.TIME
    assert Run(knapsacks(), {"limits/solutions": 1}).solve().status is Status.STOPPED
    unbounded = Run(toy(upper=np.inf, sense=Sense.MINIMISE), {}).solve()
    assert unbounded.status is Status.OPTIMAL


def test_bounds_of_a_limited_run_do_not_pass_later_incumbents():
    bounds = []
    answer = Run(knapsacks(), {"limits/totalnodes": 1}, on_bound=bounds.append).solve()
    better = Run(knapsacks(), {"limits/time": 2.0}).solve()
    value = knapsacks().c @ better.solutions[0]
    assert max([*bounds, answer.bound]) <= value + 1e-6


def test_stop_before_and_during_a_solve():
    run = Run(knapsacks(), {})
    run.stop()
    assert run.solve().status is Status.STOPPED
    run = Run(knapsacks(), {})
    timer = threading.Timer(0.5, run.stop)
    timer.start()
    started = time.monotonic()
    assert run.solve().status is Status.STOPPED
    assert time.monotonic() - started < 10
    run.stop()


def test_other_threads_go_on_during_a_solve():
    ticks, over = [], threading.Event()

    def tick():
        while not over.wait(0.01):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    Run(knapsacks(), {"limits/time": 1.0}).solve()
    over.set()
    thread.join()
    assert len(ticks) > 10


def test_starts_and_offers_are_taken():
    program = knapsacks()
    good = Run(program, {"limits/time": 1.5}).solve().solutions[0]
    started = Run(program, {"limits/totalnodes": 1}, start=good).solve()
    assert program.c @ started.solutions[0] <= program.c @ good + 1e-6
    run = Run(program, {"limits/totalnodes": 3})
    run.offer(slack_point(program, 40))
    run.offer(good)
    answer = run.solve()
    assert program.c @ answer.solutions[0] <= program.c @ good + 1e-6


def test_native_parameters():
    assert Run(knapsacks(), {}, {"limits/nodes": "2"}).solve().status is Status.ITERATIONS
    for native in ({"no/such": 1}, {"limits/nodes": "x"}, {"misc/catchctrlc": "maybe"}):
        with pytest.raises(InvalidParams, match="SCIP"):
            Run(toy(), {}, native)


def test_the_log_is_read_back_whole(capfd):
    lines = []
    Run(toy(integer=True), {}, on_log=lines.append).solve()
    assert any(line.startswith("SCIP Status") for line in lines)
    assert not any("\n" in line for line in lines)
    Run(toy(integer=True), {}).solve()
    assert capfd.readouterr().out == ""


def test_versions():
    assert set(scip.versions()) == {"scip", "pyscipopt"}
