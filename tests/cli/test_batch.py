"""`solverhub batch`: every file gets its row, a broken one too; resume, interrupt, server."""

import json
import signal
import time

import pytest


@pytest.fixture
def folder(tmp_path, easy_shop):
    """Two good files in folders of folders, one broken, and what is no instance."""
    base = tmp_path / "files"
    (base / "job-shop").mkdir(parents=True)
    (base / "graphs" / "max-cut").mkdir(parents=True)
    (base / "job-shop" / "easy.json").write_text(json.dumps(easy_shop))
    (base / "job-shop" / "broken.jsp").write_text("2 2\n0 5 1 3\n0 5 1 x\n")
    (base / "graphs" / "max-cut" / "path.txt").write_text("3 2\n1 2 1\n2 3 1\n")
    (base / "README.md").write_text("# no instance\n")
    (base / "job-shop" / "best_known.toml").write_text("")
    (base / ".hidden").write_text("x")
    return base


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_file_gets_a_row(solverhub, folder, tmp_path):
    done = solverhub("batch", "files", "--out", "r.jsonl", "--time-limit", 5)
    assert done.status == 2
    found = {row["file"]: row for row in rows(tmp_path / "r.jsonl")}
    assert set(found) == {
        "files/graphs/max-cut/path.txt",
        "files/job-shop/broken.jsp",
        "files/job-shop/easy.json",
    }
    easy = found["files/job-shop/easy.json"]
    assert (easy["objective"], easy["status"], easy["verified"]) == (11, 0, True)
    assert easy["solution"]["start"]
    assert found["files/graphs/max-cut/path.txt"]["objective"] == 2
    broken = found["files/job-shop/broken.jsp"]
    assert broken["status"] == 2
    assert broken["error"]["line"] == 3
    assert "[3/3]" in done.err
    assert "3 files: " in done.out
    assert "1 error" in done.out


def test_resume_skips_what_is_finished(solverhub, folder, tmp_path):
    out = tmp_path / "r.jsonl"
    command = ["batch", "files/job-shop/easy.json", "files/graphs", "--out", out, "--resume"]
    assert solverhub(*command).status == 0
    first = out.read_text()
    again = solverhub(*command)
    assert again.status == 0
    assert "skipping 2 finished files" in again.err
    assert out.read_text() == first
    assert "easy.json" in again.out
    solverhub(*command, "--seed", 1)
    assert len(rows(out)) == 4
    (folder / "graphs" / "max-cut" / "path.txt").write_text("3 1\n1 2 1\n")
    changed = solverhub(*command, "--output", "json")
    assert changed.json == {"files": 2, "outcomes": {"optimal": 2}, "out": str(out)}
    assert rows(out)[-1]["objective"] == 1


def test_a_row_cut_short_is_run_again(solverhub, folder, tmp_path):
    out = tmp_path / "r.jsonl"
    command = ["batch", "files/graphs", "--out", out, "--resume", "-q"]
    solverhub(*command)
    whole = out.read_text()
    out.write_text(whole[: len(whole) // 2])
    assert solverhub(*command).status == 0
    assert json.loads(out.read_text().splitlines()[-1])["objective"] == 2


def test_without_resume_the_old_results_are_kept_aside(solverhub, folder, tmp_path):
    out = tmp_path / "r.jsonl"
    out.write_text("precious\n")
    assert solverhub("batch", "files/graphs", "--out", out).status == 0
    assert (tmp_path / "r.jsonl~").read_text() == "precious\n"
    assert len(rows(out)) == 1


def test_an_interrupt_keeps_the_best_and_resume_takes_up_the_rest(start, solverhub, hard, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_text(hard.read_text())
    files = ["a.json", "b.json", "c.json"]
    process = start("batch", *files, "--jobs", 1, "--time-limit", 60, "--out", "r.jsonl")
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 1
    (row,) = rows(tmp_path / "r.jsonl")
    assert row["termination"]["limit"] == "cancelled"
    assert row["verified"] is True
    more = ["--jobs", 1, "--time-limit", 60, "--target", 100_000, "--out", "r.jsonl", "--resume"]
    assert solverhub("batch", *files, *more).status == 0


def test_a_killed_batch_leaves_no_process(start, hard, tmp_path):
    marker = f"{tmp_path}/only-here.json"
    (tmp_path / "only-here.json").write_text(hard.read_text())
    process = start("batch", marker, "--time-limit", 60, "--out", "r.jsonl")
    time.sleep(4)
    process.kill()
    process.wait(10)
    until = time.monotonic() + 10
    while _mentioning(marker):
        assert time.monotonic() < until
        time.sleep(0.1)


def _mentioning(text):
    from pathlib import Path

    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and text in (folder / "cmdline").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_a_solver_that_crashes_costs_only_its_file(solverhub, two, tmp_path):
    (tmp_path / "three.json").write_text('{"jobs": [[[0, 3]], [[0, 4]], [[0, 1]]]}')
    command = ["batch", "two.json", "three.json", "--out", "r.jsonl", "--time-limit", 5]
    script = ["--solver", "scripted", "--param", "steps=incumbent 9"]
    done = solverhub(*command, *script)
    assert done.status == 3
    by_file = {row["file"]: row for row in rows(tmp_path / "r.jsonl")}
    assert by_file["two.json"]["objective"] == 9
    assert by_file["three.json"]["status"] == 3


@pytest.mark.parametrize("output", ["nosuch/r.jsonl", "."])
def test_results_that_cannot_be_written_are_an_error_at_once(solverhub, folder, output):
    done = solverhub("batch", "files", "--out", output)
    assert done.status == 2
    assert done.err.startswith("error: ")


def test_through_a_server(solverhub, folder, tmp_path, live_server):
    command = ["batch", "files", "--server", live_server.url, "--time-limit", 5]
    done = solverhub(*command, "--out", "r.jsonl")
    assert done.status == 2
    found = {row["file"]: row for row in rows(tmp_path / "r.jsonl")}
    assert found["files/job-shop/easy.json"]["objective"] == 11
    assert found["files/graphs/max-cut/path.txt"]["objective"] == 2
    assert found["files/job-shop/broken.jsp"]["error"]["line"] == 3
    solverhub(*command, "--out", "again.jsonl")
    again = {row["file"]: row for row in rows(tmp_path / "again.jsonl")}
    assert again["files/job-shop/easy.json"]["provenance"]["cached"] is True


def test_an_interrupt_through_a_server_cancels_its_jobs(start, hard, tmp_path, live_server):
    command = ["batch", hard, "--server", live_server.url, "--time-limit", 60, "--out", "r.jsonl"]
    process = start(*command)
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    (row,) = rows(tmp_path / "r.jsonl")
    assert row["termination"]["limit"] == "cancelled"
    assert row["verified"] is True
