"""`solverhub check`: what holds is confirmed, every kind of lie is found, no solver is loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FT06 = ROOT / "instances" / "job-shop" / "ft06.jsp"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A result of ft06 as JSON."""
    path = tmp_path_factory.mktemp("saved") / "r.json"
    command = [sys.executable, "-m", "solverhub.cli.main", "solve", str(FT06), "--save", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads(path.read_text())


@pytest.fixture
def check(solverhub, tmp_path):
    def run(result, file=FT06, *more):
        (tmp_path / "r.json").write_text(json.dumps(result))
        return solverhub("check", "r.json", file, *more, "--output", "json")

    return run


def test_an_honest_result_holds(check, saved):
    done = check(saved)
    assert done.status == 0
    assert done.json["holds"] is True
    assert done.json["findings"] == []
    assert done.json["objective"] == 55


def lower_objective(result):
    result["objective"] = 54


def earlier_start(result):
    result["solution"]["start"][0][1] = 0


def wrong_bound(result):
    result["bound"] = 56


def proof_that_is_none(result):
    result["bound_check"] = "certificate"


def bad_termination(result):
    result["termination"]["reason"] = "infeasible"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lower_objective, "the objective is 55, not 54"),
        (earlier_start, "the solution is not feasible"),
        (wrong_bound, "the bound 56 does not hold"),
        (proof_that_is_none, "the check of the bound is claimed, not certificate"),
        (bad_termination, "the outcome is optimal, not infeasible"),
    ],
)
def test_a_lie_is_found(check, saved, change, finding):
    result = json.loads(json.dumps(saved))
    change(result)
    done = check(result)
    assert done.status == 1
    assert done.json["holds"] is False
    assert finding in done.json["findings"]


def test_a_result_of_another_instance_is_refused(check, saved):
    done = check(saved, ROOT / "instances" / "job-shop" / "random-10x10.jsp")
    assert done.status == 2
    assert "no result for the instance" in done.err
    done = check(saved, ROOT / "instances" / "ilp" / "diet.mps")
    assert done.status == 2
    assert "r.json is of job-shop" in done.err


@pytest.mark.parametrize("result", [[], {}, {"termination": 3}, 7])
def test_what_is_no_result_is_refused(check, result):
    done = check(result)
    assert done.status == 2
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err


def test_a_truncated_result_is_refused(check, saved):
    del saved["trace"], saved["objective"]
    saved["instance"] = saved["instance"]
    done = check(saved)
    assert done.status == 2
    assert "not a saved result" in done.err


def test_no_solver_is_imported(saved, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(saved))
    code = (
        "import sys\nfrom solverhub.cli.main import main\n"
        f"try:\n    main(['check', {str(path)!r}, {str(FT06)!r}])\n"
        "except SystemExit as end:\n    print('status', end.code)\n"
        "rooms = ('engines', 'exact', 'catalog', 'routing', 'local', 'service')\n"
        "bad = [m for m in sys.modules if m.startswith(tuple(f'solverhub.{r}' for r in rooms))]\n"
        "bad += [m for m in ('ortools', 'highspy', 'pyscipopt', 'pulp') if m in sys.modules]\n"
        "print('loaded', bad)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
