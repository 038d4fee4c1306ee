"""Processes that belong to a child, read from /proc: finding, measuring and killing all of them.

A child's processes are those of its session or process group and its descendants, which
covers an engine that runs as a program of its own, in whatever group it put itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MOST_LIKELY_TO_BE_KILLED = "800"


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    state: str
    parent: int
    group: int
    session: int


def members(root: int) -> list[int]:
    """Living processes of `root`: its session, its group and its descendants."""
    found = {root}
    living = [process for process in _processes() if process.state not in "ZX"]
    while True:
        more = {
            process.pid
            for process in living
            if process.pid not in found
            and (root in (process.session, process.group) or process.parent in found)
        }
        if not more:
            return sorted(found & {process.pid for process in living})
        found |= more


def kill(root: int, *, patience_s: float = 2.0) -> None:
    """Kill every process of `root` and wait until none runs; `root` itself is left to be reaped."""
    known = set(members(root))
    until = time.monotonic() + patience_s
    while known:
        for pid in known:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        known = {pid for pid in known if _runs(pid)} | set(members(root))
        if known and time.monotonic() > until:
            return
        if known:
            time.sleep(0.001)


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident size of the processes together, pages that they share counted every time."""
    return sum(_statm(pid) for pid in pids)


def proportional_bytes(pids: Iterable[int]) -> int:
    """Resident size with each shared page split among its users: exact, but slow to read."""
    return sum(_proportional(pid) for pid in pids)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, and be the first to go when
    memory runs out; ends the process at once if the parent is gone already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_MOST_LIKELY_TO_BE_KILLED)


def foreign_threads() -> int:
    """Threads of this process beyond the main one and the idle pools of OpenBLAS.

    OpenBLAS stops and restarts its pool around a fork; any other thread is lost in the
    child, together with the locks it holds.
    """
    libraries = set()
    with open("/proc/self/maps") as maps:
        for line in maps:
            name = line.rpartition("/")[2]
            if "openblas" in name:
                libraries.add(name.strip())
    pools = len(libraries) * (len(os.sched_getaffinity(0)) - 1)
    return max(0, len(os.listdir("/proc/self/task")) - 1 - pools)


def _processes() -> list[_Process]:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := _stat(int(entry))) is not None:
            found.append(process)
    return found


def _stat(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    state, parent, group, session = text[text.rindex(b")") + 2 :].split()[:4]
    return _Process(pid, state.decode(), int(parent), int(group), int(session))


def _runs(pid: int) -> bool:
    process = _stat(pid)
    return process is not None and process.state not in "ZX"


def _statm(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return _statm(pid)
