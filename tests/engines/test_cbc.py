import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from mixed_programs import program

from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.engines import cbc, cbc_model
from solverhub.engines.ilp_answer import Status
from solverhub.problems.ilp import Ilp

QUIET = cbc.arguments({"log": 1})


def hard(seed=0, n=40, m=4):
    rng = np.random.default_rng(seed)
    A = rng.integers(0, 100, (m, n)).astype(float)
    sides = [(float(total // 2),) * 2 for total in A.sum(axis=1)]
    return program(np.zeros(n), A, sides, [(0, 1)] * n, np.ones(n))


def test_every_kind_of_row_and_bound_arrives_as_meant():
    given = program(
        [3.1234567890123456, -1e-3, 1, 0],
        [[1, 2.5, 0, 0], [0.30000000000000004, 0, 0, 1], [0, 0, 1, -1], [1, 1, 1, 1], [0, 1, 0, 0]],
        [(3.5, 5.5), (None, 7), (-2.25, -2.25), (None, None), (-50, None)],
        [(-5, -1), (None, 123456789.123456789), (None, None), (2, None)],
        [1, 0, 0, 1],
        offset=7,
    )
    answer = cbc.Run(given, QUIET).solve()
    assert answer.status is Status.OPTIMAL
    assert Ilp().violations(given, answer.values) == []
    assert answer.bound == pytest.approx(Ilp().objective(given, answer.values))
    # c0 = -5 and c2 = c3 - 2.25 with c3 = 2; c1 as large as row 0 lets it be.
    assert answer.values == pytest.approx([-5, 4.2, -0.25, 2])


def test_values_and_duals_are_exact():
    given = program([1, 1], [[3, 1], [1, 3]], [(1, None), (1, None)], [(0, 9)] * 2, [0, 0])
    answer = cbc.Run(given, QUIET).solve()
    assert answer.values == pytest.approx([0.25, 0.25], abs=1e-15)
    assert answer.row_dual == pytest.approx([0.25, 0.25], abs=1e-15)


def test_maximising_with_a_constant_is_told_in_the_programs_own_sense():
    given = program([3, 2], [[1, 1], [1, 3]], [(None, 4), (None, 6)], [(0, 10)] * 2, [1, 1],
                    sense=Sense.MAXIMISE, offset=100)  # fmt: skip
    told = []
    answer = cbc.Run(given, QUIET, on_objective=told.append).solve()
    assert answer.bound == pytest.approx(112)
    assert told[-1] == pytest.approx(112)


@pytest.mark.parametrize("integer", [0, 1])
def test_infeasible_and_unbounded_are_told_apart_from_solutions(integer):
    crossed = program([1, 1], [[1, 1], [1, 1]], [(None, 4), (6, None)], [(0, 9)] * 2, [integer] * 2)
    endless = program([-3, 2], [[1, -1]], [(0, None)], [(0, None), (0, 10)], [integer] * 2)
    for given in (crossed, endless):
        answer = cbc.Run(given, QUIET).solve()
        assert answer.status in (
            Status.INFEASIBLE, Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE
        )  # fmt: skip
        assert answer.values is None


def test_stopped_without_a_solution_has_no_values():
    answer = cbc.Run(hard(), [*QUIET, "-seconds", "0.5", "-timeMode", "elapsed"]).solve()
    assert answer.status is not Status.OPTIMAL
    assert answer.values is None


@pytest.mark.parametrize(
    ("line", "status", "solved"),
    [
        ("Optimal - objective value 3.5", Status.OPTIMAL, True),
        ("Stopped on time - objective value 3.5", Status.TIME, True),
        ("Stopped on time (no integer solution - continuous used) - objective value 3.5",
         Status.TIME, False),
        ("Stopped on iterations - objective value 3.5", Status.ITERATIONS, True),
        ("Integer infeasible - objective value 3.5", Status.INFEASIBLE, False),
        ("Infeasible - objective value 3.5", Status.INFEASIBLE, False),
        ("Unbounded - objective value 0", Status.UNBOUNDED_OR_INFEASIBLE, False),
        ("Something new - objective value 3.5", Status.FAILED, True),
    ],
)  # fmt: skip
def test_the_first_line_of_a_solution_file_is_read_by_its_words(line, status, solved):
    found, _, has_values = cbc._read_words(line)
    assert (found, has_values) == (status, solved)


def test_a_stop_ends_the_process_and_leaves_nothing_behind():
    folders = set(Path(os.environ.get("TMPDIR", "/tmp")).glob("solverhub-cbc-*"))
    run, answers = cbc.Run(hard(), QUIET), []
    thread = threading.Thread(target=lambda: answers.append(run.solve()))
    thread.start()
    time.sleep(0.5)
    assert thread.is_alive(), "the program is too easy for this test"
    run.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert answers[0].status is not Status.OPTIMAL
    assert run._process.poll() is not None
    assert set(Path(os.environ.get("TMPDIR", "/tmp")).glob("solverhub-cbc-*")) <= folders


def test_the_process_dies_with_its_parent():
    text = (
        "import sys; sys.path[:0] = ['tests/support', 'tests/engines']\n"
        "import threading, time\n"
        "from test_cbc import hard, QUIET\n"
        "from solverhub.engines import cbc\n"
        "run = cbc.Run(hard(), QUIET)\n"
        "threading.Thread(target=run.solve, daemon=True).start()\n"
        "while run._process is None: time.sleep(0.01)\n"
        "print(run._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 5
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_bounds_are_loosened_by_the_digits_of_the_log():
    assert cbc._loosened("6765.21", digits=6) < 6765.205 + 1e-9
    assert cbc._loosened("-43", digits=8) == pytest.approx(-43.0000005)
    assert cbc._loosened("0", digits=8) == 0


@pytest.mark.parametrize(
    ("native", "word"),
    [
        ({"import": "/etc/passwd"}, "import"),
        ({"solution": "x"}, "solution"),
        ({"nonsense": 1}, "nonsense"),
        ({"cuts": "off -import x"}, "cuts"),
        ({"cuts": "-import"}, "cuts"),
    ],
)
def test_only_tuning_parameters_are_passed_on(native, word):
    with pytest.raises(InvalidParams, match=word):
        cbc.native_arguments(native)


def test_native_values_are_numbers_or_words():
    native = {"cuts": "off", "passCuts": "-5", "preprocess": False, "ratioGap": 1e-3}
    assert cbc.native_arguments(native) == [
        "-cuts", "off", "-passCuts", "-5", "-preprocess", "off", "-ratioGap", "0.001"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [("cuts", "sideways"), ("passCuts", "many"), ("ratioGap", "-5")]
)
def test_a_value_that_cbc_refuses_is_not_passed_over(name, value):
    with pytest.raises(InvalidParams, match=name):
        cbc.Run(hard(), [*QUIET, *cbc.native_arguments({name: value})]).solve()


def test_a_solution_file_of_another_size_is_not_read(tmp_path):
    given = hard()
    path = tmp_path / "out.bin"
    assert cbc_model.read_solution(path, given) is None
    path.write_bytes(b"\x01\x00\x00\x00" * 30)
    assert cbc_model.read_solution(path, given) is None


def test_writing_a_large_model_can_be_stopped(tmp_path):
    with (tmp_path / "model.mps").open("w") as file:
        parts = sum(1 for _ in cbc_model.write_model(hard(n=5000, m=2), file))
    assert parts >= 4
