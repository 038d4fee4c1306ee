"""The real program as a subprocess, some small inputs, and a solver from outside the tree."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
PROGRAM = [sys.executable, "-m", "solverhub.cli.main"]


class Finished:
    """What a command left behind."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        """The one JSON value on standard output."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The environment, with the scripted toy solver installed as a package would install it."""
    folder = tmp_path_factory.mktemp("outside")
    info = folder / "toys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[solverhub.solvers]\njob-shop/scripted = toys:Scripted\n"
    )
    path = os.pathsep.join([str(folder), str(ROOT / "tests" / "routing"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "SOLVERHUB_DATA_DIR": str(folder / "data")}


@pytest.fixture
def solverhub(environment, tmp_path):
    """Run the program in an empty folder and wait for its end."""

    def run(*arguments, timeout=90, **more):
        command = [*PROGRAM, *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Finished(done)

    return run


@pytest.fixture
def start(environment, tmp_path):
    """Start the program and leave it running."""
    started = []

    def begin(*arguments):
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def two(tmp_path):
    """The shop of the scripted solver: two jobs on one machine, optimum 7."""
    path = tmp_path / "two.json"
    path.write_text('{"jobs": [[[0, 3]], [[0, 4]]]}')
    return path


@pytest.fixture
def hard(tmp_path, hard_shop):
    """A shop that is not finished within seconds."""
    path = tmp_path / "hard.json"
    path.write_text(json.dumps(hard_shop))
    return path


@pytest.fixture
def infeasible(tmp_path):
    """An LP of two rows that contradict each other."""
    path = tmp_path / "clash.lp"
    path.write_text(
        "minimize\nobj: x + y\nsubject to\nlow: x + y <= 3\nhigh: x + y >= 4\n"
        "other: x - y <= 100\nend\n"
    )
    return path


@pytest.fixture
def no_time(tmp_path):
    """An integer program without a solution that shows at once."""
    path = tmp_path / "money.lp"
    path.write_text(
        "minimize\nobj: a\nsubject to\n"
        "sum: 12223 a + 12224 b + 36674 c + 61119 d + 85569 e = 89643482\n"
        "general\na b c d e\nend\n"
    )
    return path
