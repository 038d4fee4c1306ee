"""`solverhub explain`: names of rows and bounds, and what cannot be explained."""


def test_the_conflict_is_told_in_the_names_of_the_file(solverhub, infeasible):
    done = solverhub("explain", infeasible)
    assert done.status == 0
    assert "low: x + y <= 3" in done.out
    assert "high: x + y >= 4" in done.out
    assert "other" not in done.out
    assert "certificate" in done.out


def test_the_json_form(solverhub, infeasible):
    found = solverhub("explain", infeasible, "--output", "json").json
    assert found["reason"] == "infeasible"
    assert found["conflict"]["minimal"] is True
    assert [part["kind"] for part in found["conflict"]["parts"]] == ["row", "row"]


def test_a_feasible_program_has_status_1(solverhub, tmp_path):
    path = tmp_path / "fine.lp"
    path.write_text("minimize\nobj: x\nsubject to\nc: x >= 1\nend\n")
    done = solverhub("explain", path)
    assert done.status == 1
    assert "feasible" in done.out


def test_other_problems_are_always_feasible(solverhub, two):
    done = solverhub("explain", two)
    assert done.status == 2
    assert "only instances of ilp" in done.err


def test_an_endless_objective_names_its_columns(solverhub, tmp_path):
    rows = "maximize\n x + y\nsubject to\n c1: x - 3 y <= 1\n"
    bounded, endless = tmp_path / "bounded.lp", tmp_path / "endless.lp"
    bounded.write_text(f"{rows}bounds\n y <= 5\nend\n")
    endless.write_text(f"{rows}end\n")
    assert solverhub("explain", bounded).status == 1
    done = solverhub("explain", endless)
    assert done.status == 0
    assert "unbounded (certificate)" in done.out
    assert "y +" in done.out
