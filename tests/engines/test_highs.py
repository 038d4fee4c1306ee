import subprocess
import sys
import threading

import numpy as np
import pytest
from mixed_programs import program
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.engines import highs, highs_settings
from solverhub.engines.highs import Model, Run
from solverhub.engines.ilp_answer import Status

LP = program(
    [3, 2], [[1, 1], [1, 3]], [(None, 4), (None, 6)], [(0, 10)] * 2, [0, 0], sense="maximise"
)
STUFFED = program([2, 3], [[1, 1]], [(4.5, None)], [(0, 10)] * 2, [0, 1])
BOTH_ORDERS = (
    ("highspy", "ortools.sat.python.cp_model"),
    ("ortools.sat.python.cp_model", "highspy"),
)


def hard(seed=0, n=40, m=4):
    """Market split (Cornuejols and Dawande 1999): no point is easy to find, nor to exclude."""
    rng = np.random.default_rng(seed)
    A = rng.integers(0, 100, (m, n)).astype(float)
    sides = [(float(total // 2),) * 2 for total in A.sum(axis=1)]
    return program(np.zeros(n), A, sides, [(0, 1)] * n, np.ones(n))


def test_an_lp_is_answered_in_its_own_sense_with_its_duals():
    answer = Run(Model(LP)).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.bound == pytest.approx(12)
    assert answer.values == pytest.approx([4, 0])
    reduced = LP.c - LP.A.T @ answer.row_dual
    assert reduced[0] == pytest.approx(0)
    assert reduced[1] <= 0


def test_an_infeasible_lp_comes_with_multipliers():
    crossed = program([1, 1], [[1, 1], [1, 1]], [(None, 4), (6, None)], [(0, 9)] * 2, [0, 0])
    answer = Run(Model(crossed)).solve()
    assert answer.status is Status.INFEASIBLE
    low, high = answer.farkas
    assert abs(low) == pytest.approx(abs(high))
    assert low * high < 0


@pytest.mark.parametrize("integer", [0, 1])
def test_an_unbounded_program_is_not_called_optimal(integer):
    endless = program([-3, 2], [[1, -1]], [(0, None)], [(0, None), (0, 10)], [integer] * 2)
    answer = Run(Model(endless)).solve()
    assert answer.status in (Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE)


def test_the_faulty_step_of_presolve_is_heard_of():
    bounds = []
    answer = Run(Model(STUFFED), on_bound=bounds.append).solve()
    if highs.version().startswith("1.14"):
        assert answer.status is Status.SUSPECT
        assert answer.bound is None
        assert bounds == []
    else:
        assert answer.bound == pytest.approx(9)


def test_without_presolve_the_same_program_is_right():
    model = Model(STUFFED)
    model.configure({}, {"presolve": "off"})
    answer = Run(model, trust_presolve=True).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.bound == pytest.approx(9)


def test_a_stopped_run_ends_soon_and_other_threads_live_on():
    run, ended = Run(Model(hard())), threading.Event()
    answers = []

    def solve():
        answers.append(run.solve())
        ended.set()

    threading.Thread(target=solve, daemon=True).start()
    assert not ended.wait(0.3), "the program is too easy for this test"
    run.stop()
    assert ended.wait(5)
    assert answers[0].status is Status.STOPPED


def test_an_offered_solution_is_taken():
    rng = np.random.default_rng(3)
    n = 30
    A = rng.integers(1, 50, (3, n)).astype(float)
    knapsacks = program(
        A.sum(axis=0),
        A,
        [(None, float(row.sum() // 2)) for row in A],
        [(0, 1)] * n,
        np.ones(n),
        sense=Sense.MAXIMISE,
    )
    model = Model(knapsacks)
    model.configure({"mip_rel_gap": 1e-2}, {})
    good = np.round(Run(model).solve().values)
    worse = Model(knapsacks)
    worse.configure({"mip_max_nodes": 1, "mip_heuristic_effort": 0.0}, {"presolve": "off"})
    run = Run(worse)
    run.offer(good)
    assert knapsacks.c @ run.solve().values >= knapsacks.c @ good - 1e-6


def test_every_run_may_have_its_own_number_of_threads():
    for threads in (1, 2, 1):
        _require_answer_with(threads)


def _require_answer_with(threads):
    model = Model(STUFFED)
    model.configure({"threads": threads}, {"presolve": "off"})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(Run(model).solve()))
    thread.start()
    thread.join()
    assert answers[0].status is Status.OPTIMAL


def test_the_log_is_told_in_lines_and_nothing_is_printed(capfd):
    lines = []
    Run(Model(LP), on_log=lines.append).solve()
    assert any("HiGHS" in line or "LP" in line for line in lines)
    assert all("\n" not in line for line in lines)
    assert capfd.readouterr() == ("", "")


def test_changes_reach_the_model():
    model = Model(LP)
    model.set_costs(np.array([1]), np.array([5.0]))
    model.set_bounds(np.array([0]), np.array([0.0]), np.array([1.0]))
    model.add_rows(csr_array([[0.0, 1.0]]), np.array([-np.inf]), np.array([1.5]))
    assert Run(model).solve().bound == pytest.approx(3 + 7.5)
    model.delete_rows(np.array([2]))
    model.set_row_bounds(np.array([1]), np.array([-np.inf]), np.array([3.0]))
    assert Run(model).solve().bound == pytest.approx(3 + 10 / 3)
    model.set_integer(np.array([1]), np.array([True]))
    assert Run(model, trust_presolve=True).solve().bound == pytest.approx(5)
    model.set_sense(Sense.MINIMISE)
    assert Run(model).solve().bound == pytest.approx(0)


@pytest.mark.parametrize(
    ("native", "word"),
    [
        ({"presolve_typo": 1}, "presolve_typo"),
        ({"presolve": "perhaps"}, "perhaps"),
        ({"mip_max_nodes": "many"}, "many"),
        ({"mip_max_nodes": 2.5}, "mip_max_nodes"),
        ({"mip_rel_gap": -1}, "mip_rel_gap"),
        ({"log_file": "/tmp/x"}, "log_file"),
        ({"write_model_file": "x.mps"}, "write_model_file"),
    ],
)
def test_unknown_and_forbidden_options_are_refused_by_name(native, word):
    with pytest.raises(InvalidParams, match=word):
        highs_settings.check(native)


def test_options_are_taken_as_typed_on_a_command_line():
    native = {
        "presolve": "off",
        "mip_max_nodes": "7",
        "mip_rel_gap": "0.5",
        "mip_detect_symmetry": "false",
    }
    highs_settings.check(native)


@pytest.mark.parametrize("order", BOTH_ORDERS, ids=["highspy first", "ortools first"])
def test_highspy_and_ortools_load_in_one_process(order):
    text = "\n".join(f"import {name}" for name in order) + (
        "\nimport highspy\n"
        "h = highspy.Highs(); h.silent(); h.addVar(0, 3); h.changeColCost(0, -1); h.run()\n"
        "from ortools.sat.python import cp_model\n"
        "m = cp_model.CpModel(); x = m.new_int_var(0, 3, 'x'); m.maximize(x)\n"
        "s = cp_model.CpSolver(); s.solve(m)\n"
        "print(h.getInfo().objective_function_value, s.objective_value)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["-3.0", "3.0"], done.stderr
