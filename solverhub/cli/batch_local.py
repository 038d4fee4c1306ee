"""A batch on this machine: a forked keeper reads each file and watches over its solve."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from solverhub import wire
from solverhub.cli.asking import Ask
from solverhub.cli.batch_view import BatchView
from solverhub.cli.running import read, run
from solverhub.cli.status import status_of_error, status_of_result
from solverhub.core.budget import CancelFlag
from solverhub.core.errors import InputError, SolverFailed, SolverhubError
from solverhub.routing.channel import Channel
from solverhub.routing.process import Child, wait
from solverhub.service import warm

_WAIT_S = 0.05

Record = Callable[[Path, dict[str, Any]], None]


def run_batch(
    files: Sequence[Path],
    ask: Ask,
    slots: int,
    view: BatchView,
    stop: CancelFlag,
    record: Record,
) -> None:
    """Solve the files, `slots` at a time, and record each as it ends.

    Once `stop` is set no file is begun, and those that run end with what they have.
    """
    if len(files) > 1:
        warm.up()
    waiting = deque(files)
    running: dict[Path, Child] = {}
    asked = False
    try:
        while running or (waiting and not asked):
            while waiting and len(running) < slots and not asked:
                path = waiting.popleft()
                running[path] = child = Child(_keep, name=str(path))
                child.start(path, ask)
                view.start(str(path))
            wait(running.values(), _WAIT_S)
            if stop.is_set() and not asked:
                asked = True
                for child in running.values():
                    child.cancel()
            for path, child in list(running.items()):
                for event in child.pump():
                    view.observe(str(path), event)
                if child.ended:
                    child.close()
                    del running[path]
                    record(path, _content(child))
            view.tick()
    finally:
        for child in running.values():
            child.close()


def failed(error: Exception) -> dict[str, Any]:
    """The content of a row for a file that has no result."""
    known = error if isinstance(error, SolverhubError) else SolverFailed(str(error))
    return {"status": status_of_error(known), "error": wire.error_to_wire(known)}


def _content(child: Child) -> dict[str, Any]:
    if isinstance(child.result, dict):
        return child.result
    return failed(child.error or SolverFailed("the process of this file was killed"))


def _keep(channel: Channel, path: Path, ask: Ask) -> dict[str, Any]:
    """Read, solve, judge; what is sent back is the row without its key."""
    try:
        parsed = read(path, ask)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    result = run(parsed, ask, observe=channel.observe, cancel=channel.cancel)
    return {"status": status_of_result(result), **wire.result_to_wire(result)}
