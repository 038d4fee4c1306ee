"""The best values of the continuous columns of a program, given those of the integer ones."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, eye_array, vstack

from solverhub.core.budget import Budget
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Sense
from solverhub.exact.qp_clarabel import run_clarabel
from solverhub.exact.qp_drive import QpDrive, QpParams
from solverhub.problems.quadratic_program import QuadraticProgram

_EXACTLY = QpParams(eps=1e-9)


def completed(
    problem: Problem, program: QuadraticProgram, whole: np.ndarray, budget: Budget
) -> np.ndarray | None:
    """The point (n,) with the integer columns of `whole` (n,); None where Clarabel finds none."""
    kept = program.integer
    if kept.all():
        return whole
    fixed = QuadraticProgram(
        P=program.P,
        q=program.q,
        A=csc_array(vstack([program.A, eye_array(program.n, format="csr")[kept]])),
        l=np.concatenate([program.l, whole[kept]]),
        u=np.concatenate([program.u, whole[kept]]),
        r=program.r,
    )
    drive = QpDrive(problem, fixed, Recorder(budget, Sense.MINIMISE), _EXACTLY)
    run_clarabel(drive, 1e-10, _EXACTLY)
    return None if drive.best is None else np.where(kept, whole, drive.best.x)
