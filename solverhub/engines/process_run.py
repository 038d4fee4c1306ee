"""A run of an engine in an interpreter of its own, which can be killed.

For engines that neither look up nor let go of the interpreter while they run.  The request
and the answer are pickles over pipes between these two processes alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import subprocess
import sys
from typing import Any, Generic, TypeVar

from solverhub.core.errors import SolverFailed

AnswerT = TypeVar("AnswerT")

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class ProcessRun(Generic[AnswerT]):
    """The `Run` of an engine module on a program, `settings` being its keyword arguments.

    `killed` is the answer of a run that was stopped.
    """

    def __init__(self, module: str, program: Any, killed: AnswerT, **settings: Any) -> None:
        self._request = pickle.dumps((module, program, settings), pickle.HIGHEST_PROTOCOL)
        self._module, self._killed = module, killed
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Kill the process; what it found is lost."""
        self._stopped = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def solve(self) -> AnswerT:
        """Run to the end.  Raises what the run raised, and `SolverFailed` if the process died."""
        self._process = process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        if self._stopped:
            process.kill()
        written, _ = process.communicate(self._request)
        if self._stopped:
            return self._killed
        try:
            answer: AnswerT | Exception = pickle.loads(written)
        except (EOFError, pickle.UnpicklingError) as error:
            raise SolverFailed(
                f"{self._module} died with status {process.returncode}",
                remedy="choose another solver",
            ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer


def main() -> None:
    """What runs in the process."""
    output = os.dup(1)
    os.dup2(2, 1)
    answer: Any
    try:
        module, program, settings = pickle.loads(sys.stdin.buffer.read())
        answer = importlib.import_module(module).Run(program, **settings).solve()
    except Exception as error:
        answer = error
    with os.fdopen(output, "wb") as pipe:
        pickle.dump(answer, pipe)


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
