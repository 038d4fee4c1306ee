import numpy as np
import pytest
from scipy.io import savemat

from solverhub.bench import command, qp, qp_tables
from solverhub.bench.suites import Case
from solverhub.problems.generators import generate

SUITE = qp.QpSuite(("auto", "clarabel"), 10.0, 1, ((1e-3, "relative"), (1e-6, "absolute")))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    cases = [Case(generate("random-qp", seed, n=8, rows=12), None) for seed in (0, 1)]
    folder, told = tmp_path_factory.mktemp("qp"), []
    return cases, folder, qp.run(SUITE, cases, folder, told.append), told


def test_every_solver_meets_every_setting_once(finished):
    _, _, rows, told = finished
    assert len(rows) == len(told) == 8
    assert len({qp.key(row) for row in rows}) == 8
    assert all(row["met"] == "True" for row in rows)
    assert all(float(row["absolute"]) <= 1e-6 for row in rows if row["criterion"] == "absolute")


def test_a_finished_suite_is_not_run_again(finished):
    cases, folder, rows, _ = finished
    told = []
    assert qp.run(SUITE, cases, folder, told.append) == rows
    assert told == []


def test_what_the_time_limit_ended_is_inferred_at_tighter_tolerances(tmp_path):
    case = Case(generate("random-qp", 0, n=300, rows=200), None)
    settings = ((1e-16, "relative"), (1e-17, "relative"), (1e-17, "absolute"))
    told = []
    suite = qp.QpSuite(("admm",), 0.05, 1, settings, infer=True)
    rows = qp.run(suite, [case], tmp_path, told.append)
    assert [row["inferred"] for row in rows] == ["", "True", "True"]
    assert {row["met"] for row in rows} == {"False"}
    assert len(told) == 3
    assert qp_tables.by_solver(rows)[2][4] == "1"


def test_the_table_counts_what_was_met_and_claimed():
    base = dict.fromkeys(qp.COLUMNS, "")
    base.update(solver="a", eps="0.001", criterion="relative", time_limit_s="9", error="")
    rows = [
        {**base, "digest": "1", "met": "True", "reason": "optimal", "said": "optimal"},
        {**base, "digest": "2", "met": "False", "reason": "optimal", "said": "optimal"},
        {**base, "digest": "1", "met": "False", "reason": "no_solution", "said": "infeasible"},
        {**base, "digest": "3", "met": "False", "reason": "infeasible", "said": "infeasible"},
    ]
    _, line = qp_tables.by_solver([{**row, "wall_s": "1", "cpu_s": "1"} for row in rows])
    assert line[2:9] == ["a", "4", "0", "1", "25.0 %", "1", "2"]
    assert len(qp_tables.missed(rows)) == 4


def test_a_failure_costs_the_whole_time():
    runs = [
        {"met": "True", "wall_s": "3", "time_limit_s": "7"},
        {"met": "False", "wall_s": "0", "time_limit_s": "7"},
    ]
    assert qp_tables.shifted_mean_s(runs, "wall_s") == pytest.approx((4 * 8) ** 0.5 - 1)


def test_peers_are_among_the_solvers_but_never_routed():
    from solverhub.routing.rules import RULES

    assert qp.solvers()[0] == "auto"
    routed = {share.solver for rule in RULES if "qp" in rule.problems for share in rule.shares}
    assert not routed & {"osqp", "proxqp", "scs"}


def test_the_suite_is_a_command(tmp_path, capsys):
    folder = tmp_path / "qp"
    folder.mkdir()
    one = np.array([[1.0]])
    savemat(
        folder / "TINY.mat", {"P": one, "q": -one, "r": 0.0, "A": one, "l": 0 * one, "u": 2 * one}
    )
    options = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--solver", "clarabel"]
    assert command.main(["qp", *options, "-t", "5"]) == 0
    assert capsys.readouterr().out.count("100.0 %") == len(qp.SETTINGS)
    assert (tmp_path / "out" / "qp" / "table.md").exists()
