import threading

import numpy as np
import pytest
from ilp_contract import ILP, market_split
from mixed_programs import optimum, program, random_program

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams, SolverhubError, UnknownName
from solverhub.core.problem import Naming, Parsed
from solverhub.core.result import BoundCheck, Limit, Reason, Sense
from solverhub.exact import session as session_module
from solverhub.exact.ilp_highs import HighsSolver
from solverhub.exact.session import Session

LP = program(
    [3, 2], [[1, 1], [1, 3]], [(None, 4), (None, 6)], [(0, 10)] * 2, [0, 0], sense="maximise"
)


def budget():
    return Budget.start(20, threads=1)


def change(session, rng):
    """One random change of any kind."""
    given = session.instance
    column, row = int(rng.integers(given.n)), int(rng.integers(given.m)) if given.m else None
    kind = int(rng.integers(6))
    if kind == 0:
        low = float(rng.integers(-3, 2))
        session.set_bounds([column], low, low + float(rng.integers(0, 4)))
    elif kind == 1:
        session.set_costs([column], [float(rng.integers(-9, 10))])
    elif kind == 2 and row is not None:
        session.set_row_bounds([row], -np.inf, float(rng.integers(-5, 9)))
    elif kind == 3:
        session.add_rows(rng.integers(-3, 4, (1, given.n)), -np.inf, float(rng.integers(0, 8)))
    elif kind == 4 and given.m > 1:
        session.delete_rows([row])
    else:
        session.set_sense(Sense.MAXIMISE if rng.random() < 0.5 else Sense.MINIMISE)


@pytest.mark.parametrize("kind", ["integer", "mixed", "continuous"])
def test_a_solve_after_changes_equals_a_fresh_one(kind):
    for seed in range(15):
        rng = np.random.default_rng([seed, 3])
        with Session(random_program(rng, kind)) as session:
            for _ in range(6):
                change(session, rng)
                again = session.solve(budget())
                expected = optimum(session.instance)
                if expected is None:
                    assert again.termination.reason is Reason.INFEASIBLE
                    continue
                assert again.termination.reason is Reason.OPTIMAL
                assert again.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
                fresh = HighsSolver(ILP).solve(session.instance, budget())
                assert again.objective == pytest.approx(fresh.objective, rel=1e-6, abs=1e-6)


def test_the_model_is_built_once(monkeypatch):
    built, real = [], session_module.HighsDrive.__init__.__globals__["Model"]

    def counting(given):
        built.append(given)
        return real(given)

    monkeypatch.setitem(session_module.HighsDrive.attempt.__globals__, "Model", counting)
    with Session(LP) as session:
        for upper in (4.0, 3.0, 2.0):
            session.set_bounds([0], upper=upper)
            session.solve(budget())
    assert len(built) == 1


def test_the_basis_of_the_solve_before_is_used():
    rng = np.random.default_rng(0)
    n, m = 150, 120
    A = rng.random((m, n)) * (rng.random((m, n)) < 0.2)
    given = program(rng.random(n) + 0.1, A, [(1, None)] * m, [(0, 5)] * n, np.zeros(n))
    params = HighsSolver.Params(log=True)
    with Session(given) as session:
        first = session.solve(budget(), params=params)
        inactive = int(np.argmax(first.solution == 0))
        session.set_bounds([inactive], upper=4.0)
        second = session.solve(budget(), params=params)
    assert _iterations(first) > 20
    assert _iterations(second) <= 2
    assert second.objective == pytest.approx(first.objective)


def _iterations(result):
    told = (line for line in result.log if "Simplex" in line and "iterations" in line)
    return sum(int(line.split(":")[1]) for line in told)


def test_results_are_judged_and_named():
    parsed = Parsed(ILP, LP, Naming(items=["left", "right"]), "tiny")
    with Session(parsed) as session:
        result = session.solve()
    assert result.verified
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert (result.problem, result.solver) == ("ilp", "highs")
    assert result.answer == {"values": {"left": 4.0}}


