"""Programs with integer columns by many starts of ADMM: against enumeration and the judge."""

import itertools

import numpy as np
import pytest
from scipy.sparse import csc_array

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Parsed
from solverhub.core.result import Limit, Reason
from solverhub.exact.binary_admm import BinaryAdmmParams, BinaryAdmmSolver
from solverhub.exact.binary_form import discrete_form
from solverhub.exact.binary_polish import Polish
from solverhub.exact.binary_splitting import Splitting
from solverhub.exact.integer_completion import completed
from solverhub.local import solve_parsed
from solverhub.problems.generators import generate
from solverhub.problems.qp import Qp
from solverhub.problems.quadratic_program import QuadraticProgram

QP = Qp()


def never():
    return False


def solve(program, seed=0, warm_start=None, time_s=20, iterations=64, incoming=tuple, **params):
    budget = Budget.start(time_s, iterations=iterations, threads=1).replace(incoming=incoming)
    solver = BinaryAdmmSolver(QP)
    return solver.solve(
        program, budget, params=BinaryAdmmParams(**params), seed=seed, warm_start=warm_start
    )


def binary_program(seed, n=9):
    """Random rows of two sides and an equation, half of the seeds without rows."""
    rng = np.random.default_rng(seed)
    root = rng.integers(-3, 4, (n, n)).astype(float)
    rows = rng.integers(-2, 4, (2, n)).astype(float) if seed % 2 else np.zeros((0, n))
    inside = rng.integers(0, 2, n).astype(float)
    side = np.concatenate([rows @ inside, np.zeros(n)])
    width = np.concatenate([[0.0, 2.0][: len(rows)], np.ones(n)])
    return QuadraticProgram(
        P=csc_array(root @ root.T),
        q=-3.0 * rng.integers(0, 9, n),
        A=csc_array(np.concatenate([rows, np.eye(n)])),
        l=side - np.where(np.arange(len(side)) < len(rows), width, 0.0),
        u=side + width,
        integer=np.ones(n, bool),
    )


def enumerated(program):
    points = (np.array(bits, float) for bits in itertools.product((0, 1), repeat=program.n))
    return min(QP.objective(program, p) for p in points if not QP.violations(program, p))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("form", ["both", "projected", "lp-box"])
def test_small_binary_programs_against_enumeration(seed, form):
    program = binary_program(seed)
    result = solve(program, form=form)
    assert QP.violations(program, result.solution) == []
    assert result.objective == pytest.approx(enumerated(program))


@pytest.mark.parametrize("seed", range(8))
def test_the_form_has_the_same_objective_at_binary_points(seed):
    program = binary_program(seed)
    form = discrete_form(program)
    assert form.binary
    assert np.linalg.eigvalsh(form.P.toarray()).min() >= -1e-9
    for bits in itertools.islice(itertools.product((0.0, 1.0), repeat=program.n), 0, 512, 37):
        x = np.array(bits)
        value = 0.5 * x @ (form.P @ x) + form.q @ x + program.r
        assert value == pytest.approx(float(QP.objective(program, x)))


@pytest.mark.parametrize("seed", range(10))
def test_polished_points_are_feasible_and_no_flip_improves(seed):
    program = binary_program(seed, n=14)
    form, rng = discrete_form(program), np.random.default_rng(seed)
    start = rng.integers(0, 2, form.n).astype(float)
    found = Polish(form).improve(start.copy(), seed, never)
    assert QP.violations(program, found) == []
    value = QP.objective(program, found)
    if not QP.violations(program, start):
        assert value <= QP.objective(program, start)
    for j in range(form.n):
        flipped = found.copy()
        flipped[j] = 1 - flipped[j]
        if not QP.violations(program, flipped):
            assert QP.objective(program, flipped) >= value - 1e-6


def test_a_swap_keeps_an_equation():
    """Choose 2 of 4: no flip is feasible, and the best pair is two swaps away."""
    program = QuadraticProgram(
        P=csc_array((4, 4)),
        q=np.array([4.0, 3.0, 2.0, 1.0]),
        A=csc_array(np.concatenate([np.ones((1, 4)), np.eye(4)])),
        l=np.array([2.0, 0, 0, 0, 0]),
        u=np.array([2.0, 1, 1, 1, 1]),
        integer=np.ones(4, bool),
    )
    found = Polish(discrete_form(program)).improve(np.array([1.0, 1, 0, 0]), 0, never)
    np.testing.assert_array_equal(found, [0, 0, 1, 1])


@pytest.mark.parametrize("density", [0.02, 0.9])
def test_sparse_and_dense_systems_take_the_same_steps(density, monkeypatch):
    program = generate("qubo", 3, n=60, density=density).instance
    starts = np.random.default_rng(0).random((60, 3))
    dense = Splitting(discrete_form(program)).projected(starts, 1.0, 3, never)
    monkeypatch.setattr("solverhub.exact.binary_splitting._SMALL", 0)
    monkeypatch.setattr("solverhub.exact.binary_splitting._FULL", 2.0)
    sparse = Splitting(discrete_form(program)).projected(starts, 1.0, 3, never)
    np.testing.assert_array_equal(dense, sparse)


