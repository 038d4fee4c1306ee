"""How far a primal-dual pair is from optimal, on the original unscaled problem.

For  min 1/2 x'Px + q'x + r,  l <= Ax <= u  and multipliers y (y > 0 at u, y < 0 at l):

    primal  max violation of l <= Ax <= u
    dual    max(|Px + q + A'y|_inf, multipliers that belong to an infinite side)
    gap     |primal objective - dual objective|,
            dual objective = -1/2 x'Px - (u'y+ - l'y-) + r over the finite sides

Relative ones divide by 1 + |Ax|_inf, by 1 + max(|Px|_inf, |A'y|_inf, |q|_inf) and by
1 + max(|primal objective|, |dual objective|).  Every solver's claim is judged by this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solverhub.problems.quadratic_program import QuadraticProgram


@dataclass(frozen=True, slots=True)
class Residuals:
    """The residuals and both objectives; all six are inf where x, y or a product is not finite."""

    primal: float
    dual: float
    gap: float
    primal_relative: float
    dual_relative: float
    gap_relative: float
    objective: float
    dual_objective: float

    def largest(self, criterion: str = "relative") -> float:
        """The largest of the three, relative or absolute."""
        if criterion == "relative":
            return max(self.primal_relative, self.dual_relative, self.gap_relative)
        return max(self.primal, self.dual, self.gap)

    def meets(self, eps: float, criterion: str = "relative") -> bool:
        """True if all three are at most `eps`."""
        return self.largest(criterion) <= eps


def residuals(qp: QuadraticProgram, x: np.ndarray, y: np.ndarray) -> Residuals:
    """Residuals of x float64 (n,) and y float64 (m,); wrong shapes raise `ValueError`."""
    if x.shape != (qp.n,) or y.shape != (qp.m,):
        raise ValueError(f"x has shape {x.shape} and y {y.shape}, expected {qp.n} and {qp.m}")
    with np.errstate(over="ignore", invalid="ignore"):
        rows, curvature, pull = qp.A @ x, qp.P @ x, qp.A.T @ y
        above, below = np.maximum(y, 0.0), np.maximum(-y, 0.0)
        primal = max(_top(rows - qp.u, 0.0), _top(qp.l - rows, 0.0))
        idle = max(
            _top(above[np.isposinf(qp.u)], 0.0),
            _top(below[np.isneginf(qp.l)], 0.0),
        )
        dual = max(_size(curvature + qp.q + pull), idle)
        quadratic = float(x @ curvature)
        sides = _products(qp.u, above) - _products(qp.l, below)
        objective = 0.5 * quadratic + float(qp.q @ x) + qp.r
        dual_objective = -0.5 * quadratic - sides + qp.r
        gap = abs(quadratic + float(qp.q @ x) + sides)
        scale = max(_size(curvature), _size(pull), _size(qp.q))
        found = Residuals(
            primal=primal,
            dual=dual,
            gap=gap,
            primal_relative=primal / (1.0 + _size(rows)),
            dual_relative=dual / (1.0 + scale),
            gap_relative=gap / (1.0 + max(abs(objective), abs(dual_objective))),
            objective=objective,
            dual_objective=dual_objective,
        )
    if not np.isfinite([found.largest("absolute"), found.largest("relative")]).all():
        return Residuals(*(np.inf,) * 6, objective, dual_objective)
    return found


def _top(values: np.ndarray, least: float) -> float:
    return float(values.max(initial=least))


def _size(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0))


def _products(side: np.ndarray, y: np.ndarray) -> float:
    """side'y over the finite sides; the others are counted in the dual residual."""
    return float(np.where(np.isfinite(side), side, 0.0) @ y)
