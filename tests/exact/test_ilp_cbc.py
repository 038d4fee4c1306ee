import ilp_contract as contract
import numpy as np
import pytest
from ilp_contract import ILP, market_split, solve
from mixed_programs import open_program, program, random_program

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import EventKind
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.exact.ilp_cbc import CbcSolver
from solverhub.exact.ilp_highs import HighsSolver

SOLVER = CbcSolver(ILP)
Params = CbcSolver.Params


@pytest.mark.parametrize("kind", ["integer", "mixed", "continuous"])
def test_small_programs_have_the_optimum_of_enumeration(kind):
    contract.require_optima(SOLVER, kind, range(25))


def test_no_time_at_all_is_an_answer_too():
    contract.require_no_time_is_an_answer(SOLVER)


def test_the_deadline_holds_and_the_incumbent_is_kept():
    contract.require_the_deadline(SOLVER)


def test_cancel_ends_it_and_keeps_the_incumbent():
    contract.require_cancelling(SOLVER)


def test_the_target_ends_it():
    contract.require_the_target(SOLVER)


def test_equal_seeds_give_equal_answers():
    contract.require_equal_answers(SOLVER)


def test_the_warm_start_is_kept():
    contract.require_the_warm_start(SOLVER)


def test_the_warm_start_reaches_cbc():
    given = market_split(slack=1)
    good = solve(SOLVER, given, time_s=1.5)
    log = solve(SOLVER, given, time_s=1.5, warm_start=good.solution, params=Params(log=True)).log
    assert any("MIPStart provided solution with cost" in line for line in log)


def test_infeasible_warm_starts_do_no_harm():
    contract.require_infeasible_warm_starts_do_no_harm(SOLVER)


def test_unbounded_means_feasible_and_unbounded():
    contract.require_unbounded(SOLVER)


def test_unbounded_is_not_called_infeasible():
    """CBC 2.10 says "Infeasible" of many unbounded programs; HiGHS is asked what they are."""
    highs, seen = HighsSolver(ILP), set()
    for seed in range(24):
        given = open_program(np.random.default_rng([seed, 5]))
        ours, theirs = solve(SOLVER, given, time_s=4.0), solve(highs, given, time_s=4.0)
        if Limit.TIME in (ours.termination.limit, theirs.termination.limit):
            continue
        assert ours.termination.reason is theirs.termination.reason
        seen.add(ours.termination.reason)
        if ours.termination.reason is Reason.OPTIMAL:
            assert ours.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6)
    assert Reason.UNBOUNDED in seen


def test_degenerate_shapes():
    contract.require_degenerate_shapes(SOLVER)


def test_objectives_are_streamed_before_the_end_and_the_last_has_the_solution():
    given, events = market_split(slack=1), []
    result = solve(SOLVER, given, time_s=1.5, observe=events.append)
    found = [event for event in events if event.kind is EventKind.INCUMBENT]
    assert len(found) > 1
    assert found[0].solution is None
    assert found[0].wall_s < 1.0
    assert found[-1].solution is not None
    assert found[-1].objective == pytest.approx(result.objective)
    assert any(event.kind is EventKind.BOUND for event in events)
    objectives = [point.objective for point in result.trace if point.objective is not None]
    assert objectives == sorted(objectives, reverse=True)


def test_a_linear_bound_is_recomputed_from_the_duals():
    given = program([1, 1], [[3, 1], [1, 3]], [(1, None), (1, None)], [(0, 9)] * 2, [0, 0])
    result = solve(SOLVER, given)
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.termination.reason is Reason.OPTIMAL


def test_a_limit_is_not_called_a_proof():
    """PuLP #649 and #711: stopped on time, reported as optimal."""
    result = solve(SOLVER, market_split(slack=1), time_s=0.6)
    assert result.termination.reason is not Reason.OPTIMAL
    assert result.termination.limit is Limit.TIME
    nothing = solve(SOLVER, market_split(), time_s=0.6)
    assert nothing.termination.reason is Reason.NO_SOLUTION
    assert nothing.solution is None


def test_a_crash_of_cbc_is_survived():
    """Without preprocessing CBC 2.10 crashes on this infeasible program (found at random)."""
    given = program(
        [0, 3, -9, -7],
        [[4, 0, 5, 5], [0, 0, -1, 0], [0, -1, 1, 0], [0, -4, 2, 4]],
        [(-9, -9), (None, 0), (2, 2), (5, 7)],
        [(-2, 0), (-3, -1), (-3, 0), (-3, 1)],
        [1] * 4,
    )
    assert solve(SOLVER, given).termination.reason is Reason.INFEASIBLE


def test_preprocessing_is_kept_from_ranged_rows():
    """With preprocessing CBC 2.10 calls 13 and -24 optimal (found at random)."""
    first = program(
        [8, 5, 0, 1, -3],
        [[0, 0, 5.5, -4.5, -2.75], [2, -4.5, 0, -4, 0]],
        [(-4.5, None), (-3.5, -1.5)],
        [(0, 2), (-2, 1), (0, 3), (0, 1), (-2, 0)],
        [1] * 5,
    )
    second = program(
        [9, 8, -9, 4],
        [[0, 0, 0, 0], [-4, 0, 0, -5], [-3, 0, -3, 5]],
        [(-1, 1), (-2, 0), (None, 8)],
        [(-1, 0), (-3, 0), (0, 0), (-2, 1)],
        [1] * 4,
    )
    for given in (first, second):
        contract.require_the_optimum(SOLVER, given)


def test_the_log_is_kept_on_request_only():
    given = random_program(np.random.default_rng(1), "integer")
    assert solve(SOLVER, given).log == ()
    assert any("CBC" in line for line in solve(SOLVER, given, params=Params(log=True)).log)


def test_native_parameters_are_passed_on_and_unknown_ones_refused():
    given = market_split(slack=1, n=20)
    native = {"maxNodes": "1", "cuts": "off"}
    log = solve(SOLVER, given, params=Params(log=True, native=native)).log
    assert any("cutsOnOff changed from on to off" in line for line in log)
    with pytest.raises(InvalidParams, match="export"):
        solve(SOLVER, given, params=Params(native={"export": "x"}), time_s=0.0)


def test_a_warm_start_of_the_wrong_form_is_refused():
    with pytest.raises(InvalidSolution):
        solve(SOLVER, market_split(slack=1), warm_start=np.zeros(3))


def test_several_threads_say_that_they_are_not_deterministic():
    given = random_program(np.random.default_rng(1), "integer")
    assert not SOLVER.solve(given, Budget.start(10, threads=2)).deterministic
    assert SOLVER.solve(given, Budget.start(10, threads=2, deterministic=True)).deterministic