def test_relabelling_columns_does_not_change_the_optimum_found():
    program = binary_program(3)
    order = np.random.default_rng(1).permutation(program.n)
    moved = QuadraticProgram(
        P=program.P[order][:, order],
        q=program.q[order],
        A=program.A[:, order],
        l=program.l,
        u=program.u,
        integer=program.integer,
    )
    assert solve(moved).objective == solve(program).objective


def test_mixed_programs_are_completed():
    program = generate("sparse-portfolio", 1, assets=12, chosen=4).instance
    result = solve(program)
    assert QP.violations(program, result.solution) == []
    best = solve_parsed(Parsed(QP, program), "scip", Budget.start(20, threads=1))
    assert best.termination.reason is Reason.OPTIMAL
    assert float(result.objective) >= float(best.objective) - 1e-6
    assert float(result.objective) <= float(best.objective) + 0.02
    whole = np.where(program.integer, result.solution, 0.0)
    again = completed(QP, program, whole, Budget.start(20))
    assert QP.objective(program, again) == pytest.approx(float(result.objective), abs=1e-6)


def test_whole_numbers_beyond_0_and_1():
    program = QuadraticProgram(
        P=csc_array(np.diag([2.0, 2.0])),
        q=np.array([-6.6, 5.2]),
        A=csc_array(np.array([[1.0, 1.0]])),
        l=np.array([0.5]),
        u=np.array([np.inf]),
        integer=np.array([True, True]),
    )
    result = solve(program)
    np.testing.assert_array_equal(result.solution, [3.0, -2.0])


def test_equal_seeds_give_equal_answers():
    program = generate("qubo", 0, n=80, density=0.3).instance
    first, second = solve(program, seed=4), solve(program, seed=4)
    np.testing.assert_array_equal(first.solution, second.solution)
    assert first.termination.limit is Limit.ITERATIONS


def test_threads_share_the_rounds():
    program = generate("qubo", 0, n=60, density=0.3).instance
    budget = Budget.start(20, iterations=64, threads=3)
    result = BinaryAdmmSolver(QP).solve(program, budget, seed=1)
    assert not result.deterministic
    assert QP.violations(program, result.solution) == []


def test_warm_starts_and_incumbents_of_others_are_kept():
    program = generate("qubo", 2, n=40, density=0.5).instance
    best = solve(program)
    event = Event(EventKind.INCUMBENT, 0.0, objective=best.objective, solution=best.solution)
    waiting = [(event,)]
    heard = solve(program, iterations=1, incoming=lambda: waiting.pop() if waiting else ())
    assert heard.objective <= best.objective
    assert solve(program, iterations=0, warm_start=best.solution).objective == best.objective


def test_infeasible_programs_end_without_a_solution():
    sides = {"l": np.array([0.4]), "u": np.array([0.6])}
    program = QuadraticProgram(
        P=csc_array((1, 1)), q=np.ones(1), A=csc_array([[1.0]]), integer=np.array([True]), **sides
    )
    result = solve(program)
    assert result.termination.reason is Reason.NO_SOLUTION


def test_continuous_programs_and_bad_params_are_refused():
    with pytest.raises(InvalidInstance, match="no column is integer"):
        solve(generate("random-qp", 0, n=5, rows=5).instance)
    for given in ({"form": "box"}, {"starts": 0}, {"steps": 0}, {"patience": -1}):
        with pytest.raises(InvalidParams):
            BinaryAdmmParams(**given)


def test_scip_begins_from_many_starts_and_takes_what_others_find():
    pytest.importorskip("pyscipopt", reason="needs the extra scip")
    from solverhub.exact.qp_scip import QpScipSolver

    program = generate("qubo", 1, n=70, density=0.5).instance
    known = solve(program, iterations=400)
    events = []
    budget = Budget.start(4, iterations=1, threads=1, deterministic=True)
    QpScipSolver(QP).solve(program, budget, seed=0, observe=events.append)
    assert events[0].kind is EventKind.INCUMBENT
    told = Event(EventKind.INCUMBENT, 0.0, objective=known.objective, solution=known.solution)
    waiting = [(told,)]
    budget = Budget.start(4, iterations=3, threads=1).replace(
        incoming=lambda: waiting.pop() if waiting else ()
    )
    second = QpScipSolver(QP).solve(program, budget, seed=0)
    assert second.objective <= known.objective


def test_auto_races_scip_and_many_starts():
    pytest.importorskip("pyscipopt", reason="needs the extra scip")
    parsed = generate("binary-least-squares", 0, n=14, chosen=4)
    result = solve_parsed(parsed, "auto", Budget.start(20, threads=2))
    assert result.solver == "scip+binary-admm"
    assert result.termination.reason is Reason.OPTIMAL
    assert result.verified
