import subprocess
import sys
import threading
import time
from dataclasses import replace

import ilp_contract as contract
import numpy as np
import pytest
from ilp_contract import ILP, market_split, solve
from mixed_programs import program, random_program
from scipy.optimize import linprog

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import Event, EventKind
from solverhub.core.result import BoundCheck, Reason, Sense
from solverhub.exact.ilp_highs import HighsSolver

SOLVER = HighsSolver(ILP)
Params = HighsSolver.Params


@pytest.mark.parametrize("kind", ["integer", "mixed", "continuous"])
def test_small_programs_have_the_optimum_of_enumeration(kind):
    contract.require_optima(SOLVER, kind, range(120))


def test_linear_programs_agree_with_linprog_and_carry_their_proof():
    rng = np.random.default_rng(1)
    for _ in range(20):
        n, m = 12, 8
        A, c = rng.normal(size=(m, n)), rng.normal(size=n)
        b = A @ rng.random(n) + rng.random(m)
        given = program(c, A, [(None, side) for side in b], [(0, 3)] * n, np.zeros(n))
        result = solve(SOLVER, given)
        assert result.objective == pytest.approx(linprog(c, A, b, bounds=(0, 3)).fun, rel=1e-9)
        assert result.bound_check is BoundCheck.RECOMPUTED
        assert result.termination.reason is Reason.OPTIMAL


def test_an_infeasible_linear_program_is_certified():
    rng = np.random.default_rng(2)
    for _ in range(20):
        A = rng.normal(size=(6, 5))
        y = rng.random(6)
        # y >= 0 with y'A = 0 and y'b < 0: Farkas.
        A[-1] = -(y[:-1] @ A[:-1]) / y[-1]
        b = rng.normal(size=6)
        b[-1] = -(y[:-1] @ b[:-1] + 1) / y[-1]
        for integer in (0, 1):
            given = program(np.ones(5), A, [(None, s) for s in b], [(-50, 50)] * 5, [integer] * 5)
            result = solve(SOLVER, given)
            assert result.termination.reason is Reason.INFEASIBLE
            assert result.bound_check is BoundCheck.CERTIFICATE


def test_no_time_at_all_is_an_answer_too():
    contract.require_no_time_is_an_answer(SOLVER)


def test_the_deadline_holds():
    contract.require_the_deadline(SOLVER)


def test_the_deadline_holds_in_a_linear_program_too():
    rng = np.random.default_rng(0)
    n, m = 3000, 2500
    A = rng.random((m, n)) * (rng.random((m, n)) < 0.05)
    given = program(rng.random(n), A, [(1, None)] * m, [(0, None)] * n, np.zeros(n))
    start = time.monotonic()
    budget = Budget.start(0.3, threads=1)
    result = solve(SOLVER, given, budget=budget)
    assert time.monotonic() - start < 10
    if result.bound is not None:
        assert result.bound_check is BoundCheck.RECOMPUTED


def test_cancel_ends_it():
    contract.require_cancelling(SOLVER)


def test_the_target_ends_it():
    contract.require_the_target(SOLVER)


def test_equal_seeds_give_equal_answers():
    contract.require_equal_answers(SOLVER)


def test_the_warm_start_is_kept():
    contract.require_the_warm_start(SOLVER)


def test_infeasible_warm_starts_do_no_harm():
    contract.require_infeasible_warm_starts_do_no_harm(SOLVER)


def test_unbounded_means_feasible_and_unbounded():
    contract.require_unbounded(SOLVER)


def test_degenerate_shapes():
    contract.require_degenerate_shapes(SOLVER)


def test_incumbents_and_bounds_are_streamed_with_solutions():
    events = []
    given = market_split(slack=1)
    solve(SOLVER, given, time_s=1.0, observe=events.append)
    found = [event for event in events if event.kind is EventKind.INCUMBENT]
    assert len(found) > 1
    for event in found:
        assert ILP.objective(given, event.solution) == event.objective
        assert not ILP.violations(given, event.solution)
    assert any(event.kind is EventKind.BOUND for event in events)


def test_what_others_find_is_adopted():
    given = market_split(seed=3, n=30, slack=1)
    good = solve(SOLVER, given, time_s=3.0)
    events = [Event(EventKind.INCUMBENT, 0.0, objective=good.objective, solution=good.solution)]

    def incoming():
        told, events[:] = list(events), []
        return told

    budget = replace(Budget.start(0.4, threads=1), incoming=incoming)
    result = solve(SOLVER, given, budget=budget, params=Params(native={"mip_max_nodes": 1}))
    assert result.objective <= good.objective


