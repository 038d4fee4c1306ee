"""A service with solvers that misbehave, and ways to look at what it leaves behind."""

import os
import sys
import time
from pathlib import Path

import pytest

from solverhub import catalog
from solverhub.config import Settings
from solverhub.service.embedded import Embedded
from solverhub.service.views import JobRequest

PLUGIN = Path(__file__).parent / "plugin"


@pytest.fixture(scope="package")
def faulty_solvers():
    """The faulty solvers are installed, here and in processes started from here."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PLUGIN), before)))
    sys.path.insert(0, str(PLUGIN))
    _forget()
    yield
    sys.path.remove(str(PLUGIN))
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
    _forget()


def _forget():
    for each in (catalog.entries, catalog.solver):
        each.cache_clear()


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", slots=2, lease_s=2.0)


@pytest.fixture(scope="module")
def embedded(faulty_solvers, tmp_path_factory):
    """One running service for a module."""
    folder = tmp_path_factory.mktemp("service")
    with Embedded(Settings(data_dir=folder, slots=2, lease_s=2.0)) as running:
        until_true(lambda: running.service.health().ready)
        yield running


@pytest.fixture
def service(embedded):
    return embedded.service


def until_true(look, timeout_s=20.0, pause_s=0.02):
    """Look until it is true, and return what was seen."""
    until = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(pause_s)
    return found


def path_graph(n=40):
    return {"n": n, "edges": [[i, i + 1, 1] for i in range(n - 1)]}


def drip(mark=0, *, n=40, steps=5, pause_s=0.02, time_s=20.0, **more):
    """A job whose solver obeys."""
    return JobRequest(
        problem="max-cut",
        instance=path_graph(n),
        solver="drip",
        params={"steps": steps, "pause_s": pause_s, "mark": mark},
        budget={"time_s": time_s},
        **more,
    )


def faulty(solver, *, time_s=20.0, budget=None, **more):
    """A job whose solver does not."""
    return JobRequest(
        problem="max-cut",
        instance=path_graph(),
        solver=solver,
        budget={"time_s": time_s, **(budget or {})},
        **more,
    )


def descendants(pid):
    """Process ids below one process, however deep."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            state, parent = text.rpartition(") ")[2].split()[:2]
            if state not in "ZX":
                parents[int(entry)] = int(parent)
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def living(pids):
    """Those of some processes that run; one that is dead and not yet reaped does not."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        except OSError:
            continue
        if state not in "ZX":
            found.append(pid)
    return found
