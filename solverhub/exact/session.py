"""Solve, change, solve again: one program kept inside its engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import RLock
from types import TracebackType
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array, vstack

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, SolverFailed, SolverhubError, UnknownName
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Parsed
from solverhub.core.recorder import Recorder
from solverhub.core.result import Result, Sense
from solverhub.engines import highs_settings
from solverhub.engines.highs import Model
from solverhub.exact.highs_drive import HighsDrive
from solverhub.exact.ilp_drive import EngineParams
from solverhub.exact.warm_start import begin
from solverhub.problems.ilp import Ilp
from solverhub.problems.integer_program import INFINITY, IntegerProgram
from solverhub.problems.judge import verify

ENGINES = ("highs",)


class Session:
    """A linear or integer program that is re-solved after changes, without being rebuilt.

        with Session(program) as session:
            first = session.solve(Budget.start(10))
            session.set_bounds([3], upper=[0.0])
            second = session.solve(Budget.start(10))

    An LP starts from the basis of the solve before, an integer program from the solution
    before if that is still feasible.  Results are judged like all others.

    `instance` is an `IntegerProgram`, or a `Parsed` one whose naming the results then keep
    (rows added later have no names).  Columns and rows are indices from 0 into the program as
    it is now, in any order, each once.  A change that does not fit raises `InvalidInstance` and
    leaves the program as it was.  Methods may be called from any thread; they wait for each
    other, so a change during a solve takes effect after it.
    """

    def __init__(self, instance: IntegerProgram | Parsed, engine: str = "highs") -> None:
        if engine not in ENGINES:
            raise UnknownName(f"no session engine {engine!r}", remedy=f"one of {ENGINES[0]}")
        self._parsed = (
            instance if isinstance(instance, Parsed) else Parsed(Ilp(), instance, name="session")
        )
        self._program: IntegerProgram = self._parsed.instance
        self._model: Model | None = None
        self._last: np.ndarray | None = None
        self._lock = RLock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the engine's memory; later calls raise `SolverhubError`."""
        with self._lock:
            self._model, self._closed = None, True

    @property
    def instance(self) -> IntegerProgram:
        """The program as it is now."""
        return self._program

    def set_sense(self, sense: Sense | str) -> None:
        """Minimise or maximise from now on."""
        with self._lock:
            program = self._changed(sense=Sense(sense))
            self._apply(program, lambda model: model.set_sense(program.sense))

    def set_costs(self, columns: Any, costs: Any) -> None:
        """Replace the costs of these columns."""
        with self._lock:
            chosen = _indices("columns", columns, self._program.n)
            c = _placed("costs", self._program.c, chosen, costs)
            program = self._changed(c=c)
            self._apply(program, lambda model: model.set_costs(chosen, program.c[chosen]))

    def set_bounds(self, columns: Any, lower: Any = None, upper: Any = None) -> None:
        """Replace bounds of these columns; None keeps the lower or upper ones."""
        with self._lock:
            chosen = _indices("columns", columns, self._program.n)
            program = self._changed(
                lower=_placed("lower", self._program.lower, chosen, lower),
                upper=_placed("upper", self._program.upper, chosen, upper),
            )
            bounds = program.lower[chosen], program.upper[chosen]
            self._apply(program, lambda model: model.set_bounds(chosen, *bounds))

    def set_integer(self, columns: Any, integer: Any) -> None:
        """Make these columns integer (True) or continuous (False)."""
        with self._lock:
            chosen = _indices("columns", columns, self._program.n)
            flags = _placed("integer", self._program.integer.astype(float), chosen, integer)
            program = self._changed(integer=flags)
            now = program.integer[chosen]
            self._apply(program, lambda model: model.set_integer(chosen, now))

    def set_row_bounds(self, rows: Any, lower: Any = None, upper: Any = None) -> None:
        """Replace sides of these rows; None keeps the lower or upper ones."""
        with self._lock:
            chosen = _indices("rows", rows, self._program.m)
            program = self._changed(
                row_lower=_placed("lower", self._program.row_lower, chosen, lower),
                row_upper=_placed("upper", self._program.row_upper, chosen, upper),
            )
            sides = program.row_lower[chosen], program.row_upper[chosen]
            self._apply(program, lambda model: model.set_row_bounds(chosen, *sides))

    def add_rows(self, A: Any, lower: Any, upper: Any) -> range:
        """Append rows, anything that `csr_array` reads as (k, n); returns their indices."""
        with self._lock:
            before = self._program
            rows = csr_array(A, dtype=np.float64)
            if rows.shape[1] != before.n:
                raise InvalidInstance(
                    f"the new rows have {rows.shape[1]} columns, the program has {before.n}"
                )
            everyone = np.arange(rows.shape[0])
            program = self._changed(
                A=vstack([before.A, rows], format="csr"),
                row_lower=np.append(before.row_lower, _values("lower", lower, everyone)),
                row_upper=np.append(before.row_upper, _values("upper", upper, everyone)),
            )
            added = program.A[before.m :]
            sides = program.row_lower[before.m :], program.row_upper[before.m :]
            self._apply(program, lambda model: model.add_rows(added, *sides))
            return range(before.m, program.m)

    def delete_rows(self, rows: Any) -> None:
        """Delete these rows; the later ones move up."""
        with self._lock:
            before = self._program
            chosen = np.sort(_indices("rows", rows, before.m))
            kept = np.ones(before.m, dtype=bool)
            kept[chosen] = False
            program = self._changed(
                A=before.A[kept], row_lower=before.row_lower[kept], row_upper=before.row_upper[kept]
            )
            self._apply(program, lambda model: model.delete_rows(chosen))

    def solve(
        self,
        budget: Budget | None = None,
        *,
        params: EngineParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve the program as it is now; without a budget, on all cores to the end.

        A solve that had to be abandoned at its deadline (HiGHS can be deaf for seconds) costs
        the next one a rebuild.
        """
        params = params or EngineParams()
        highs_settings.check(params.native)
        with self._lock:
            budget = budget or Budget.start()
            self._require_open()
            program = self._program
            parsed = replace(self._parsed, instance=program)
            recorder = Recorder(budget, program.sense, observe, integral=program.integral)
            if warm_start is None and program.integer.any():
                warm_start = self._last
            begin(parsed.problem, program, recorder, warm_start)
            drive = HighsDrive(parsed.problem, program, recorder, params, seed, self._model)
            result = verify(drive.solve(), parsed, budget.gap)
            self._model = None if drive.abandoned else drive.model
            self._last = result.solution
        return replace(result, problem=parsed.problem.name, solver="highs", parsed=parsed)

    def _apply(self, program: IntegerProgram, change: Callable[[Model], None]) -> None:
        """Change the engine's copy, or give it up for the next solve to make anew."""
        self._require_open()
        try:
            if self._model is not None:
                change(self._model)
        except SolverFailed:
            self._model = None
        self._program = program

    def _require_open(self) -> None:
        if self._closed:
            raise SolverhubError("the session is closed", remedy="open a new one")

    def _changed(self, **parts: Any) -> IntegerProgram:
        return replace(self._program, **parts)


def _indices(name: str, given: Any, size: int) -> np.ndarray:
    chosen = np.atleast_1d(np.asarray(given))
    if chosen.size == 0:
        return np.zeros(0, dtype=np.int64)
    if chosen.dtype.kind not in "iu" or chosen.ndim != 1:
        raise InvalidInstance(f"{name} is not a list of indices")
    if chosen.min() < 0 or chosen.max() >= size:
        raise InvalidInstance(f"{name} has an index outside 0..{size - 1}")
    if len(np.unique(chosen)) != len(chosen):
        raise InvalidInstance(f"{name} has an index twice")
    return chosen.astype(np.int64)


def _values(name: str, given: Any, chosen: np.ndarray) -> np.ndarray:
    try:
        return np.broadcast_to(np.asarray(given, dtype=np.float64), chosen.shape)
    except (TypeError, ValueError) as error:
        raise InvalidInstance(
            f"{name} is not one number, nor one for each of {len(chosen)} indices"
        ) from error


def _placed(name: str, old: np.ndarray, chosen: np.ndarray, given: Any) -> np.ndarray:
    """A copy of the old values with the given ones in place; None changes nothing."""
    if given is None:
        return old
    new = old.copy()
    new[chosen] = _values(name, given, chosen)
    return np.where(np.abs(new) >= INFINITY, np.copysign(np.inf, new), new)
