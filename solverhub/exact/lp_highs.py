"""The interior point method of HiGHS for linear programs: `ilp` without integer columns.

It beats the simplex method, which `highs` uses, on large and on degenerate programs; its
crossover ends at a basic solution.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Observer, ignore
from solverhub.core.result import Result
from solverhub.exact.ilp_drive import EngineParams
from solverhub.exact.ilp_highs import HighsSolver
from solverhub.problems.integer_program import IntegerProgram


class HighsInteriorPointSolver(HighsSolver):
    """Interior point and crossover; one iteration of the budget is one of either."""

    name: ClassVar[str] = "highs-interior-point"
    title: ClassVar[str] = "HiGHS, interior point"

    def serves(self, instance: IntegerProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        if instance.integer.any():
            return f"{int(instance.integer.sum())} columns are integer"
        return None

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: EngineParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        why = self.serves(instance)
        if why is not None:
            raise InvalidInstance(
                f"{self.name} cannot take this program: {why}", remedy="choose highs"
            )
        params = params or EngineParams()
        params = replace(params, native={"solver": "ipm", **params.native})
        return super().solve(
            instance, budget, params=params, seed=seed, warm_start=warm_start, observe=observe
        )