def test_time_is_counted_anew_in_every_solve():
    with Session(market_split(slack=1)) as session:
        for _ in range(3):
            result = session.solve(Budget.start(0.4, threads=1))
            assert result.termination.limit is Limit.TIME
            assert result.wall_s > 0.3


def test_an_integer_program_starts_from_the_solution_before():
    events = []
    with Session(market_split(slack=1)) as session:
        first = session.solve(Budget.start(0.6, threads=1))
        session.solve(Budget.start(0.3, threads=1), observe=events.append)
    assert events[0].objective <= first.objective


def test_crossed_bounds_are_infeasible_until_they_are_uncrossed():
    with Session(LP) as session:
        session.set_bounds([0], 3, 2)
        assert session.solve(budget()).termination.reason is Reason.INFEASIBLE
        session.set_bounds([0], 0, 2)
        assert session.solve(budget()).objective == pytest.approx(6 + 8 / 3)


def test_rows_are_numbered_as_they_come():
    with Session(LP) as session:
        assert session.add_rows([[1, 0], [0, 1]], -np.inf, [1.0, 1.5]) == range(2, 4)
        assert session.solve(budget()).objective == pytest.approx(3 + 3)
        session.delete_rows([0, 2])
        assert session.instance.m == 2
        assert session.solve(budget()).objective == pytest.approx(3 * 6)


def test_integrality_can_be_switched():
    with Session(program([2, 3], [[2, 2]], [(9, None)], [(0, 10)] * 2, [0, 0])) as session:
        assert session.solve(budget()).objective == pytest.approx(9)
        session.set_integer([0, 1], True)
        assert session.solve(budget()).objective == pytest.approx(10)
        session.set_integer([0, 1], False)
        assert session.solve(budget()).objective == pytest.approx(9)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda session: session.set_bounds([2], 0, 1),
        lambda session: session.set_bounds([-1], 0, 1),
        lambda session: session.set_bounds([0, 0], 0, 1),
        lambda session: session.set_bounds([0.5], 0, 1),
        lambda session: session.set_bounds([0], [1, 2], 1),
        lambda session: session.set_bounds([0], np.nan, 1),
        lambda session: session.set_bounds([0], np.inf, None),
        lambda session: session.set_costs([0], np.inf),
        lambda session: session.set_costs([0], "much"),
        lambda session: session.set_integer([0], 0.5),
        lambda session: session.set_row_bounds([5], 0, 1),
        lambda session: session.add_rows([[1, 2, 3]], 0, 1),
        lambda session: session.add_rows([[1, np.inf]], 0, 1),
        lambda session: session.delete_rows([7]),
    ],
)
def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(wrong):
    with Session(LP) as session:
        before = session.solve(budget()).objective
        with pytest.raises(InvalidInstance):
            wrong(session)
        assert session.instance is LP
        assert session.solve(budget()).objective == before


def test_nothing_changes_for_no_columns():
    with Session(LP) as session:
        session.set_bounds([], 0, 1)
        session.delete_rows([])
        assert session.solve(budget()).objective == pytest.approx(12)


def test_misuse_is_named():
    with pytest.raises(UnknownName, match="glpk"):
        Session(LP, engine="glpk")
    session = Session(LP)
    with pytest.raises(InvalidParams, match="presolv"):
        session.solve(budget(), params=HighsSolver.Params(native={"presolv": "on"}))
    session.close()
    with pytest.raises(SolverhubError, match="closed"):
        session.solve(budget())
    with pytest.raises(SolverhubError, match="closed"):
        session.set_costs([0], 1)


def test_a_change_from_another_thread_waits_for_the_solve():
    with Session(market_split(slack=1)) as session:
        results = []
        solving = threading.Thread(
            target=lambda: results.append(session.solve(Budget.start(1.0, threads=1)))
        )
        solving.start()
        session.set_bounds([0], 0, 0)
        solving.join()
        assert results[0].verified
        assert session.instance.upper[0] == 0
