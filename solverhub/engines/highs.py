"""HiGHS through highspy: load an `IntegerProgram` once, change it, run it, stop it, translate.

What was found to hold of highspy 1.14.0, and what this adapter does about it:

- `run` and the callbacks release the GIL, so a run in a thread leaves the others alive.
- HiGHS looks at interrupts and at its time limit only between steps: not within an LP of its
  branch and bound, nor within one round of presolve or a heuristic (HiGHS #1501, #2226).  A
  stop can take seconds; `exact.highs_drive` abandons such a run.
- The number of threads is fixed by the first run of each operating-system thread, so every
  run gets a fresh one, in which it is free.
- Presolve of mixed-integer programs fixes columns wrongly and calls the result optimal
  (HiGHS #2957, #2995, #3043, #3073, #3094): the step "singleton column stuffing" counts
  integer columns in a row that it then leaves alone.  It cannot be switched off, but tells
  of itself in the developers' log.  A run that hears of it in a program with both kinds of
  column ends with `Status.SUSPECT`, and believes no bound of its own any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus as Raw
from highspy import HighsStatus, cb
from scipy.sparse import csr_array

from solverhub.core.errors import SolverFailed
from solverhub.core.result import Sense
from solverhub.engines import highs_settings
from solverhub.engines.ilp_answer import Answer, Status
from solverhub.problems.integer_program import IntegerProgram

Kind = cb.HighsCallbackType

_LOG, _MIP_SOLUTION, _IMPROVING = (
    int(Kind.kCallbackLogging),
    int(Kind.kCallbackMipSolution),
    int(Kind.kCallbackMipImprovingSolution),
)
_USER_SOLUTION = int(Kind.kCallbackMipUserSolution)
_STUFFING = "Singleton column stuffing fixed"
_WITH_STUFFING = (1, 14)


def version() -> str:
    """Version of HiGHS."""
    return str(highspy.Highs().version())


_STATUS = {
    Raw.kOptimal: Status.OPTIMAL,
    Raw.kModelEmpty: Status.OPTIMAL,
    Raw.kInfeasible: Status.INFEASIBLE,
    Raw.kUnbounded: Status.UNBOUNDED,
    Raw.kUnboundedOrInfeasible: Status.UNBOUNDED_OR_INFEASIBLE,
    Raw.kTimeLimit: Status.TIME,
    Raw.kIterationLimit: Status.ITERATIONS,
    Raw.kSolutionLimit: Status.ITERATIONS,
    Raw.kObjectiveBound: Status.STOPPED,
    Raw.kObjectiveTarget: Status.STOPPED,
    Raw.kInterrupt: Status.STOPPED,
    Raw.kMemoryLimit: Status.MEMORY,
}
"""Everything else (load, model, presolve, solve and postsolve errors, unknown) is FAILED."""


class Model:
    """A program inside HiGHS, changed in place.  Not to be touched while a `Run` uses it.

    Raises `SolverFailed` when HiGHS refuses the program or a change.  An LP keeps its basis
    from run to run, through all changes but those of its size.
    """

    def __init__(self, program: IntegerProgram) -> None:
        self.highs = highspy.Highs()
        self.highs.disableCallbacks()
        self.configure({}, {})
        m, n = program.A.shape
        indptr, indices = _int32(program.A.indptr), _int32(program.A.indices)
        status = self.highs.passModel(
            n,
            m,
            len(program.A.data),
            int(highspy.MatrixFormat.kRowwise),
            program.sense.sign,
            program.offset,
            program.c,
            program.lower,
            program.upper,
            program.row_lower,
            program.row_upper,
            indptr,
            indices,
            program.A.data,
            program.integer.astype(np.int32),
        )
        self._check(status, "the program")
        self.integer = program.integer.copy()

    @property
    def is_mip(self) -> bool:
        """True if some column is integer."""
        return bool(self.integer.any())

    @property
    def is_mixed(self) -> bool:
        """True if some columns are integer and some are not."""
        return self.is_mip and not bool(self.integer.all())

    def set_sense(self, sense: Sense) -> None:
        """Minimise or maximise."""
        raw = highspy.ObjSense.kMinimize if sense is Sense.MINIMISE else highspy.ObjSense.kMaximize
        self._check(self.highs.changeObjectiveSense(raw), "the sense")

    def set_costs(self, columns: np.ndarray, costs: np.ndarray) -> None:
        """Replace the costs of these columns."""
        self._check(self.highs.changeColsCost(len(columns), _int32(columns), costs), "the costs")

    def set_bounds(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Replace the bounds of these columns."""
        status = self.highs.changeColsBounds(len(columns), _int32(columns), lower, upper)
        self._check(status, "the bounds")

    def set_integer(self, columns: np.ndarray, integer: np.ndarray) -> None:
        """Make these columns integer or continuous."""
        status = self.highs.changeColsIntegrality(
            len(columns), _int32(columns), integer.astype(np.uint8)
        )
        self._check(status, "the integrality")
        self.integer[columns] = integer

    def set_row_bounds(self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Replace the sides of these rows."""
        status = self.highs.changeRowsBounds(len(rows), _int32(rows), lower, upper)
        self._check(status, "the sides of rows")

    def add_rows(self, A: csr_array, lower: np.ndarray, upper: np.ndarray) -> None:
        """Append rows, csr_array (k, n)."""
        status = self.highs.addRows(
            A.shape[0], lower, upper, A.nnz, _int32(A.indptr[:-1]), _int32(A.indices), A.data
        )
        self._check(status, "the new rows")

    def delete_rows(self, rows: np.ndarray) -> None:
        """Delete these rows (ascending, distinct); later ones move up."""
        self._check(self.highs.deleteRows(len(rows), _int32(rows)), "the rows to delete")

    def start_from(self, values: np.ndarray) -> None:
        """Give the next run of a program with integer columns a point to begin with."""
        indices = np.arange(len(values), dtype=np.int32)
        self.highs.setSolution(len(values), indices, values)

    def configure(self, settings: Mapping[str, Any], native: Mapping[str, Any]) -> None:
        """Set all options of the next run; `InvalidParams` for native ones that do not exist."""
        highs_settings.apply(self.highs, settings, native)

    def elapsed_s(self) -> float:
        """HiGHS's own clock, which its time limit counts on, and which runs add up on."""
        return float(self.highs.getRunTime())

    @staticmethod
    def _check(status: HighsStatus, what: str) -> None:
        if status == HighsStatus.kError:
            raise SolverFailed(
                f"HiGHS refused {what}",
                remedy="check coefficients of extreme size, or choose another solver",
            )


def _int32(array: np.ndarray) -> np.ndarray:
    if len(array) and int(array[-1]) > np.iinfo(np.int32).max:
        raise SolverFailed("HiGHS takes at most 2^31 - 1 coefficients")
    return np.ascontiguousarray(array, dtype=np.int32)


def _silent(told: Any) -> None:
    """The listener that a run does without."""


class Run:
    """One solve of one model.  `stop` and `offer` may be called from any thread.

    `on_solution` gets float64 (n,) of each improving point (with `every`, of each point found),
    `on_bound` the bound of a program with integer columns, `on_log` lines.  They are called
    from the thread of `solve`, must not raise, and may still be called after `stop`.
    """

    def __init__(
        self,
        model: Model,
        *,
        on_solution: Callable[[np.ndarray], None] = _silent,
        on_bound: Callable[[float], None] = _silent,
        on_log: Callable[[str], None] | None = None,
        every: bool = False,
        trust_presolve: bool = False,
    ) -> None:
        self._model, self._on_solution, self._on_bound = model, on_solution, on_bound
        self._on_log, self._every = on_log, every
        self._stop = False
        self._suspect = False
        self._offered: np.ndarray | None = None
        self._bound = math.nan
        self._doubtful = model.is_mixed and not trust_presolve and _has_stuffing(model.highs)

    def stop(self) -> None:
        """Ask the solve to end soon."""
        self._stop = True

    def offer(self, values: np.ndarray) -> None:
        """Hand HiGHS a feasible point, float64 (n,), to take at its next opportunity."""
        self._offered = np.ascontiguousarray(values, dtype=np.float64)

    def solve(self) -> Answer:
        """Run to the end, in a thread that has not run HiGHS before."""
        highs = self._model.highs
        self._listen()
        try:
            highs.run()
            raw = highs.getModelStatus()
            status = _STATUS.get(raw, Status.FAILED)
            ray = self._farkas() if status is Status.INFEASIBLE else None
        finally:
            highs.disableCallbacks()
        if self._suspect:
            status = Status.SUSPECT
        return self._answer(status, ray, str(highs.modelStatusToString(raw)))

    def _listen(self) -> None:
        highs, mip = self._model.highs, self._model.is_mip
        highs.setCallback(self._called, None)
        kinds = [Kind.kCallbackSimplexInterrupt, Kind.kCallbackIpmInterrupt]
        if mip:
            kinds = [
                Kind.kCallbackMipInterrupt,
                Kind.kCallbackMipLogging,
                Kind.kCallbackMipUserSolution,
                Kind.kCallbackMipSolution if self._every else Kind.kCallbackMipImprovingSolution,
            ]
        if self._on_log is not None or self._doubtful:
            kinds.append(Kind.kCallbackLogging)
            highs.setOptionValue("output_flag", True)
            highs.setOptionValue("log_to_console", False)
        if self._doubtful:
            highs.setOptionValue("log_dev_level", 2)
        for kind in kinds:
            highs.startCallback(kind)

    def _called(self, kind: int, message: str, told: Any, asked: Any, _: Any) -> None:
        kind = int(kind)
        if kind == _LOG:
            self._hear(message, told)
            return
        if asked is not None and (self._stop or self._suspect):
            asked.user_interrupt = True
        if kind in (_IMPROVING, _MIP_SOLUTION):
            self._on_solution(np.array(told.mip_solution, dtype=np.float64))
        elif kind == _USER_SOLUTION and self._offered is not None:
            offered, self._offered = self._offered, None
            asked.setSolution(offered)
        elif not self._suspect and self._model.is_mip:
            bound = float(told.mip_dual_bound)
            if bound != self._bound and math.isfinite(bound):
                self._bound = bound
                self._on_bound(bound)

    def _hear(self, message: str, told: Any) -> None:
        if self._doubtful and message.startswith(_STUFFING):
            self._suspect = True
        for_users = told.log_type in (
            highspy.HighsLogType.kInfo,
            highspy.HighsLogType.kWarning,
            highspy.HighsLogType.kError,
        )
        if self._on_log is not None and for_users:
            for line in message.splitlines():
                self._on_log(line)

    def _farkas(self) -> np.ndarray | None:
        """HiGHS solves the LP again without presolve if it has to."""
        if self._model.is_mip:
            return None
        _, found, ray = self._model.highs.getDualRay()
        return np.array(ray, dtype=np.float64) if found else None

    def _answer(self, status: Status, farkas: np.ndarray | None, words: str) -> Answer:
        highs, mip = self._model.highs, self._model.is_mip
        solution, info = highs.getSolution(), highs.getInfo()
        values = np.array(solution.col_value) if solution.value_valid else None
        dual = np.array(solution.row_dual) if solution.dual_valid and not mip else None
        bound = float(info.mip_dual_bound) if mip else math.nan
        if status is Status.OPTIMAL and not mip:
            bound = float(info.objective_function_value)
        known = math.isfinite(bound) and status is not Status.SUSPECT
        steps = int(info.simplex_iteration_count) if info.valid else None
        return Answer(status, values, bound if known else None, dual, farkas, words, steps)


def _has_stuffing(highs: highspy.Highs) -> bool:
    return (highs.versionMajor(), highs.versionMinor()) == _WITH_STUFFING
