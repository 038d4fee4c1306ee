"""SCIP on a quadratic program: the curvature goes into a row under one more column.

minimise  q'x + t   subject to   1/2 x'P x <= t,  l <= A x <= u
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pyscipopt.scip import Expr, ExprCons, Term
from scipy.sparse import csr_array, hstack, triu

from solverhub.core.result import Sense
from solverhub.engines.scip import Run
from solverhub.problems.integer_program import INFINITY, IntegerProgram
from solverhub.problems.quadratic_program import QuadraticProgram, variable_bounds

_LARGEST = 0.99 * INFINITY


class QuadraticRun(Run):
    """One solve of a program; points have the columns of the program and t after them."""

    def __init__(
        self,
        program: QuadraticProgram,
        settings: Mapping[str, Any],
        native: Mapping[str, Any] | None = None,
        *,
        start: np.ndarray | None = None,
        on_solution: Callable[[np.ndarray], None] | None = None,
        on_bound: Callable[[float], None] | None = None,
        on_log: Callable[[str], None] | None = None,
    ) -> None:
        self._quadratic = program
        if start is not None:
            start = self._with_curvature(start)
        super().__init__(
            _linear_part(program),
            settings,
            native,
            start=start,
            on_solution=on_solution,
            on_bound=on_bound,
            on_log=on_log,
        )

    def offer(self, values: np.ndarray) -> None:
        """Hand over a point of the program, float64 (n,)."""
        super().offer(self._with_curvature(values))

    def _with_curvature(self, values: np.ndarray) -> np.ndarray:
        return np.append(values, 0.5 * float(values @ (self._quadratic.P @ values)))

    def _load(self) -> None:
        super()._load()
        entries = triu(self._quadratic.P, format="coo")
        terms = {
            Term(self.columns[i], self.columns[j]): value / 2 if i == j else value
            for i, j, value in zip(
                entries.row.tolist(), entries.col.tolist(), entries.data.tolist(), strict=True
            )
        }
        terms[Term(self.columns[-1])] = -1.0
        self.model.addCons(ExprCons(Expr(terms), None, 0.0), name="curvature")


def _linear_part(program: QuadraticProgram) -> IntegerProgram:
    lower, upper, general = variable_bounds(program)
    rows = csr_array(program.A.tocsr()[general])
    crossed = lower > upper
    lower, upper = np.where(crossed, upper, lower), np.where(crossed, lower, upper)
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.append(program.q, 1.0),
        offset=program.r,
        A=csr_array(hstack([rows, csr_array((len(general), 1))])),
        row_lower=program.l[general],
        row_upper=program.u[general],
        lower=np.append(np.minimum(lower, _LARGEST), 0.0),
        upper=np.append(np.maximum(upper, -_LARGEST), np.inf),
        integer=np.append(program.integer, False),
    )
