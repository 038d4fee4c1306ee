import json

import pytest

from solverhub.bench import classes, command
from solverhub.bench.suites import SUITES, installed
from solverhub.routing.rules import RULES


def row(instance, solver, trace, best=100, seed="0"):
    return {
        "instance": instance,
        "digest": instance,
        "solver": solver,
        "seed": seed,
        "best_known": str(best),
        "trace": trace,
    }


@pytest.mark.parametrize(
    ("instance", "name"),
    [
        ("ta01", "ta 15x15"),
        ("ta20", "ta 20x15"),
        ("ta41", "ta 30x20"),
        ("ta80", "ta 100x20"),
        ("ta00", "ta"),
        ("ta81", "ta"),
        ("tab1", "tab"),
        ("la38", "la"),
        ("yn1", "yn"),
        ("random-10x5", "random-"),
        ("7", "7"),
    ],
)
def test_classes_of_names(instance, name):
    assert classes.class_of(instance) == name


def test_a_reading_is_the_best_told_by_then():
    one = row("la1", "a", [[0.1, None, 90], [1.0, 120, 90], [5.0, 110, 90], [9.0, 99, 90]])
    assert classes.excess(one, 0.5) is None
    assert classes.excess(one, 4.9) == pytest.approx(0.2)
    assert classes.excess(one, 5) == pytest.approx(0.1)
    assert classes.excess(one, 60) == pytest.approx(-0.01)
    assert classes.excess({**one, "best_known": ""}, 60) is None


def test_classes_and_seeds():
    rows = [
        row("ta01", "a", [[1, 110, None]]),
        row("ta01", "b", [[6, 104, None]]),
        row("ta02", "a", [[1, 130, None], [8, 100, None]]),
        row("ta11", "a", [[1, 105, None]]),
        row("ta11", "b", [[1, 101, None]]),
        row("ta11", "a", [[1, 103, None]], seed="1"),
    ]
    assert classes.by_class(rows, (5, 10)) == [
        ["class", "instances", "a: 5 / 10 s", "b: 5 / 10 s"],
        ["ta 15x15", "2", "20.00 / 5.00", "- / 4.00 (1 of 2)"],
        ["ta 20x15", "1", "4.00 / 4.00", "1.00 / 1.00"],
        ["all", "3", "14.67 / 4.67", "- / 2.50 (2 of 3)"],
    ]
    assert classes.by_seed(rows, (5,)) == [
        ["instance", "seeds", "a: 5 s", "b: 5 s"],
        ["ta11", "0, 1", "3.00 to 5.00", "1.00"],
    ]


def test_the_suite_of_job_shops_repeats_eight_instances():
    suite = SUITES["job-shop"]
    assert len(set(suite.again)) == 8
    assert suite.seeds_of("ta41") == (0, 1, 2)
    assert suite.seeds_of("ta42") == (0,)
    assert set(installed(suite)) >= {"auto", "cp-sat-plain"}
    routed = {
        share.solver for rule in RULES if "job-shop" in rule.problems for share in rule.shares
    }
    assert "cp-sat-plain" not in routed


def test_the_command_repeats_resumes_and_shows(tmp_path, capsys):
    folder = tmp_path / "jobshop"
    folder.mkdir()
    for name, length in (("la38", 1), ("xy1", 2)):
        (folder / f"{name}.jsp").write_text(f"2 2\n0 4 1 {length}\n1 2 0 3\n")
    known = {"la38": {"best_known": 7}, "xy1": {"best_known": 7}}
    (folder / "best_known.json").write_text(json.dumps(known))
    options = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "-t", "30"]
    some = ["--solver", "cp-sat", "--solver", "cp-sat-plain"]
    assert command.main(["job-shop", *options, *some]) == 0
    told = capsys.readouterr()
    assert told.err.count("optimal 7") == 8
    assert "| la | 1 | 0.00 / 0.00 | 0.00 / 0.00 |" in told.out
    assert "| all | 2 |" in told.out
    assert "| la38 | 0, 1, 2 |" in told.out
    assert command.main(["job-shop", *options, *some]) == 0
    assert "optimal" not in capsys.readouterr().err
    assert command.main(["job-shop", *options, "--show"]) == 0
    assert "cp-sat-plain: 5 / 30 s" in capsys.readouterr().out
    with pytest.raises(Exception, match="no finished run"):
        command.main(["job-shop", *options, "--show", "-t", "29"])
