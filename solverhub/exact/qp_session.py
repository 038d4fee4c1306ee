"""Solve, change q, l or u, solve again: one convex quadratic program kept inside `admm`."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Parsed
from solverhub.core.recorder import Recorder
from solverhub.core.result import Result
from solverhub.exact.admm import run_engine
from solverhub.exact.admm_engine import Pair, Workspace
from solverhub.exact.admm_linear import library_version
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.qp_drive import QpDrive, require_continuous
from solverhub.problems.convexity import negative_curvature
from solverhub.problems.judge import verify
from solverhub.problems.qp import Qp
from solverhub.problems.quadratic_program import QuadraticProgram


class QpSession:
    """A convex quadratic program that is re-solved after changes of its vectors.

        session = QpSession(program)
        first = session.solve(Budget.start(10))
        session.update(q=q)
        second = session.solve(Budget.start(10))

    Scaling, ordering, step sizes and the factorisation are kept, and a solve starts from the
    point and the multipliers of the one before.  Results are judged like all others.

    `instance` is a convex `QuadraticProgram` without integer columns, or a `Parsed` one whose
    naming the results then keep; anything else raises `InvalidInstance`.  `params` are those of
    `admm`, tolerance and criterion among them; `device` is "cpu" or "cuda".  Methods may be
    called from any thread; they wait for each other.
    """

    def __init__(
        self,
        instance: QuadraticProgram | Parsed,
        params: AdmmParams | None = None,
        device: str = "cpu",
    ) -> None:
        self._parsed = (
            instance if isinstance(instance, Parsed) else Parsed(Qp(), instance, name="session")
        )
        _require_convex(self._parsed.instance)
        self._space = Workspace(self._parsed.instance, params, device)
        self._last: Pair | None = None
        self._lock = RLock()

    @property
    def instance(self) -> QuadraticProgram:
        """The program as it is now."""
        return self._space.qp

    def update(
        self,
        q: np.ndarray | None = None,
        l: np.ndarray | None = None,  # noqa: E741 (the name of the field)
        u: np.ndarray | None = None,
    ) -> None:
        """Replace q (n,), l (m,) or u (m,); what does not fit raises `InvalidInstance`."""
        with self._lock:
            self._space.update(q, l, u)

    def solve(self, budget: Budget | None = None, *, observe: Observer = ignore) -> Result:
        """Solve the program as it is now; without a budget, to the end."""
        with self._lock:
            budget = budget or Budget.start()
            space = self._space
            parsed = replace(self._parsed, instance=space.qp)
            problem = parsed.problem
            recorder = Recorder(budget, problem.sense(space.qp), observe)
            drive = QpDrive(problem, space.qp, recorder, space.params)
            if not drive.done and not run_engine(drive, space, self._last):
                # The engine still works in this space, unheard.
                self._space = Workspace(space.qp, space.params, space.device)
            if drive.best is not None:
                self._last = drive.best.x, drive.best.y
            result = verify(drive.finish({"qdldl": library_version()}), parsed, budget.gap)
        return replace(result, problem=problem.name, solver="admm", parsed=parsed)


def _require_convex(program: QuadraticProgram) -> None:
    require_continuous(program, "a session")
    curvature = negative_curvature(program.P)
    if curvature is not None:
        raise InvalidInstance(
            f"P is not positive semidefinite: it has an eigenvalue of {curvature:.6g} or less",
            remedy="the objective must be convex",
        )
