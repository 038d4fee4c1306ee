"""`problems`, `solvers`, `models`: the tables that everything else derives from."""

from solverhub import catalog
from solverhub.problems import families


def test_problems(solverhub):
    found = solverhub("problems", "--output", "json").json
    assert [family["name"] for family in found] == families.names()
    for family in found:
        assert set(family["solvers"]) >= {"auto", *catalog.names(family["name"])}
    assert "job-shop" in solverhub("problems").out


def test_solvers(solverhub):
    found = solverhub("solvers", "--output", "json").json
    listed = {(entry["problem"], entry["name"]) for entry in found}
    assert listed >= {(entry.problem, entry.name) for entry in catalog.entries()}
    assert ("job-shop", "scripted") in listed
    one = solverhub("solvers", "job-shop", "--output", "json").json
    assert {entry["problem"] for entry in one} == {"job-shop"}
    assert "scripted" in solverhub("solvers", "job-shop").out


def test_models(solverhub):
    assert isinstance(solverhub("models", "--output", "json").json, list)
    assert solverhub("models").status == 0
