"""Odd and bad job shops through the library and the command line, for every solver there is."""

import json
import subprocess
import sys

import numpy as np
import pytest
from brute_force import shop_optimum

import solverhub
from solverhub import catalog
from solverhub.core.errors import InputError, InvalidSolution, ParseError
from solverhub.core.result import Reason
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.job_shop import ShopInstance
from solverhub.routing.route import AUTO

PROBLEM = families.get("job-shop")
SOLVERS = [AUTO, *(n for n in catalog.available("job-shop") if ("job-shop", n) in catalog.SOLVERS)]

SHOPS = {
    "one operation": [[[0, 7]]],
    "one operation without duration": [[[0, 0]]],
    "one job": [[[2, 3], [0, 4], [1, 5], [0, 2]]],
    "one machine": [[[0, 3]], [[0, 1]], [[0, 4]], [[0, 1]]],
    "a machine twice": [[[0, 3], [1, 2], [0, 4]], [[1, 4], [0, 1], [1, 3]]],
    "a machine twice in a row": [[[0, 3], [0, 2], [1, 1]], [[1, 4], [1, 1], [0, 2]]],
    "zero durations": [[[0, 4], [1, 0]], [[1, 2], [0, 0], [1, 2]], [[1, 0]]],
    "only zero durations": [[[0, 0], [1, 0]], [[1, 0], [0, 0]]],
    "jobs of different lengths": [[[0, 3]], [], [[1, 2], [0, 2], [2, 9]], [[2, 1], [1, 1]]],
    "a machine without work": [[[5, 2], [1, 2]], [[1, 3]]],
    "identical jobs": [[[0, 2], [1, 3]]] * 3,
    "huge durations": [[[0, 2**58], [1, 2**57]], [[1, 2**58], [0, 2**57 + 1]], [[0, 3]]],
    "the largest sum": [[[0, 2**60]], [[0, 2**59], [1, 2**59]]],
}


def shop_of(jobs):
    return ShopInstance.from_jobs([[tuple(pair) for pair in job] for job in jobs])


@pytest.fixture(params=SOLVERS)
def solver(request):
    return request.param


@pytest.mark.parametrize("name", SHOPS)
def test_odd_shops_are_solved(solver, name):
    """The judge agrees, and no schedule is shorter than brute force has it."""
    jobs = SHOPS[name]
    best = shop_optimum(shop_of(jobs))
    result = solverhub.solve({"jobs": jobs}, "job-shop", solver, time_limit=1, target=best)
    assert result.verified
    assert result.violations == ()
    assert result.objective == best
    assert result.bound is None or result.bound <= best
    assert type(result.objective) is int


