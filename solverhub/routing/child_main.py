"""What a child process does from its first moment to its last.

A forked child enters at `settle` and `run`, a fresh interpreter at `serve`.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from solverhub.core.errors import SolverFailed, SolverhubError
from solverhub.routing import family_tree
from solverhub.routing.channel import Cells, Channel


def serve(numbers: list[int]) -> NoReturn:
    """Main of a fresh child: the parent's pid, then pipe, request and cells by descriptor."""
    parent, pipe, request, *fds = numbers
    family_tree.die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(pipe, Cells.opened(fds))
    with open(request, "rb") as file:
        file.seek(0)
        content = file.read()
    try:
        target, first = pickle.loads(content)
        del content
    except Exception as error:
        channel.finish("error", SolverFailed(f"a fresh process cannot load its solver: {error}"))
        os._exit(0)
    channel.ready()
    late = sys.stdin.buffer.read()
    if not late:
        os._exit(1)
    run(channel, target, (*first, *pickle.loads(late)))


def settle(parent: int, *, session: bool) -> None:
    """Make the forked process its own master: group, signals, output, fate."""
    if session:
        os.setsid()
    else:
        os.setpgid(0, 0)
    family_tree.die_with_parent(parent)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(2, 1)


def run(channel: Channel, target: Callable[..., Any], args: tuple[object, ...]) -> NoReturn:
    """Call the target, send what came of it, and end the process without any clean-up of the
    parent's."""
    tag: str
    value: object
    try:
        tag, value = "result", target(channel, *args)
    except SolverhubError as error:
        tag, value = "error", error
    except BaseException as error:
        traceback.print_exc()
        tag, value = "error", SolverFailed(f"{type(error).__name__}: {error}")
    try:
        channel.finish(tag, value)
    except Exception as error:
        channel.finish("error", SolverFailed(f"the outcome cannot be sent: {error}"))
    sys.stderr.flush()
    os._exit(0)
