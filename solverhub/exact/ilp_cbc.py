"""CBC for linear and mixed-integer programs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.engines import cbc
from solverhub.exact.cbc_drive import CbcDrive
from solverhub.exact.ilp_drive import EngineParams
from solverhub.exact.warm_start import begin
from solverhub.problems.integer_program import IntegerProgram


class CbcSolver:
    """Branch and cut, or simplex for an LP; see `ilp_drive` for what is doubted on the way.

    Its stream has objectives without solutions.
    """

    name: ClassVar[str] = "cbc"
    title: ClassVar[str] = "CBC"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("pulp",)
    Params: ClassVar[type[EngineParams]] = EngineParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

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
        params = params or EngineParams()
        cbc.native_arguments(params.native)
        recorder = Recorder(budget, instance.sense, observe, integral=instance.integral)
        begin(self.problem, instance, recorder, warm_start)
        return CbcDrive(self.problem, instance, recorder, params, seed).solve()
