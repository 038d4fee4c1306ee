"""`submit`, `jobs` and `cancel` against a real server."""

import json


def test_submit_wait_and_save(solverhub, two, tmp_path, live_server):
    at = ["--server", live_server.url]
    done = solverhub("submit", two, *at, "--wait", "--save", "r.json", "--output", "json")
    assert done.status == 0
    assert done.json["objective"] == 7
    assert json.loads((tmp_path / "r.json").read_text())["objective"] == 7
    assert solverhub("check", "r.json", two).status == 0


def test_submit_list_and_cancel(solverhub, hard, live_server):
    at = {"SOLVERHUB_URL": live_server.url}
    submitted = solverhub("submit", hard, "--time-limit", 60, "--output", "json", **at)
    assert submitted.status == 0
    job = submitted.json["id"]
    listed = solverhub("jobs", "--limit", 5, "--output", "json", **at).json
    assert job in [status["id"] for status in listed]
    assert job in solverhub("jobs", **at).out
    cancelled = solverhub("cancel", job, **at)
    assert cancelled.status == 0
    assert job in cancelled.out
    assert solverhub("cancel", "nosuch", **at).status == 2


def test_the_folder_names_the_problem_for_the_server_too(solverhub, tmp_path, live_server):
    folder = tmp_path / "maximum-clique"
    folder.mkdir()
    (folder / "g.json").write_text(json.dumps({"n": 3, "edges": [[0, 1], [1, 2]]}))
    at = ["--server", live_server.url, "--wait", "--output", "json"]
    found = solverhub("submit", folder / "g.json", *at).json
    assert found["problem"] == "maximum-clique"
    assert found["objective"] == 2


def test_errors_of_the_server_are_told(solverhub, tmp_path, live_server):
    path = tmp_path / "bad.jsp"
    path.write_text("2 2\n0 5 1 3\n0 5 1 x\n")
    done = solverhub("submit", path, "--problem", "job-shop", "--server", live_server.url)
    assert done.status == 2
    assert "bad.jsp:3:7" in done.err


def test_a_lopsided_matrix_is_symmetrised_when_asked(solverhub, tmp_path, live_server):
    (tmp_path / "d.csv").write_text("0,3,1\n5,0,1\n1,1,0\n")
    at = ["--server", live_server.url]
    asked = ("submit", "d.csv", "--problem", "metric-nearness", *at, "--wait", "--output", "json")
    refused = solverhub(*asked)
    assert refused.status == 2
    assert "not symmetric" in refused.err
    done = solverhub(*asked, "--symmetrise")
    assert abs(done.json["objective"] - 4 / 3) < 1e-6
    batch = ("batch", "d.csv", "--problem", "metric-nearness", "--out", "r.jsonl", "-q")
    assert solverhub(*batch).status == 2
    for where in ((), at):
        assert solverhub(*batch, *where, "--symmetrise").status == 0
