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
from typing import Any

from solverhub.core.errors import SolverFailed
from solverhub.engines.qp_answer import QpAnswer, QpForm, Status
from solverhub.problems.quadratic_program import QuadraticProgram

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class ProcessRun:
    """The `Run` of an engine module on what it takes, `settings` being its keyword arguments."""

    def __init__(self, module: str, form: QpForm | QuadraticProgram, **settings: Any) -> None:
        self._request = pickle.dumps((module, form, settings), pickle.HIGHEST_PROTOCOL)
        self._module = module
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Kill the process; what it found is lost."""
        self._stopped = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def solve(self) -> QpAnswer:
        """Run to the end; an answer without a point where it was stopped."""
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
            return QpAnswer(Status.STOPPED, words="killed")
        try:
            answer: QpAnswer | Exception = pickle.loads(written)
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
    answer: QpAnswer | Exception
    try:
        module, form, settings = pickle.loads(sys.stdin.buffer.read())
        answer = importlib.import_module(module).Run(form, **settings).solve()
    except Exception as error:
        answer = error
    with os.fdopen(output, "wb") as pipe:
        pickle.dump(answer, pipe)


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
