"""SCIP for linear and mixed-integer programs; importable where pyscipopt is not installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.core.solver import Params
from solverhub.exact.ilp_start import ilp_start
from solverhub.exact.warm_start import begin
from solverhub.problems.integer_program import IntegerProgram


@dataclass(frozen=True)
class ScipParams(Params):
    """Parameters of SCIP.

    - `log`: keep SCIP's log in the result.
    - `pool`: how many further solutions to return, of those that it comes across.
    - `native`: parameters of SCIP by their full names, such as `separating/maxrounds`.
    """

    log: bool = False
    pool: int = 0
    native: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pool < 0:
            raise InvalidParams(f"pool is {self.pool}", remedy="give 0 or more")


class ScipSolver:
    """Branch and cut by SCIP."""

    name: ClassVar[str] = "scip"
    title: ClassVar[str] = "SCIP"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("pyscipopt",)
    Params: ClassVar[type[ScipParams]] = ScipParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import the engine."""
        import solverhub.exact.scip_drive  # noqa: F401

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: ScipParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `scip_drive`, and `core.solver.Solver` for errors."""
        from solverhub.exact.scip_drive import ScipDrive

        recorder = Recorder(budget, instance.sense, observe, integral=instance.integral)
        begin(
            self.problem,
            instance,
            recorder,
            warm_start,
            lambda: ilp_start(self.problem, instance),
        )
        return ScipDrive(self.problem, instance, recorder, params, seed).solve()