def test_an_infeasible_solution_of_others_is_not_adopted():
    given = market_split(slack=1)
    wrong = Event(EventKind.INCUMBENT, 0.0, objective=0.0, solution=np.zeros(given.n))
    told = [[wrong]]
    budget = replace(
        Budget.start(0.3, threads=1), incoming=lambda: told.pop() if told else ()
    )  # fmt: skip
    result = solve(SOLVER, given, budget=budget)
    assert result.objective > 0


def test_a_proving_bound_of_others_ends_it():
    given = market_split(slack=1)
    told = [[Event(EventKind.BOUND, 0.0, bound=1e9)]]
    budget = replace(Budget.start(30, threads=1), incoming=lambda: told.pop() if told else ())
    start = time.monotonic()
    SOLVER.solve(given, budget)
    assert time.monotonic() - start < 5


def test_the_pool_has_distinct_feasible_solutions_best_first():
    given = market_split(slack=1)
    result = solve(SOLVER, given, time_s=1.5, params=Params(pool=5))
    assert 0 < len(result.pool) <= 5
    everyone = [result.solution, *result.pool]
    assert len({point.tobytes() for point in everyone}) == len(everyone)
    worth = [ILP.objective(given, point) for point in everyone]
    assert worth == sorted(worth)


def test_the_log_is_kept_on_request_only():
    given = random_program(np.random.default_rng(0), "integer")
    assert solve(SOLVER, given).log == ()
    log = solve(SOLVER, given, params=Params(log=True)).log
    assert any("Solving report" in line or "MIP" in line for line in log)


def test_native_options_are_passed_on():
    given = market_split(slack=1)
    log = solve(SOLVER, given, params=Params(log=True, native={"mip_max_nodes": "3"})).log
    assert any("Solution limit" in line or "limit" in line.lower() for line in log)
    with pytest.raises(InvalidParams, match="mip_max_node_count"):
        solve(SOLVER, given, params=Params(native={"mip_max_node_count": 3}), time_s=0.0)


@pytest.mark.parametrize("start", [np.zeros(3), np.zeros(48, dtype=int), [0.0] * 48])
def test_a_warm_start_of_the_wrong_form_is_refused(start):
    with pytest.raises(InvalidSolution):
        solve(SOLVER, market_split(slack=1), warm_start=start)


def test_an_error_of_the_observer_is_not_swallowed():
    def broken(event):
        raise RuntimeError("observer")

    with pytest.raises(RuntimeError, match="observer"):
        solve(SOLVER, random_program(np.random.default_rng(0), "integer"), observe=broken)


def test_several_solves_may_run_at_once():
    programs = [random_program(np.random.default_rng([seed, 7]), "mixed") for seed in range(8)]
    alone = [solve(SOLVER, given) for given in programs]
    together = [None] * len(programs)

    def one(k):
        together[k] = solve(SOLVER, programs[k])

    threads = [threading.Thread(target=one, args=(k,)) for k in range(len(programs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.objective for r in together] == [r.objective for r in alone]


def test_extreme_coefficients_are_kept():
    """By default HiGHS drops entries below 1e-9 and refuses those from 1e15."""
    given = program(
        [1, 0], [[1e15, -1], [0, 1e-10]], [(0, None), (1, None)], [(0, None), (0, 1e11)], [0, 0]
    )
    result = solve(SOLVER, given)
    assert result.objective == pytest.approx(1e-5, rel=1e-6)


def test_maximising_is_told_in_its_own_sense():
    given = replace(market_split(slack=1), sense=Sense.MAXIMISE)
    given = replace(given, c=-given.c)
    events = []
    result = solve(SOLVER, given, time_s=0.7, observe=events.append)
    told = [event.objective for event in events if event.kind is EventKind.INCUMBENT]
    assert told == sorted(told)
    assert result.bound >= result.objective


def test_a_process_that_abandoned_a_run_ends_well():
    """HiGHS is deaf within one LP of its tree; its thread outlives the solve."""
    text = (
        "import numpy as np, time\n"
        "from scipy.sparse import random_array\n"
        "from solverhub.core.budget import Budget\n"
        "from solverhub.core.result import Sense\n"
        "from solverhub.exact.ilp_highs import HighsSolver\n"
        "from solverhub.problems.ilp import Ilp, IntegerProgram\n"
        "A = random_array((1500, 1500), density=0.05, rng=np.random.default_rng(0), format='csr')\n"
        "A.data[:] = 1\n"
        "given = IntegerProgram(sense=Sense.MINIMISE, c=np.arange(1, 1501), A=A,\n"
        "    row_lower=np.full(1500, 2), row_upper=np.full(1500, np.inf), lower=np.zeros(1500),\n"
        "    upper=np.ones(1500), integer=np.ones(1500, bool))\n"
        "start = time.monotonic()\n"
        "HighsSolver(Ilp()).solve(given, Budget.start(0.4, threads=1))\n"
        "print(time.monotonic() - start)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert float(done.stdout) < 2.0
