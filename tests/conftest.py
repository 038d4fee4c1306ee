"""A real server for every test that needs one: its own process, a temporary folder, loopback."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import hypothesis
import pytest

# The same examples in every run of CI: what fails there fails here.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

START = "from solverhub.config import Settings; from solverhub.server.serve import run; "
START += "run(Settings.from_environment())"


@dataclasses.dataclass
class LiveServer:
    """A server process; `start` after `kill` takes up the same folder and port."""

    folder: Path
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    port: int = 0
    url: str = ""
    process: subprocess.Popen | None = None

    def start(self):
        """Start and wait until it can work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = {"DATA_DIR": self.folder / "data", "PORT": self.port, "LOG_LEVEL": "WARNING"}
        environment = os.environ | {f"SOLVERHUB_{key}": str(value) for key, value in own.items()}
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START],
                env=environment | self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.url = self.process.stdout.readline().rsplit(maxsplit=1)[-1]
        self.port = int(self.url.rpartition(":")[2])
        self._await_ready()
        return self

    def _await_ready(self):
        until = time.monotonic() + 180
        while httpx.get(f"{self.url}/readyz").status_code != httpx.codes.OK:
            assert time.monotonic() < until, (self.folder / "log.txt").read_text()
            time.sleep(0.05)

    def kill(self, number=signal.SIGKILL):
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(30)
        self.process.stdout.close()

    @property
    def pid(self):
        return self.process.pid


@pytest.fixture(scope="session")
def live_server(tmp_path_factory):
    """One server for the whole session; tests leave it running."""
    server = LiveServer(tmp_path_factory.mktemp("live")).start()
    yield server
    server.kill(signal.SIGTERM)


@pytest.fixture
def own_server(tmp_path):
    """A server that a test may stop and start."""
    server = LiveServer(tmp_path).start()
    yield server
    if server.process.poll() is None:
        server.kill(signal.SIGTERM)


@pytest.fixture(scope="session")
def hard_shop():
    """A job shop that no solver finishes within the seconds of a test, in JSON form."""
    draw = random.Random(5)
    jobs = []
    for _ in range(20):  # as many as machines: the search is far above any bound for minutes
        machines = draw.sample(range(20), 20)
        jobs.append([[machine, draw.randint(1, 99)] for machine in machines])
    return {"problem": "job-shop", "jobs": jobs}


@pytest.fixture(scope="session")
def easy_shop():
    """A job shop that is solved at once, optimum 11, in JSON form."""
    jobs = [[[0, 3], [1, 2], [2, 2]], [[0, 2], [2, 1], [1, 4]], [[1, 4], [2, 3]]]
    return {"problem": "job-shop", "jobs": jobs}
