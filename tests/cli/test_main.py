"""The program as a whole: help is light, usage errors are one line and status 2."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "numba", "torch", "ortools", "highspy", "fastapi", "httpx", "rich")


def test_help_names_the_commands(solverhub):
    done = solverhub("--help")
    assert done.status == 0
    for command in ("solve", "batch", "check", "explain", "serve", "submit", "generate", "bench"):
        assert f"\n  {command} " in done.out


@pytest.mark.parametrize("arguments", [["--help"], ["solve", "--help"], ["batch", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys\nfrom solverhub.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_version(solverhub):
    done = solverhub("--version")
    assert done.status == 0
    assert done.out.startswith("solverhub ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "No such command"),
        (["solve"], "Missing argument"),
        (["solve", "nosuch.jsp"], "nosuch.jsp: there is no such file"),
        (["solve", "."], "is a folder"),
        (["batch", "nosuch"], "nosuch: there is no such file or folder"),
        (["inspect", "nosuch"], "nosuch: there is no such file"),
        (["check", "nosuch", "nosuch"], "nosuch: there is no such file"),
        (["explain", "nosuch"], "nosuch: there is no such file"),
        (["generate", "nope"], "unknown generator 'nope'"),
        (["generate", "er", "n=many"], "n is 'many'"),
        (["generate", "er", "n"], "not NAME=VALUE"),
        (["solvers", "nope"], "unknown problem 'nope'"),
        (["problems", "--output", "xml"], "give table or json"),
        (["jobs", "--server", "ftp://x"], "not the address of a server"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(solverhub, arguments, message):
    done = solverhub(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert message in done.err


def test_a_server_that_is_not_there_is_status_3(solverhub):
    done = solverhub("jobs", "--server", "http://127.0.0.1:9")
    assert done.status == 3
    assert done.err.startswith("error: ")


def test_a_closed_pipe_is_no_error(environment):
    program = f"{sys.executable} -m solverhub.cli.main solvers | true"
    done = subprocess.run(
        program, shell=True, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
