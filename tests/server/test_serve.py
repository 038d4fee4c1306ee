"""The server as a process: starts, says where, stops gracefully."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import httpx
import psutil
import pytest

from solverhub.config import Settings
from solverhub.core.errors import InvalidParams
from solverhub.server import serve


def test_a_port_in_use_is_told(tmp_path):
    with serve.bind(Settings(data_dir=tmp_path, port=0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(InvalidParams, match=str(port)):
            serve.bind(Settings(data_dir=tmp_path, port=port))


def test_beyond_loopback_it_does_not_start_without_a_key(tmp_path):
    with pytest.raises(InvalidParams, match="API key"):
        serve.run(Settings(data_dir=tmp_path, port=0, host="0.0.0.0"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_held_requests_and_leaves_no_process(own_server, hard_shop, number):
    body = {"instance": hard_shop, "solver": "cp-sat", "budget": {"time_s": 60}}
    found = {}

    def hold():
        with httpx.Client(base_url=own_server.url, timeout=60) as api:
            found["held"] = api.post("/v1/jobs", json=body, headers={"prefer": "wait=50"})

    def follow(job):
        with httpx.Client(base_url=own_server.url, timeout=60) as api:
            found["stream"] = api.get(f"/v1/jobs/{job}/events").text

    threads = [threading.Thread(target=hold)]
    threads[0].start()
    job = running_job(own_server.url)
    threads.append(threading.Thread(target=follow, args=(job,)))
    threads[1].start()
    time.sleep(0.5)
    family = psutil.Process(own_server.pid).children(recursive=True)
    assert family
    own_server.kill(number)
    assert own_server.process.returncode == 0
    for thread in threads:
        thread.join(10)
    assert found["held"].status_code == 202
    assert "event: incumbent" in found["stream"]
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def running_job(url):
    until = time.monotonic() + 30
    with httpx.Client(base_url=url) as api:
        while time.monotonic() < until:
            for job in api.get("/v1/jobs", params={"state": "running"}).json()["jobs"]:
                if job["objective"] is not None:
                    return job["id"]
            time.sleep(0.05)
    raise AssertionError("no job runs")


def test_the_log_is_json_lines(tmp_path):
    code = "from solverhub.config import Settings; from solverhub.server.serve import run; "
    own = {"SOLVERHUB_DATA_DIR": str(tmp_path / "data"), "SOLVERHUB_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code} run(Settings.from_environment())"],
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = process.stdout.readline().split()[-1]
    httpx.get(f"{url}/healthz")
    process.send_signal(signal.SIGTERM)
    _, text = process.communicate(timeout=30)
    lines = [json.loads(line) for line in text.splitlines()]
    access = next(line for line in lines if line["logger"] == "solverhub.access")
    assert (access["method"], access["path"], access["status"]) == ("GET", "/healthz", 200)
    assert access["ms"] >= 0
