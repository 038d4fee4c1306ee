"""Progress on a terminal: the live display draws, ends, and leaves standard output alone."""

import os
import pty
import subprocess
import sys

import pytest

from solverhub.cli.batch_view import BatchView
from solverhub.cli.numbers import number, percent, seconds
from solverhub.core.events import Event, EventKind


def on_a_terminal(arguments, environment, cwd):
    """Standard output of a command whose standard error is a terminal, and what that showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "solverhub.cli.main", *map(str, arguments)],
        cwd=cwd,
        env={**environment, "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    out = process.stdout.read()
    process.stdout.close()
    os.close(ours)
    return process.wait(), out.decode(), shown.decode(errors="replace")


def test_a_live_bar_for_one_solve(environment, hard, tmp_path):
    arguments = ["solve", hard, "--time-limit", 2, "--output", "json"]
    status, out, shown = on_a_terminal(arguments, environment, tmp_path)
    assert status == 0
    assert out.startswith("{")
    assert out.count("\n") == 1
    assert "objective" in shown
    assert "Traceback" not in shown


def test_a_live_display_for_a_batch(environment, hard, two, tmp_path):
    arguments = ["batch", hard, two, "--time-limit", 2, "--out", "r.jsonl"]
    status, out, shown = on_a_terminal(arguments, environment, tmp_path)
    assert status == 0
    assert "2 files" in out
    assert "running" in shown
    assert "left" in shown
    assert "two.json: optimal  objective 7" in shown
    assert "Traceback" not in shown


def test_the_rest_of_a_batch_is_estimated_from_what_is_done():
    view = BatchView(total=4, slots=2, time_limit=10.0, quiet=True)
    with view:
        assert view.left_s == pytest.approx(20.0)
        view.start("a")
        view.observe("a", Event(EventKind.INCUMBENT, 0.0, objective=3))
        view.finish("a", {"error": {"detail": "no"}})
        assert view.done == 1
        assert view.left_s < 1.0
        view.tick()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (3, "3"), (3.0, "3"), (0.5, "0.5"), (1 / 3, "0.3333333"), (1e300, "1e+300")],
)
def test_numbers(value, text):
    assert number(value) == text


def test_gaps_and_seconds():
    assert percent(None) == "-"
    assert percent(0.0) == "0 %"
    assert percent(0.01234) == "1.23 %"
    assert seconds(None) == "-"
    assert seconds(1.5) == "1.50 s"
    assert seconds(185) == "3 min 5 s"
