"""`inspect` and `generate`."""

import json
from pathlib import Path

import pytest

from solverhub.problems import generators

FT06 = Path(__file__).parents[2] / "instances" / "job-shop" / "ft06.jsp"


def test_inspect_shows_size_and_digest(solverhub):
    found = solverhub("inspect", FT06, "--output", "json").json
    (fit,) = [entry for entry in found["fits"] if entry["problem"] == "job-shop"]
    assert (fit["jobs"], fit["machines"], fit["operations"]) == (6, 6, 36)
    assert fit["digest"].startswith("sha256:")
    assert "operations" in solverhub("inspect", FT06, "--problem", "job-shop").out


def test_inspect_shows_every_problem_that_fits(solverhub, tmp_path):
    path = tmp_path / "g.json"
    path.write_text(json.dumps({"n": 3, "edges": [[0, 1], [1, 2]]}))
    fits = solverhub("inspect", path, "--output", "json").json["fits"]
    assert [entry["problem"] for entry in fits] == list(generators.GRAPH_PROBLEMS)
    table = solverhub("inspect", path).out
    assert "density" in table


def test_a_broken_file_is_refused(solverhub, tmp_path):
    path = tmp_path / "broken.jsp"
    path.write_text("2 2\n0 5 1 3\n0 5 1 x\n")
    done = solverhub("inspect", path, "--problem", "job-shop")
    assert done.status == 2
    assert f"{path}:3:7" in done.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["random-job-shop", "n_jobs=3", "n_machines=2"], "job-shop"),
        (["er", "n=8", "p=0.5", "--problem", "max-cut"], "max-cut"),
    ],
)
def test_generated_files_are_read_back(solverhub, tmp_path, arguments, problem):
    done = solverhub("generate", *arguments, "--seed", 3, "--out", "g.json")
    assert done.status == 0
    assert done.out == ""
    printed = solverhub("generate", *arguments, "--seed", 3)
    assert printed.json == json.loads((tmp_path / "g.json").read_text())
    found = solverhub("inspect", "g.json", "--output", "json").json
    assert [entry["problem"] for entry in found["fits"]] == [problem]


def test_the_generators_are_listed(solverhub):
    done = solverhub("generate")
    assert done.status == 0
    for name in generators.GENERATORS:
        assert f"\n{name} " in done.out
    assert "n_jobs n_machines low=1 high=99" in done.out