BAD = {
    "no operations": ({"jobs": [[]]}, "no operations"),
    "machine out of range": ({"jobs": [[[0, 1], [4, 1]]], "machines": 2}, "machine 4"),
    "negative machine": ({"jobs": [[[-1, 1]]]}, "machine -1"),
    "negative duration": ({"jobs": [[[0, -3]]]}, "negative duration"),
    "missing number": ({"jobs": [[[0, 1], [1]]]}, "job 0 operation 1"),
    "fractional duration": ({"jobs": [[[0, 1.5]]]}, "whole numbers"),
    "sum beyond int64": ({"jobs": [[[0, 2**61], [1, 1]]]}, "add up to"),
    "number beyond int64": ({"jobs": [[[0, 10**25]]]}, "add up to"),
}
BAD_FILES = {
    "machine out of range": ("1 2\n0 5 2 3\n", "f.jsp:2:5"),
    "ragged rows": ("2 2\n0 5 1 3\n0 5 1\n", "f.jsp:3"),
    "missing job": ("2 2\n0 5 1 3\n", "f.jsp:3"),
    "no number": ("1 2\n0 5 1 x\n", "f.jsp:2:7"),
    "sum beyond int64": ("1 2\n0 5 1 4000000000000000000\n", "f.jsp:2"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_shops_are_refused_before_any_solver(solver, name):
    wire, message = BAD[name]
    with pytest.raises(InputError, match=message):
        solverhub.solve(wire, "job-shop", solver, time_limit=1)


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_with_their_place(solver, name, tmp_path):
    text, place = BAD_FILES[name]
    (tmp_path / "f.jsp").write_text(text)
    with pytest.raises(ParseError, match=place):
        solverhub.solve(tmp_path / "f.jsp", "job-shop", solver, time_limit=1)


SMALL = [[[0, 3], [1, 2], [2, 2]], [[0, 2], [2, 1], [1, 4]], [[1, 4], [2, 3]]]
FEASIBLE = [[0, 4, 6], [3, 5, 6], [0, 8]]
WRONG = {
    "overlap on a machine": [[0, 4, 6], [0, 6, 7], [0, 7]],
    "broken precedence": [[6, 4, 0], [3, 6, 7], [0, 7]],
    "all at once": [[0, 0, 0], [0, 0, 0], [0, 0]],
    "negative": [[-9, 4, 6], [3, 6, 7], [0, 7]],
    "far too late": [[0, 4, 2**62 - 9], [3, 6, 7], [0, 7]],
}
ILL_FORMED = {
    "a job too few": [[0, 4, 6], [3, 6, 7]],
    "an operation too few": [[0, 4], [3, 6, 7], [0, 7]],
    "nothing for an operation": [[0, 4, None], [3, 6, 7], [0, 7]],
    "half a second": [[0, 4, 6.5], [3, 6, 7], [0, 7]],
}


@pytest.mark.parametrize("name", WRONG)
def test_an_infeasible_warm_start_is_repaired(solver, name):
    start = np.array([value for job in WRONG[name] for value in job], np.int64)
    assert PROBLEM.violations(shop_of(SMALL), start)
    result = solverhub.solve({"jobs": SMALL}, "job-shop", solver, time_limit=1, warm_start=start)
    assert result.verified
    assert 11 <= result.objective <= 21


def test_the_order_of_an_infeasible_warm_start_is_kept(solver):
    """Starts that are all too early, in the order of a good schedule, give that schedule."""
    parsed = generate("random-job-shop", 4, n_jobs=30, n_machines=15)
    good = solverhub.solve(parsed.instance, "job-shop", "job-shop-tabu", iterations=3000, threads=1)
    early = good.solution // 2
    assert PROBLEM.violations(parsed.instance, early)
    result = solverhub.solve(
        parsed.instance, "job-shop", solver, time_limit=0.3, threads=1, warm_start=early
    )
    assert result.verified
    assert result.objective <= good.objective


@pytest.mark.parametrize("name", ILL_FORMED)
def test_a_partial_warm_start_is_refused_with_the_reason(solver, name):
    with pytest.raises(InvalidSolution, match="start"):
        solverhub.solve(
            {"jobs": SMALL},
            "job-shop",
            solver,
            time_limit=1,
            warm_start={"start": ILL_FORMED[name]},
        )


@pytest.mark.parametrize(
    "array", [np.zeros(3, np.int64), np.full(8, 0.5), np.full(8, np.nan), np.array(["0"] * 8)]
)
def test_a_warm_start_of_another_form_is_refused(solver, array):
    with pytest.raises(InvalidSolution, match="warm start"):
        solverhub.solve({"jobs": SMALL}, "job-shop", solver, time_limit=1, warm_start=array)


def test_a_feasible_warm_start_is_not_lost(solver):
    start = {"start": FEASIBLE}
    result = solverhub.solve({"jobs": SMALL}, "job-shop", solver, time_limit=0, warm_start=start)
    assert result.objective == 11


def command(folder, *arguments):
    program = [sys.executable, "-m", "solverhub.cli.main", "solve", *map(str, arguments)]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=90)


def test_the_command_line_solves_and_refuses(solver, tmp_path):
    (tmp_path / "odd.json").write_text(json.dumps({"jobs": SHOPS["zero durations"]}))
    asked = ("--problem", "job-shop", "--solver", solver, "--time-limit", "1", "--output", "json")
    done = command(tmp_path, "odd.json", *asked)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verified"]
    assert found["termination"]["reason"] in (Reason.OPTIMAL, Reason.FEASIBLE)
    (tmp_path / "f.jsp").write_text(BAD_FILES["machine out of range"][0])
    done = command(tmp_path, "f.jsp", *asked)
    assert done.returncode == 2
    assert "f.jsp:2:5" in done.stderr
    assert "no machine 2" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_says_why_it_refuses_a_warm_start(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps({"jobs": SMALL}))
    (tmp_path / "w.json").write_text(json.dumps({"start": ILL_FORMED["an operation too few"]}))
    asked = ("--problem", "job-shop", "--time-limit", "1", "--warm-start", "w.json")
    done = command(tmp_path, "s.json", *asked)
    assert done.returncode == 2
    assert "starts of job 0" in done.stderr
