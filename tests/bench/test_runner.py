import json

import pytest

from solverhub.bench import command, plots, runner, tables
from solverhub.bench.suites import SUITES, Files, Generated, Suite, cases
from solverhub.core.errors import InputError, UnknownName
from solverhub.routing.route import AUTO

TINY = Suite(
    "tiny",
    "two tiny shops",
    (Generated("job-shop", "random-job-shop", (1, 2), {"n_jobs": 3, "n_machines": 3}),),
    (AUTO, "cp-sat"),
    5,
    threads=1,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    records = runner.Records(tmp_path_factory.mktemp("bench"))
    told = []
    rows = runner.run(TINY, cases(TINY.instances, None), records, told.append)
    return records, rows, told


def test_every_pair_runs_once_interleaved(tiny):
    _, rows, told = tiny
    assert [row["solver"] for row in told] == [AUTO, "cp-sat"] * 2
    assert len({runner.key(row) for row in rows}) == 4
    assert all(row["verified"] == "True" for row in rows)
    assert all(row["memory_mib"].isdigit() for row in rows)


def test_a_finished_suite_is_not_run_again(tiny):
    records, rows, _ = tiny
    told = []
    again = runner.run(TINY, cases(TINY.instances, None), records, told.append)
    assert told == []
    assert again == rows


def test_a_lost_trace_is_run_again(tiny, tmp_path):
    _, rows, _ = tiny
    partial = runner.Records(tmp_path)
    for row in rows[:-1]:
        partial.add({name: row[name] for name in runner.COLUMNS}, row["trace"])
    told = []
    runner.run(TINY, cases(TINY.instances, None), partial, told.append)
    assert [runner.key(row) for row in told] == [runner.key(rows[-1])]


def test_tables_and_plot_tell_all_solvers(tiny, tmp_path):
    _, rows, _ = tiny
    scored = tables.score(rows)
    assert all(run.gap == 0 for run in scored)
    by_solver = tables.by_solver(scored)
    assert [line[0].removesuffix(" *") for line in by_solver[1:]] == [
        AUTO,
        "cp-sat",
        tables.VIRTUAL_BEST,
    ]
    assert all(len(line) == len(by_solver[0]) for line in by_solver)
    assert len(tables.by_instance(scored)) == 3
    plots.gap_over_time(scored, tmp_path / "gap.png", "tiny")
    assert (tmp_path / "gap.png").stat().st_size > 1000


def test_the_reference_is_the_best_of_runs_and_of_what_is_known():
    base = dict.fromkeys(runner.COLUMNS, "")
    base.update(sense="maximise", digest="d", time_limit_s=10, seed=0, reason="feasible", wall_s=1)
    rows = [
        {**base, "solver": "a", "objective": "90", "trace": [(0.0, 90.0, None)]},
        {**base, "solver": "b", "objective": "80", "trace": [(5.0, 80.0, None)]},
    ]
    scored = tables.score(rows)
    assert [run.gap for run in scored] == [0, pytest.approx(1 / 9)]
    known = tables.score([{**row, "best_known": "100"} for row in rows])
    assert [run.gap for run in known] == [pytest.approx(0.1), pytest.approx(0.2)]


def test_files_are_read_with_their_best_known_values(tmp_path):
    (tmp_path / "shops").mkdir()
    (tmp_path / "shops" / "one.jsp").write_text("1 1\n0 4\n")
    (tmp_path / "shops" / "best_known.json").write_text(json.dumps({"one": {"best_known": 4}}))
    found = cases((Files("job-shop", "shops", ("*.jsp",)),), tmp_path)
    assert [(case.parsed.name, case.best_known) for case in found] == [("one", 4)]


def test_missing_data_and_unknown_suites_are_named(tmp_path):
    with pytest.raises(InputError, match="SOLVERHUB_BENCH_DATA"):
        cases(SUITES["ilp-files"].instances, None)
    with pytest.raises(UnknownName, match="ilp-files"):
        command.main(["nope"])
