"""Every snippet of the README is run as it is printed, against a real server where it needs one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PRINTED_URL = "http://127.0.0.1:8080"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands():
    """Shell commands, continued lines joined, without those that install or start something."""
    for block in blocks("sh"):
        for line in re.split(r"\n(?=\S)", block.strip()):
            if line.startswith(("solverhub", "curl")) and not line.startswith("solverhub serve"):
                yield line


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A folder with the instances, so that what the snippets write stays out of the checkout."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "instances", folder / "instances")
    return folder


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_python_snippets_run(number, checkout, live_server):
    program = blocks("python")[number].replace(PRINTED_URL, live_server.url)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=checkout, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.slow
def test_shell_snippets_run_in_order(checkout, live_server):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in commands():
        if command.startswith("curl"):
            if shutil.which("curl") is None:
                pytest.skip("the transcript needs curl, which is not installed")
            command = command.replace("curl", "curl --fail", 1)
        done = subprocess.run(
            ["bash", "-c", command.replace(PRINTED_URL, live_server.url)],
            cwd=checkout,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
