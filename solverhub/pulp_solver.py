"""Solverhub as a solver of PuLP: `model.solve(solverhub.PulpSolver())`.

    import pulp
    import solverhub

    model.solve(solverhub.PulpSolver(timeLimit=10))                       # in this process
    model.solve(solverhub.PulpSolver("http://127.0.0.1:8080"))            # through a service

Values, status and slacks land in the model; for a linear program also duals (`pi`, the
change of the objective by unit of right-hand side) and reduced costs (`dj`).  The
verified result stays as `solver.result`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pulp
from pulp import constants

from solverhub import local
from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import Parsed
from solverhub.core.result import Reason, Result
from solverhub.pulp_model import parsed_of

_STATUS = {
    Reason.OPTIMAL: (constants.LpStatusOptimal, constants.LpSolutionOptimal),
    Reason.FEASIBLE: (constants.LpStatusOptimal, constants.LpSolutionIntegerFeasible),
    Reason.INFEASIBLE: (constants.LpStatusInfeasible, constants.LpSolutionInfeasible),
    Reason.UNBOUNDED: (constants.LpStatusUnbounded, constants.LpSolutionUnbounded),
    Reason.NO_SOLUTION: (constants.LpStatusNotSolved, constants.LpSolutionNoSolutionFound),
}


class PulpSolver(pulp.LpSolver):  # type: ignore[misc]
    """A PuLP solver that runs any solver of `ilp`, here or on a server.

    - `url`: of a service, None to solve in this process; `api_key` for it.
    - `solver`: a name of the catalog, or `auto`; `params` are its parameters.
    - `timeLimit` (or `time_limit`) in seconds (None: no limit), `gapRel`, `threads`,
      `warmStart` (start from the variables' initial values) and `mip` are PuLP's own words.
    - `msg`: print one line about the answer.

    Like PuLP's other solvers, a solution that is not proved optimal has the status
    "Optimal" and the solution status "Solution Found".
    """

    name = "solverhub"

    def __init__(
        self,
        url: str | None = None,
        *,
        solver: str = "auto",
        timeLimit: float | None = 10.0,
        time_limit: float | None = None,
        gapRel: float | None = None,
        threads: int | None = None,
        warmStart: bool = False,
        mip: bool = True,
        msg: bool = False,
        seed: int = 0,
        params: Mapping[str, Any] | None = None,
        api_key: str | None = None,
    ) -> None:
        super().__init__(
            mip=mip, msg=msg, timeLimit=timeLimit if time_limit is None else time_limit
        )
        self.url, self.api_key = url, api_key
        self.solver, self.params, self.seed = solver, dict(params or {}), seed
        self.gap, self.threads, self.warm_start = gapRel, threads, warmStart
        self.result: Result | None = None

    def available(self) -> bool:
        """True: what a chosen solver lacks is told when it is used."""
        return True

    def copy(self) -> PulpSolver:
        """An equal solver without a result."""
        return PulpSolver(
            self.url,
            solver=self.solver,
            timeLimit=self.timeLimit,
            gapRel=self.gap,
            threads=self.threads,
            warmStart=self.warm_start,
            mip=self.mip,
            msg=self.msg,
            seed=self.seed,
            params=self.params,
            api_key=self.api_key,
        )

    def actualSolve(self, lp: Any) -> int:  # noqa: N802
        """Solve a `pulp.LpProblem` and write the answer into it; the status of PuLP."""
        parsed = parsed_of(lp, integers=bool(self.mip))
        self.result = self._solve(parsed, _initial(lp, parsed) if self.warm_start else None)
        if self.msg:
            print(_line(self.result))
        return _write(lp, parsed, self.result)

    def _solve(self, parsed: Parsed, warm_start: np.ndarray | None) -> Result:
        options: dict[str, Any] = {
            "time_limit": self.timeLimit,
            "threads": self.threads,
            "seed": self.seed,
            "params": self.params,
            "warm_start": warm_start,
        }
        if self.gap is not None:
            options["gap"] = self.gap
        if self.url is None:
            return local.solve(parsed, solver=self.solver, **options)
        from solverhub.client import Client

        with Client(self.url, api_key=self.api_key) as client:
            return client.solve(parsed, solver=self.solver, **options)


def _initial(lp: Any, parsed: Parsed) -> np.ndarray | None:
    """The values that the variables have, or None where none has one."""
    values = [variable.varValue for variable in lp.variables()]
    if all(value is None for value in values):
        return None
    lower = np.maximum(parsed.instance.lower, np.minimum(parsed.instance.upper, 0.0))
    return np.array([lower[j] if x is None else float(x) for j, x in enumerate(values)])


def _write(lp: Any, parsed: Parsed, result: Result) -> int:
    status, solution_status = _STATUS[result.termination.reason]
    lp.assignStatus(status, solution_status)
    for variable in lp.variables():
        variable.varValue = variable.dj = None
    for constraint in lp._constraints.values():
        constraint.pi = constraint.slack = None
    if result.solution is not None:
        _write_solution(lp, parsed, np.asarray(result.solution))
        _write_duals(lp, parsed, result)
    return int(status)


def _write_solution(lp: Any, parsed: Parsed, solution: np.ndarray) -> None:
    program = parsed.instance
    values = np.where(program.integer, np.rint(solution), solution)
    for variable, value in zip(lp.variables(), values.tolist(), strict=True):
        variable.varValue = value
    activity = program.A @ values
    for constraint, reached in zip(lp._constraints.values(), activity.tolist(), strict=True):
        # PuLP keeps the right-hand side as a negated constant; the slack of its CBC is the
        # right-hand side less the activity, in rows of either direction.
        constraint.slack = 0.0 - (constraint.constant + reached)


def _write_duals(lp: Any, parsed: Parsed, result: Result) -> None:
    """Duals of a linear program; those of a relaxation would say nothing of a mixed one."""
    row_dual = (result.evidence or {}).get("row_dual")
    if row_dual is None or parsed.instance.integer.any():
        return
    dual = np.asarray(row_dual, dtype=float)
    if dual.shape != (parsed.instance.m,):
        raise InvalidSolution(f"the duals have shape {dual.shape}", remedy="report this")
    reduced = parsed.instance.c - parsed.instance.A.T @ dual
    for variable, value in zip(lp.variables(), reduced.tolist(), strict=True):
        variable.dj = value + 0.0
    for constraint, value in zip(lp._constraints.values(), dual.tolist(), strict=True):
        constraint.pi = value + 0.0


def _line(result: Result) -> str:
    reason = result.termination.reason.value
    found = "" if result.objective is None else f", objective {float(result.objective):g}"
    gap = "" if result.gap is None else f", gap {100 * result.gap:.2g} %"
    return f"solverhub: {reason}{found}{gap} by {result.solver} in {result.wall_s:.2f} s"
