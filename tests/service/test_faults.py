"""What the service must survive: killed processes, runaway solvers, full disks.

Everything here is real: processes, signals, sockets, disks.
"""

import contextlib
import dataclasses
import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from solverhub.config import Settings
from solverhub.core.errors import StorageFull
from solverhub.routing.family_tree import members
from solverhub.service.embedded import Embedded, environment
from solverhub.service.service import Service
from solverhub.service.store import Store
from solverhub.service.views import JobState

from .conftest import descendants, drip, faulty, living, path_graph, until_true

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("faulty_solvers")]


@contextlib.contextmanager
def running(settings):
    with Embedded(settings) as embedded:
        until_true(lambda: embedded.service.health().ready)
        yield embedded


def solution_of(service, view):
    return json.loads(service.result(view.id))["solution"]


# --- a server, its supervisor and its workers, killed again and again ---


class Deployment:
    """A real server process on a fixed port, started again whenever it is killed."""

    def __init__(self, settings):
        self.settings = settings
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from solverhub.config import Settings; from solverhub.server.serve import run; "
                "run(Settings.from_environment())",
            ],
            env=environment(self.settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, victims):
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def supervisors(self):
        return [
            pid for pid in descendants(self.process.pid) if b"service.supervisor" in _command(pid)
        ]

    def workers(self):
        tops = self.supervisors()
        return sorted(descendants(tops[0])) if tops else []

    def ask(self, method, path, body=None, key=None):
        """One request; None when the server is down or went down while answering."""
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.port, timeout=10)
        headers = {"content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()


def _command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def submit(deployment, number):
    """Send a job until it is acknowledged, and return its id."""
    body = {
        "problem": "max-cut",
        "instance": path_graph(12),
        "solver": "drip",
        "params": {"mark": number, "steps": 3, "pause_s": 0.02},
        "budget": {"time_s": 20},
    }
    while True:
        answer = deployment.ask("POST", "/v1/jobs", json.dumps(body), f"job-{number}")
        if answer is not None and answer[0] in (200, 202):
            return answer[1]["id"]
        time.sleep(0.05)


def kill_at_random(deployment, dice, done):
    """Kill servers, supervisors and workers until all is submitted; how many of each."""
    kills = {"server": 0, "supervisor": 0, "worker": 0}
    while not done.is_set() or min(kills.values()) < 3:
        time.sleep(dice.uniform(0.1, 1.0))
        what = dice.choice(("server", "supervisor", "worker", "worker", "worker"))
        if what == "server":
            deployment.kill([deployment.process.pid])
            deployment.process.wait()
            time.sleep(dice.uniform(0, 0.5))
            deployment.start()
            time.sleep(2.0)
        elif victims := deployment.supervisors() if what == "supervisor" else deployment.workers():
            deployment.kill([dice.choice(victims)])
        else:
            continue
        kills[what] += 1
    return kills


@pytest.mark.timeout(900)
def test_no_job_is_lost_while_everything_is_killed_at_random(tmp_path):
    """The killer takes workers without regard for their jobs, so attempts are not limited."""
    jobs, late = 300, 40
    settings = Settings(
        data_dir=tmp_path, slots=2, lease_s=3.0, port=free_port(), max_attempts=1000
    )
    deployment = Deployment(settings)
    deployment.start()
    dice = random.Random(7)
    ids = {}
    done = threading.Event()

    def submit_most():
        for number in range(jobs - late):
            ids[number] = submit(deployment, number)
            time.sleep(dice.random() * 0.3)
        done.set()

    submitter = threading.Thread(target=submit_most)
    submitter.start()
    kill_at_random(deployment, dice, done)
    submitter.join()
    for number in range(jobs - late, jobs):
        ids[number] = submit(deployment, number)
    deployment.kill([deployment.process.pid])
    deployment.process.wait()
    service = Service(settings)
    try:
        before = ended(service)
        assert len(before) < jobs, "nothing was left to resume"
        deployment.start()
        until_true(lambda: len(ended(service)) > len(before), timeout_s=10.0)
        for job in ids.values():
            view = service.wait(job, 120)
            assert view.state is JobState.FINISHED, view
            assert view.verified
            assert view.objective == 8
            assert solution_of(service, view) is not None
            endings = [e for e in service.events(job) if e.message == "finished"]
            assert len(endings) == 1
        assert len(set(ids.values())) == jobs
        assert sorted(ids.values()) == sorted(v.id for v in service.jobs(limit=1000).jobs)
    finally:
        service.close()
        tree = descendants(deployment.process.pid)
        deployment.process.terminate()
        deployment.process.wait(20)
    until_true(lambda: not living(tree))
    assert integrity(tmp_path / "jobs.sqlite") == "ok"


def ended(service):
    return [view.id for view in service.jobs(limit=1000).jobs if view.terminal]


def integrity(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


# --- leases ---


def supervisor_process(settings):
    return subprocess.Popen(
        [sys.executable, "-m", "solverhub.service.supervisor"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(settings),
    )


def test_a_worker_stopped_past_its_lease_and_continued_writes_nothing(settings):
    """Two supervisors on one store; the first is stopped while it holds a job."""
    service = Service(settings)
    first = supervisor_process(settings)
    second = None
    try:
        until_true(lambda: service.health().ready)
        job = service.submit(drip(1, n=300, steps=100, pause_s=0.03)).id
        until_true(lambda: service.get(job).objective is not None)
        tree = [first.pid, *descendants(first.pid)]
        for pid in tree:
            os.kill(pid, signal.SIGSTOP)
        second = supervisor_process(settings)
        until_true(lambda: service.get(job).attempt == 2 and service.get(job).state == "running")
        events = service.events(job)
        takeover = next(e.seq for e in reversed(events) if e.message == "queued")
        for pid in tree:
            os.kill(pid, signal.SIGCONT)
        view = service.wait(job, 30)
        assert view.state is JobState.FINISHED
        assert view.attempt == 2
        assert view.verified
        stale = re.search(rb"solverhub_stale_writes_total (\d+)", service.metrics())
        assert int(stale[1]) >= 1
        after = [e for e in service.events(job) if e.seq > takeover]
        assert [e.message for e in after if e.kind == "state"] == ["running", "finished"]
        walls = [e.wall_s for e in after if e.kind == "incumbent"]
        assert walls == sorted(walls), "the events of one attempt, not of two"
    finally:
        for process in filter(None, (first, second)):
            process.stdin.close()
            process.wait(20)
        service.close()


def test_a_stopped_worker_process_is_replaced(settings):
    with running(settings) as embedded:
        service = embedded.service
        job = service.submit(drip(2, n=100, steps=40, pause_s=0.03)).id
        until_true(lambda: service.get(job).objective is not None)
        workers = descendants(embedded.supervisor_pid)
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        view = service.wait(job, 30)
        assert view.state is JobState.FINISHED
        assert view.attempt == 2
        until_true(lambda: not living(workers))


def test_a_job_that_kills_its_workers_fails_after_some_attempts(settings):
    with running(dataclasses.replace(settings, max_attempts=2)) as embedded:
        service = embedded.service
        job = service.submit(faulty("spin")).id
        top, killed = embedded.supervisor_pid, set()

        def workers():
            """Children of the supervisor that have not been killed yet."""
            found = {pid for pid in descendants(top) if f"\nPPid:\t{top}\n" in _status(pid)}
            return found - killed

        for attempt in (1, 2):
            until_true(lambda a=attempt: service.get(job).attempt == a)
            until_true(lambda: service.get(job).objective is not None)
            until_true(workers)
            for pid in workers():
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        view = service.wait(job, 20)
        assert view.state is JobState.FAILED
        assert "lost its worker 2 times" in view.error["detail"]
        assert "SIGKILL" in view.error["detail"]


def _status(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            return file.read()
    except OSError:
        return ""


def test_a_supervisor_told_to_stop_puts_its_work_back(settings):
    service = Service(settings)
    process = supervisor_process(settings)
    try:
        until_true(lambda: service.health().ready)
        job = service.submit(drip(3, n=300, steps=100, pause_s=0.03)).id
        until_true(lambda: service.get(job).objective is not None)
        below = descendants(process.pid)
        process.terminate()
        process.wait(10)
        assert service.get(job).state is JobState.QUEUED
        assert not living(below)
        process = supervisor_process(settings)
        assert service.wait(job, 30).state is JobState.FINISHED
    finally:
        process.stdin.close()
        process.wait(20)
        service.close()


def test_everything_dies_with_the_server(settings):
    deployment = Deployment(dataclasses.replace(settings, port=free_port()))
    deployment.start()
    try:
        body = json.dumps(
            {"problem": "max-cut", "instance": path_graph(), "solver": "spin", "budget": {}}
        )
        until_true(lambda: deployment.ask("POST", "/v1/jobs", body, "one"))
        tree = until_true(
            lambda: (found := descendants(deployment.process.pid)) and len(found) >= 3 and found
        )
        deployment.kill([deployment.process.pid])
        until_true(lambda: not living(tree), 5.0)
    finally:
        deployment.process.wait()


# --- limits ---


def test_a_solver_that_ignores_its_deadline_is_ended(settings):
    with running(settings) as embedded:
        service = embedded.service
        for limit in (0.5, 1.0):
            job = service.submit(faulty("spin", time_s=limit)).id
            until_true(lambda j=job: service.get(j).objective is not None)
            workers = descendants(embedded.supervisor_pid)
            view = service.wait(job, 20)
            final = service.events(job)[-1]
            assert final.wall_s <= limit + 0.5, (
                "counted from the claim, so with reading and judging"
            )
            assert view.state is JobState.FINISHED
            assert view.limit == "time"
            assert view.verified
            assert view.objective == 1
            assert sum(solution_of(service, view)["side"]) == 1
            until_true(lambda w=workers: not living(w), 2)


def test_a_job_that_allocates_without_bound_dies_alone(settings):
    with running(settings) as embedded:
        service = embedded.service
        other = service.submit(drip(4, n=300, steps=100, pause_s=0.03)).id
        hog = service.submit(faulty("hog", budget={"memory_bytes": 500 * 2**20})).id
        view = service.wait(hog, 20)
        assert view.state is JobState.FINISHED
        assert view.limit == "memory"
        assert view.verified
        assert view.objective == 1
        assert service.wait(other, 30).state is JobState.FINISHED
        assert service.get(other).attempt == 1


@pytest.mark.parametrize("solver", ["drip", "spin"])
@pytest.mark.parametrize("moment", ["queued", "starting", "running"])
def test_cancel_at_any_moment(settings, solver, moment):
    request = drip(5, n=4000, steps=10**6) if solver == "drip" else faulty("spin")
    with running(settings) as embedded:
        service = embedded.service
        if moment == "queued":
            for mark in (6, 7):
                service.submit(drip(mark, n=400, steps=10**6))
        job = service.submit(request).id
        if moment == "starting":
            until_true(lambda: service.get(job).state is JobState.RUNNING, pause_s=0.001)
        if moment == "running":
            until_true(lambda: service.get(job).objective is not None)
        began = time.monotonic()
        service.cancel(job)
        view = service.wait(job, 20)
        assert time.monotonic() - began < 1.0
        assert view.state is JobState.CANCELLED
        assert view.limit == "cancelled"
        if moment == "running":
            assert view.verified
            assert view.objective >= 1
            assert solution_of(service, view) is not None
        service.result(job)
        assert service.events(job)[-1].message == "cancelled"


def test_cancel_while_finishing(settings):
    """Whichever comes first, the job ends once, at once, with a state that fits its result."""
    with running(settings) as embedded:
        service = embedded.service
        for mark in range(12):
            request = drip(100 + mark, n=60, steps=1, pause_s=0.05)
            job = service.submit(request).id
            time.sleep(0.07 + 0.01 * mark)
            began = time.monotonic()
            service.cancel(job)
            view = service.wait(job, 20)
            assert time.monotonic() - began < 1.0
            if view.state is JobState.CANCELLED:
                assert view.limit == "cancelled"
            else:
                assert view.state is JobState.FINISHED
                assert view.verified
            if view.objective is not None:
                assert view.verified
                assert solution_of(service, view) is not None
            endings = [e for e in service.events(job) if e.message in ("finished", "cancelled")]
            assert len(endings) == 1


# --- a full disk ---


@pytest.fixture
def small_disk(tmp_path):
    if os.getuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", place], capture_output=True
    )
    if made.returncode:
        pytest.skip("this system mounts nothing")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place):
    with contextlib.suppress(OSError), open(place / "filler", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def submit_endlessly(service, accepted):
    for mark in range(10_000):
        accepted.append(service.submit(drip(1000 + mark, n=400, steps=1)).id)


def upload(service, body):
    with service.open_upload("x") as incoming:
        incoming.write(body)
        incoming.commit()


def test_a_full_disk_refuses_work_and_corrupts_nothing(small_disk):
    settings = Settings(data_dir=small_disk / "data", slots=2, lease_s=3.0)
    with running(settings) as embedded:
        service = embedded.service
        before = service.submit(drip(1, steps=1)).id
        assert service.wait(before, 20).state is JobState.FINISHED
        long = service.submit(drip(2, n=300, steps=100, pause_s=0.03)).id
        until_true(lambda: service.get(long).objective is not None)
        fill(small_disk)
        accepted = []
        with pytest.raises(StorageFull):
            submit_endlessly(service, accepted)
        with pytest.raises(StorageFull):
            upload(service, bytes(2**22))
        assert service.get(before).state is JobState.FINISHED
        assert service.result(before)
        time.sleep(5.0)
        (small_disk / "filler").unlink()
        for job in (long, *accepted):
            assert service.wait(job, 60).state is JobState.FINISHED
        after = service.submit(drip(3, steps=1)).id
        assert service.wait(after, 20).state is JobState.FINISHED
    assert integrity(settings.data_dir / "jobs.sqlite") == "ok"


def test_a_job_store_that_is_too_new_is_refused(settings):
    store = Store(settings)
    with store.database.writing() as cursor:
        cursor.run("UPDATE store_version SET version = 99")
    store.close()
    with pytest.raises(Exception, match="version 99"):
        Store(settings)


def test_nothing_of_a_job_is_left_behind(settings):
    with running(settings) as embedded:
        service = embedded.service
        top = embedded.supervisor_pid
        for mark in range(5):
            service.wait(service.submit(drip(200 + mark, steps=1)).id, 20)
        until_true(lambda: members(top) == [top])
        open_now = len(os.listdir(f"/proc/{top}/fd"))
        for mark in range(20):
            service.wait(service.submit(drip(300 + mark, steps=1)).id, 20)
        until_true(lambda: members(top) == [top])
        assert len(os.listdir(f"/proc/{top}/fd")) <= open_now + 2
