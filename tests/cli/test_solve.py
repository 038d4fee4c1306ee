"""`solverhub solve` from file to verified answer, with solvers that behave and some that do not."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FT06 = ROOT / "instances" / "job-shop" / "ft06.jsp"


def scripted(steps):
    return ["--solver", "scripted", "--param", f"steps={steps}"]


def test_json_is_one_object_and_nothing_else(solverhub):
    done = solverhub("solve", FT06, "--time-limit", 10, "--output", "json")
    assert done.status == 0
    found = done.json
    assert found["problem"] == "job-shop"
    assert found["instance"]["name"] == "ft06"
    assert found["objective"] == found["bound"] == 55
    assert found["termination"] == {"reason": "optimal", "limit": None}
    assert found["verified"] is True
    assert len(found["solution"]["start"]) == 6
    assert found["trace"]
    assert found["provenance"]["route"]


def test_the_table_says_what_was_found(solverhub):
    done = solverhub("solve", FT06)
    assert done.status == 0
    rows = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert rows["objective"] == "55"
    assert rows["outcome"] == "optimal"
    assert rows["verified"] == "yes"
    assert "objective 55" in done.err


def test_the_problem_comes_from_option_json_or_folder(solverhub, tmp_path):
    path = tmp_path / "g.json"
    path.write_text(json.dumps({"n": 3, "edges": [[0, 1], [1, 2]]}))
    unclear = solverhub("solve", path)
    assert unclear.status == 2
    assert str(path) in unclear.err
    assert "--problem" in unclear.err
    named = solverhub("solve", path, "--problem", "max-cut", "--output", "json", "-q")
    assert named.json["objective"] == 2
    folder = tmp_path / "maximum-independent-set"
    folder.mkdir()
    moved = path.rename(folder / "g.json")
    found = solverhub("solve", moved, "--output", "json", "-q").json
    assert found["problem"] == "maximum-independent-set"
    assert found["solution"] == {"selected": [0, 2]}


def test_infeasible_is_an_answer(solverhub, infeasible):
    done = solverhub("solve", infeasible, "--output", "json", "-q")
    assert done.status == 0
    assert done.json["termination"]["reason"] == "infeasible"


def test_no_solution_within_the_budget_is_status_1(solverhub, two):
    done = solverhub(
        "solve", two, *scripted("bound 7; poll"), "--time-limit", 0.2, "--output", "json"
    )
    assert done.status == 1
    assert done.json["termination"] == {"reason": "no_solution", "limit": "time"}
    assert done.json["solution"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--solver", "nope"], "no solver 'nope'"),
        (["--param", "nope=1"], "unknown parameter 'nope'"),
        (["--param", "nope"], "not NAME=VALUE"),
        (["--problem", "nope"], "unknown problem"),
        (["--time-limit", "-1"], "time limit"),
        (["--time-limit", "nan"], "time limit"),
        (["--gap", "-1"], "gap"),
        (["--threads", "0"], "threads"),
        (["--device", "abacus"], "device"),
        (["--plot", "x.nope"], "kind of picture"),
        (["--save", "nosuch/x.json"], "folder does not exist"),
        (["--warm-start", "nosuch.json"], "nosuch.json: there is no such file"),
    ],
)
def test_bad_options_are_status_2(solverhub, arguments, message):
    done = solverhub("solve", FT06, *arguments)
    assert done.status == 2
    assert done.out == ""
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_bad_file_is_named_with_its_place(solverhub, tmp_path):
    path = tmp_path / "bad.jsp"
    path.write_text("2 2\n0 5 1 3\n0 5 1 x\n")
    done = solverhub("solve", path, "--problem", "job-shop")
    assert done.status == 2
    assert f"{path}:3:7" in done.err


@pytest.mark.parametrize("steps", ["crash", "raise"])
def test_a_solver_that_breaks_is_status_3(solverhub, two, steps):
    done = solverhub("solve", two, *scripted(steps), "-q")
    assert done.status == 3
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err


def test_a_crash_after_a_solution_keeps_it(solverhub, two):
    done = solverhub("solve", two, *scripted("incumbent 9; wait 0.2; crash"), "--output", "json")
    assert done.status == 0
    assert done.json["objective"] == 9
    assert done.json["verified"] is True
    assert "warning" in done.err


def test_a_lie_is_refused(solverhub, two):
    done = solverhub("solve", two, *scripted("broken 3"), "--output", "json")
    assert done.status == 3
    assert done.json["verified"] is False
    assert done.json["solution"] is None
    assert "overlap" in done.json["violations"][0]["message"]


def test_a_solver_that_ignores_the_time_limit_is_killed(solverhub, two):
    done = solverhub(
        "solve", two, *scripted("incumbent 9; spin"), "--time-limit", 0.5, "--output", "json"
    )
    assert done.status == 0
    assert done.json["objective"] == 9
    assert done.json["termination"] == {"reason": "feasible", "limit": "time"}


@pytest.mark.parametrize("steps", ["incumbent 9; poll", "incumbent 9; spin"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_prints_the_best_so_far(start, two, steps, number):
    process = start("solve", two, *scripted(steps), "--time-limit", 60, "--output", "json")
    _await_line(process, "objective 9")
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["objective"] == 9
    assert json.loads(out)["termination"] == {"reason": "feasible", "limit": "cancelled"}


def test_an_interrupt_of_a_race(start, hard):
    process = start("solve", hard, "--time-limit", 60, "--output", "json")
    _await_line(process, "objective")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["verified"] is True


def test_a_saved_result_starts_the_next_solve(solverhub, two, tmp_path):
    first = solverhub("solve", two, *scripted("incumbent 9"), "--save", "first.json", "-q")
    assert first.status == 0
    saved = json.loads((tmp_path / "first.json").read_text())
    assert saved["objective"] == 9
    again = ["--warm-start", "first.json", "--output", "json", "-q"]
    assert solverhub("solve", two, *scripted(""), *again).json["objective"] == 9
    (tmp_path / "bare.json").write_text(json.dumps(saved["solution"]))
    again[1] = "bare.json"
    assert solverhub("solve", two, *scripted(""), *again).json["objective"] == 9


@pytest.mark.parametrize("text", ["[]", '{"start": [[0]]}', '{"solution": null}', "{", '{"a": 1}'])
def test_a_bad_warm_start_is_refused(solverhub, two, tmp_path, text):
    (tmp_path / "warm.json").write_text(text)
    done = solverhub("solve", two, "--warm-start", "warm.json")
    assert done.status == 2
    assert "warm.json" in done.err


def test_warnings_of_the_reader_are_shown(solverhub, tmp_path):
    path = tmp_path / "one.jsp"
    path.write_text("1 2\n1 5 2 3\n")
    done = solverhub("solve", path, "--problem", "job-shop")
    assert done.status == 0
    assert "warning:" in done.err
    assert "numbered from 1" in done.err
    assert "numbered from 1" in done.out
    quiet = solverhub("solve", path, "--problem", "job-shop", "-q", "--output", "json")
    assert quiet.err == ""
    assert "numbered from 1" in quiet.json["warnings"][0]


def test_quiet_and_log(solverhub):
    assert solverhub("solve", FT06, "-q").err == ""
    done = solverhub("solve", FT06, "--solver", "cp-sat", "--log")
    assert "CP-SAT" in done.err


def test_a_picture_is_drawn(solverhub, tmp_path):
    done = solverhub("solve", FT06, "--plot", "gantt.png", "-q")
    assert done.status == 0
    assert (tmp_path / "gantt.png").read_bytes().startswith(b"\x89PNG")


def _await_line(process, text):
    until = time.monotonic() + 60
    seen = ""
    while text not in seen:
        line = process.stderr.readline()
        assert line, seen
        assert time.monotonic() < until, seen
        seen += line


def test_a_metric_is_saved_as_a_matrix(solverhub, tmp_path):
    matrix = np.array([[0, 4, 1], [4, 0, 1], [1, 1, 0]], float)
    np.save(tmp_path / "d.npy", matrix)
    solverhub("solve", "d.npy", "--problem", "metric-nearness", "--save", "x.npy", "-q")
    found = np.load(tmp_path / "x.npy")
    expected = matrix + np.array([[0, -2, 2], [-2, 0, 2], [2, 2, 0]]) / 3
    assert np.allclose(found, expected)


def test_a_lopsided_matrix_is_symmetrised_when_asked(solverhub, tmp_path):
    matrix = np.array([[0, 3, 1], [5, 0, 1], [1, 1, 0]], float)
    np.save(tmp_path / "d.npy", matrix)
    arguments = ("solve", "d.npy", "--problem", "metric-nearness", "-q")
    refused = solverhub(*arguments)
    assert refused.status == 2
    assert "--symmetrise" in refused.err
    assert solverhub(*arguments, "--symmetrise").status == 0
