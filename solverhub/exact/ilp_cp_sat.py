"""CP-SAT for integer programs; importable where OR-Tools is not installed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result
from solverhub.exact.cp_sat_params import CpSatParams
from solverhub.exact.ilp_start import ilp_start
from solverhub.exact.warm_start import begin
from solverhub.problems.integer_program import IntegerProgram
from solverhub.reductions.ilp_to_integers import WholeProgram, refusal, whole_program

_FIRST: dict[str, Any] = {"pool": 0, "native": {"stop_after_first_solution": True}}


class CpSatSolver:
    """CP-SAT for integer programs whose data are decimals.

    `serves` says beforehand whether a program has an exact form in whole numbers; `solve`
    raises `InvalidInstance` for one that has not.  Where columns lack bounds that the rows
    imply, a first solution is sought within wide ones, and its objective then bounds them.
    """

    name: ClassVar[str] = "cp-sat"
    title: ClassVar[str] = "CP-SAT (OR-Tools) for integer programs"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("ortools",)
    Params: ClassVar[type[CpSatParams]] = CpSatParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: IntegerProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        return refusal(instance)

    def load(self) -> None:
        """Import the engine."""
        import solverhub.exact.cp_sat_drive
        import solverhub.exact.ilp_cp_sat_model  # noqa: F401

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: CpSatParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`, `cp_sat_drive` and `ilp_cp_sat_model`."""
        recorder = Recorder(budget, instance.sense, observe, integral=instance.integral)
        guide = begin(
            self.problem,
            instance,
            recorder,
            warm_start,
            lambda: ilp_start(self.problem, instance),
        )
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        whole = whole_program(instance, recorder.objective)
        if not whole.exact and not whole.contradiction and recorder.objective is None:
            self._solve(instance, whole, guide, recorder, replace(params, **_FIRST), seed)
            if recorder.objective is not None:
                whole = whole_program(instance, recorder.objective)
        return self._solve(instance, whole, guide, recorder, params, seed)

    def _solve(
        self,
        instance: IntegerProgram,
        whole: WholeProgram,
        guide: np.ndarray | None,
        recorder: Recorder,
        params: CpSatParams,
        seed: int,
    ) -> Result:
        from solverhub.engines.cp_sat import version
        from solverhub.exact.cp_sat_drive import drive
        from solverhub.exact.ilp_cp_sat_model import encode

        if whole.contradiction:
            proved = whole.exact and recorder.solution is None
            reason = Reason.INFEASIBLE if proved else None
            return recorder.finish(None, reason=reason, engines={"ortools": version()})
        encoding = encode(instance, whole)
        if guide is not None and (point := whole.point(guide)) is not None:
            encoding.model.hint(point)
        return drive(self.problem, instance, encoding, recorder, params=params, seed=seed)
