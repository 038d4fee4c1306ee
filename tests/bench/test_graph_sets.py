"""The frozen graphs, their references, and the table of ratios."""

import pytest

from solverhub.bench import command, references, runner, sets
from solverhub.bench.suites import Case, Generated, Suite, cases
from solverhub.core.errors import SolverFailed, UnknownName
from solverhub.problems.generators import generate

SMALL = Generated("maximum-clique", "rb-small", (1, 2), {}, 5.0, 1.0)


def made(path, **fields):
    given = {"solvers": ["auto"], "seeds": [0], "time_limit_s": 60.0, "report": str, **fields}
    return references.improve(cases((SMALL,), None), path=path, **given)


def test_references_are_made_once_and_read_again(tmp_path):
    path, told = tmp_path / "references.csv", []
    known = made(path, report=told.append)
    assert len(told) == len(SMALL.seeds)
    assert references.load(path) == known
    kept = known["maximum-clique", "rb-small", 1]
    assert kept.proof
    assert made(path, report=told.append) == known
    assert len(told) == len(SMALL.seeds)
    parsed = generate("rb-small", 1, problem="maximum-clique")
    assert references.best(known, parsed, "rb-small", 1) == kept.objective
    other = generate("rb-small", 3, problem="maximum-clique")
    assert references.best(known, other, "rb-small", 1) is None


def test_a_proof_below_what_is_known_is_refused(tmp_path):
    path = tmp_path / "references.csv"
    known = dict(made(path))
    first = "maximum-clique", "rb-small", 1
    wrong = references.Reference(*first, known[first].digest, 99, "", "none", 0.0)
    references.save(path, {**known, first: wrong})
    with pytest.raises(SolverFailed, match="proved less"):
        made(path)


def row(solver, objective, trace, sense="maximise", digest="a", name="one"):
    return {
        **dict.fromkeys(runner.COLUMNS, ""),
        "problem": SMALL.problem,
        "instance": name,
        "digest": digest,
        "solver": solver,
        "sense": sense,
        "objective": objective,
        "best_known": "10",
        "time_limit_s": "5",
        "trace": trace,
    }


def test_ratios_are_read_early_and_late():
    parsed = generate("rb-small", 1, problem=SMALL.problem)
    case = Case(parsed, 10.0, SMALL)
    rows = [
        row("a", "10", [[0.1, 9, None], [2.0, 10, None]], name=parsed.name),
        row("b", "", [], name=parsed.name),
    ]
    header, first, second = sets.by_set([case], rows)
    assert header[:2] == ["set", "solver"]
    assert first[1:] == ["a", "1", "10.00", "1.0000", "100%", "0.9000 at 1 s", "0%", "2.000 s"]
    assert second[1:5] == ["b", "1", "-", "0.0000"]


def test_solvers_run_only_on_their_families(tmp_path):
    suite = Suite("tiny", "one clique", (SMALL,), ("auto", "max-cut-search"), 1, threads=1)
    found = cases(suite.instances, None)[:1]
    rows = runner.run(suite, found, runner.Records(tmp_path), lambda told: None)
    assert [row["solver"] for row in rows] == ["auto"]
    assert float(rows[0]["time_limit_s"]) == SMALL.time_limit_s


def test_a_look_takes_few_graphs_of_some_sets(tmp_path, capsys):
    look = ["graphs", "--out", str(tmp_path), "--graphs", "1", "--solver", "auto"]
    assert command.main([*look, "--set", "maximum-clique/rb-small", "-t", "2"]) == 0
    assert "maximum-clique/rb-small | auto | 1 |" in capsys.readouterr().out
    with pytest.raises(UnknownName, match="no set"):
        command.main([*look, "--set", "nothing"])
