"""The linear relaxation of an integer program, kept loaded, and with a local-branching row.

A ball of radius r around a point is one row of the relaxation; the columns that move most
within it are those that the linear program would like to change (LB-RELAX: Huang, Ferber,
Tian, Dilkina and Steiner 2023, arXiv 2212.08183).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.engines.ilp_answer import Answer, Status
from solverhub.search.ilp_form import IlpForm

if TYPE_CHECKING:
    from solverhub.engines.highs import Model, Run


@dataclass(frozen=True, slots=True)
class Relaxation:
    """An optimum of the relaxation: values and reduced costs (minimised), float64 (n,)."""

    values: np.ndarray
    reduced_costs: np.ndarray
    row_dual: np.ndarray


class RelaxationEngine:
    """HiGHS with the relaxation loaded; for one thread, but for `stop`."""

    def __init__(self, form: IlpForm) -> None:
        self._form = form
        self._run: Run | None = None
        self._stopped = False
        self._model: Model | None = None
        self._rows = form.m

    def root(self, *, time_s: float, iterations: int) -> Relaxation | None:
        """Solve the relaxation; None if a limit stops it, or it has no optimum."""
        answer = self._solve(time_s, iterations)
        if answer is None or answer.status is not Status.OPTIMAL or answer.values is None:
            return None
        if answer.row_dual is None:
            return None
        dual = answer.row_dual[: self._form.m]
        reduced = self._form.cost - self._form.program.A.T @ dual
        return Relaxation(answer.values, reduced, dual)

    def within(
        self, point: np.ndarray, radius: float, *, time_s: float, iterations: int
    ) -> np.ndarray | None:
        """Optimum of the relaxation at a distance of at most `radius` from the point.

        The distance counts integer columns at one of their bounds.
        """
        form = self._form
        whole = form.whole
        low = whole[point[whole] == form.lower[whole]]
        high = whole[(point[whole] == form.upper[whole])]
        columns = np.concatenate([low, high])
        order = np.argsort(columns)
        signs = np.concatenate([np.ones(low.size), -np.ones(high.size)])[order]
        row = csr_array((signs, columns[order], np.array([0, columns.size])), shape=(1, form.n))
        limit = radius + float(form.lower[low].sum() - form.upper[high].sum())
        model = self._loaded()
        if self._rows > form.m:
            model.delete_rows(np.array([form.m]))
        model.add_rows(row, np.array([-np.inf]), np.array([limit]))
        self._rows = form.m + 1
        answer = self._solve(time_s, iterations)
        return None if answer is None else answer.values

    def stop(self) -> None:
        """End the run under way, and all later ones at once; from any thread."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()

    def _loaded(self) -> Model:
        from solverhub.engines.highs import Model

        if self._model is None:
            form = self._form
            relaxed = replace(
                form.program,
                sense=Sense.MINIMISE,
                c=form.cost,
                offset=0.0,
                lower=form.lower,
                upper=form.upper,
                integer=np.zeros(form.n, dtype=bool),
            )
            self._model = Model(relaxed)
        return self._model

    def _solve(self, time_s: float, iterations: int) -> Answer | None:
        from solverhub.engines.highs import Run

        model = self._loaded()
        limit = model.elapsed_s() + time_s if math.isfinite(time_s) else 1e9
        settings = {"threads": 1, "time_limit": limit, "simplex_iteration_limit": iterations}
        model.configure(settings, {})
        self._run = run = Run(model)
        if self._stopped:
            return None
        answer: Answer = run.solve()
        self._run = None
        return answer
