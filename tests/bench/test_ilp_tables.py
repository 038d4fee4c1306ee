"""Tables of integer programs, from runs written down by hand, and solvers with parameters."""

import pytest

from solverhub.bench import ilp_tables, plots, tables
from solverhub.bench.suites import SUITES, Case, Generated, Suite, cases, split
from solverhub.core.errors import InputError
from solverhub.problems.generators import generate

SOURCE = Generated("ilp", "set-cover", (1, 2), {"columns": 20, "rows": 10, "density": 0.3})


def row(case, solver, objective, trace, *, reason="feasible", wall_s=10.0, bound=None, mib=""):
    problem = case.parsed.problem
    gap = "" if bound is None or objective is None else abs(objective - bound) / objective
    return {
        "instance": case.parsed.name,
        "digest": problem.digest(case.parsed.instance),
        "solver": solver,
        "seed": 0,
        "sense": "minimise",
        "reason": reason,
        "objective": "" if objective is None else objective,
        "best_known": "",
        "gap": gap,
        "time_limit_s": 10.0,
        "wall_s": wall_s,
        "memory_mib": mib,
        "trace": trace,
    }


@pytest.fixture
def measured():
    found = cases((SOURCE,), None)
    rows = [
        row(found[0], "a", 10.0, [[1.0, 20.0, None], [2.0, 10.0, 9.0]], bound=9.0, mib="90"),
        row(found[0], "b", 20.0, [[4.0, 20.0, None]], reason="optimal", wall_s=2.0),
        row(found[1], "a", 5.0, [[1.0, 5.0, 5.0]], reason="optimal", wall_s=1.0, bound=5.0, mib=70),
        row(found[1], "b", None, []),
    ]
    return found, tables.score(rows)


def test_sets_have_the_means_of_their_runs(measured):
    lines = ilp_tables.by_set(*measured)
    assert lines[0] == ilp_tables.HEADER
    a, b = lines[1:]
    # 1 s of gap 1 and 1 s of a half; 1 s of gap 1.
    assert a[:5] == ["ilp/set-cover", "a", "2", "1.250 s", "0.000 %"]
    assert a[5:] == ["5.00 %", "2 of 2", "1.00 s", "1", "90 MiB"]
    # 4 s of gap 1 and 6 s of a half; 10 s without anything.
    assert b[3:] == ["8.500 s", "75.000 %", "", "1 of 2", "4.00 s", "1", ""]


def test_proofs_are_late_beyond_twice_the_fastest(measured):
    found, scored = measured
    lines = ilp_tables.proofs(found, scored)
    assert [line[1:] for line in lines[1:]] == [
        ["-", "2.00 s"],
        ["1.00 s", "-"],
        ["1.00 (1 of 2)", "1.00 (1 of 2)"],
    ]
    slow = [run for run in scored if run.solver == "a"]
    slow[0].row.update(reason="optimal", wall_s=4.6)
    assert ilp_tables.proofs(found, scored)[1][1] == "4.60 s (late)"


def test_proofs_are_medians_over_seeds_which_must_all_have_one(measured):
    found, _ = measured
    rows = [
        row(found[0], "a", 10.0, [], reason="optimal", wall_s=wall_s) | {"seed": seed}
        for seed, wall_s in enumerate((9.0, 1.0, 3.0))
    ]
    assert ilp_tables.proofs(found, tables.score(rows))[1][1] == "3.00 s"
    rows[1]["reason"] = "feasible"
    assert len(ilp_tables.proofs(found, tables.score(rows))) == 1


def test_the_first_instance_of_a_set_has_a_picture(measured, tmp_path):
    runs = ilp_tables.first_of_sets(*measured)
    assert {name: len(each) for name, each in runs.items()} == {"ilp-set-cover": 2}
    plots.progress(runs["ilp-set-cover"], tmp_path / "progress.png", "a set")
    assert (tmp_path / "progress.png").stat().st_size > 1000


def test_solvers_have_parameters_behind_colons():
    assert split("cp-sat:workers=8:log=true") == ("cp-sat", {"workers": "8", "log": "true"})
    assert split("highs") == ("highs", {})
    with pytest.raises(InputError):
        split("cp-sat:workers")


def test_a_run_with_parameters_is_kept_under_its_whole_name(tmp_path):
    from solverhub.bench import runner

    parsed = generate("set-cover", 1, **SOURCE.sizes)
    suite = Suite("try", "a try", (), ("auto:structure=false", "highs"), 20, threads=1)
    rows = runner.run(suite, [Case(parsed, None)], runner.Records(tmp_path), lambda row: None)
    assert [each["solver"] for each in rows] == list(suite.solvers)
    assert all(each["reason"] == "optimal" for each in rows)


@pytest.mark.parametrize("name", ["ilp", "ilp-equality"])
def test_sets_have_names_of_their_own(name):
    labels = [source.name for source in SUITES[name].instances]
    assert len(set(labels)) == len(labels)
