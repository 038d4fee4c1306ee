"""A coordinate step that shows a claimed optimum to be none.

Norm-wise relative residuals do not see a column whose data are tiny beside another's: at a point
that meets them the objective may still fall by a third along that column.  Along each column the
objective is a parabola with slope g = Px + q and curvature P_jj, and the rows allow a longest
step; the best of these steps is a feasible point, so that finding one refutes the claim, and
finding none says nothing.
"""

from __future__ import annotations

import numpy as np

from solverhub.problems.quadratic_program import QuadraticProgram


def better_point(qp: QuadraticProgram, x: np.ndarray, worth: float) -> np.ndarray | None:
    """x, float64 (n,), with one entry moved so that the objective falls by over `worth`, or None.

    O(nonzeros).  Steps without an end are left to the tests of unboundedness.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        slope = qp.P @ x + qp.q
        curvature = qp.P.diagonal()
        step = np.minimum(_room(qp, x, -np.sign(slope)), np.abs(slope) / curvature)
        fall = step * (np.abs(slope) - 0.5 * curvature * step)
    fall[~np.isfinite(fall)] = 0.0
    if not fall.size or fall.max() <= worth:
        return None
    column = int(fall.argmax())
    moved = x.copy()
    moved[column] -= np.sign(slope[column]) * step[column]
    return moved


def _room(qp: QuadraticProgram, x: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """How far each column alone can go in its direction, float64 (n,), from 0 to inf."""
    entries = qp.A.tocoo()
    row, column = entries.coords
    change = entries.data * direction[column]
    rows = qp.A @ x
    slack = np.where(change > 0, (qp.u - rows)[row], (rows - qp.l)[row])
    room = np.full(qp.n, np.inf)
    binding = change != 0
    limits = np.maximum(slack[binding], 0.0) / np.abs(change[binding])
    np.minimum.at(room, column[binding], limits)
    return room
