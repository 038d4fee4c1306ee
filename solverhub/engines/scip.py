"""SCIP through pyscipopt: load an `IntegerProgram`, run it, stop it, feed it, translate.

What was found to hold of pyscipopt 6.3 with SCIP 10, and what this adapter does about it:

- `optimizeNogil` releases the GIL; the plug-ins below take it back while they are called.
- `interruptSolve` only sets a flag, so another thread may call it during a solve.
- SCIP catches SIGINT by default, and its clock is CPU time: both are changed.
- A row is built from a dictionary of terms in one step; summing expressions costs ten times
  as much.
- The duals of an LP are those of the rows as given only if nothing else touches these: no
  presolve, propagation, heuristics or cuts.
- The log goes to a file alone; it is read back line by line.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import pyscipopt
from pyscipopt.scip import (
    PY_SCIP_EVENTTYPE,
    PY_SCIP_HEURTIMING,
    PY_SCIP_PARAMSETTING,
    Expr,
    ExprCons,
    Term,
)

from solverhub.core.errors import InvalidParams, SolverFailed
from solverhub.core.result import Sense
from solverhub.engines.scip_duals import with_singletons
from solverhub.engines.scip_plugins import LogFile, Taker, Teller
from solverhub.problems.integer_program import IntegerProgram

INFINITY = 1e20
"""From this size on SCIP takes a number as infinite."""

_EVENTS = (PY_SCIP_EVENTTYPE.BESTSOLFOUND, PY_SCIP_EVENTTYPE.DUALBOUNDIMPROVED)
_LOG_EVENTS = (*_EVENTS, PY_SCIP_EVENTTYPE.PRESOLVEROUND, PY_SCIP_EVENTTYPE.NODESOLVED)
_TRIES, _RETRY_S = 10, 0.01
_ASK_WHEN = (
    PY_SCIP_HEURTIMING.BEFORENODE
    | PY_SCIP_HEURTIMING.DURINGLPLOOP
    | PY_SCIP_HEURTIMING.AFTERLPNODE
    | PY_SCIP_HEURTIMING.AFTERPSEUDONODE
)


def versions() -> dict[str, str]:
    """Versions of SCIP and of pyscipopt."""
    scip = pyscipopt.Model(createscip=True)
    full = f"{scip.getMajorVersion()}.{scip.getMinorVersion()}.{scip.getTechVersion()}"
    return {"scip": full, "pyscipopt": metadata.version("pyscipopt")}


class Status(Enum):
    """What a run says of its model."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNBOUNDED_OR_INFEASIBLE = "unbounded or infeasible"
    TIME = "time"
    ITERATIONS = "iterations"
    MEMORY = "memory"
    STOPPED = "stopped"
    FAILED = "failed"


_STATUS = {
    "optimal": Status.OPTIMAL,
    "infeasible": Status.INFEASIBLE,
    "unbounded": Status.UNBOUNDED,
    "inforunbd": Status.UNBOUNDED_OR_INFEASIBLE,
    "timelimit": Status.TIME,
    "nodelimit": Status.ITERATIONS,
    "totalnodelimit": Status.ITERATIONS,
    "stallnodelimit": Status.ITERATIONS,
    "restartlimit": Status.ITERATIONS,
    "sollimit": Status.STOPPED,
    "bestsollimit": Status.STOPPED,
    "primallimit": Status.STOPPED,
    "duallimit": Status.STOPPED,
    "gaplimit": Status.STOPPED,
    "userinterrupt": Status.STOPPED,
    "terminate": Status.STOPPED,
    "memlimit": Status.MEMORY,
}
"""Everything else (unknown) is FAILED."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run ended with.

    - `solutions`: float64 (n,) each, best first, at most as many as asked for.
    - `bound`: its claimed bound on the objective, in the program's own sense, or None.
    - `row_dual` float64 (m,): multipliers of an LP solved to optimality, reduced costs
      c - A'y, or None.
    - `farkas` float64 (m,): multipliers that show an LP to be infeasible, or None.
    - `words`: SCIP's own name of its status.
    """

    status: Status
    solutions: tuple[np.ndarray, ...] = ()
    bound: float | None = None
    row_dual: np.ndarray | None = None
    farkas: np.ndarray | None = None
    words: str = ""


class Run:
    """One solve of one program.  `stop` and `offer` may be called from any thread.

    `settings` are SCIP's parameters; `native` ones go on top.  `duals` asks for the
    multipliers of an LP.  `on_solution` gets float64
    (n,), `on_bound` the bound in the program's sense, `on_log` a line; they are called from
    the solving thread and must not raise.  Raises `InvalidParams` for a parameter that SCIP
    does not know, `SolverFailed` when it refuses the program.
    """

    def __init__(
        self,
        program: IntegerProgram,
        settings: Mapping[str, Any],
        native: Mapping[str, Any] | None = None,
        *,
        start: np.ndarray | None = None,
        solutions: int = 1,
        duals: bool = False,
        on_solution: Callable[[np.ndarray], None] | None = None,
        on_bound: Callable[[float], None] | None = None,
        on_log: Callable[[str], None] | None = None,
    ) -> None:
        self.program, self._solutions, self._duals = program, solutions, duals
        self._on_solution, self._on_bound, self._on_log = on_solution, on_bound, on_log
        self._offers: SimpleQueue[np.ndarray] = SimpleQueue()
        self._stopped = self._running = False
        self.model = pyscipopt.Model()
        self.model.hideOutput()
        if duals:
            self._keep_rows()
        self._configure(settings, native or {})
        try:
            self._load()
            if start is not None:
                self._start_from(start)
            self._include_plugins()
        except Exception as error:
            raise SolverFailed(f"SCIP refused the program: {error}") from error

    def stop(self) -> None:
        """Ask the solve to end soon."""
        self._stopped = True
        for _ in range(_TRIES):
            if not self._running:
                return
            try:
                self.model.interruptSolve()
            except Exception:
                # SCIP refuses for the moment in which a solve begins or ends.
                time.sleep(_RETRY_S)
            else:
                return

    def offer(self, values: np.ndarray) -> None:
        """Hand over a solution, which SCIP tries at its next node."""
        self._offers.put(values)

    def solve(self) -> Answer:
        """Run to the end.  Raises `SolverFailed` when SCIP breaks down."""
        log = LogFile(self.model) if self._on_log else None
        self.log = log
        try:
            self._optimise()
            return self._answer()
        finally:
            # While SCIP takes its tree apart it tells bounds of what is left of it.
            self._teller.run = self._taker.run = None
            self.model.freeTransform()
            if log is not None:
                self.tell_log()
                log.close()

    def _optimise(self) -> None:
        if self._stopped:
            return
        self._running = True
        try:
            self.model.optimizeNogil()
        except Exception as error:
            raise SolverFailed(f"SCIP failed: {error}") from error
        finally:
            self._running = False

    # Loading.

    def _keep_rows(self) -> None:
        """Leave everything to the LP solver, on the rows as they are."""
        self.model.setPresolve(PY_SCIP_PARAMSETTING.OFF)
        self.model.setHeuristics(PY_SCIP_PARAMSETTING.OFF)
        self.model.setSeparating(PY_SCIP_PARAMSETTING.OFF)
        self.model.disablePropagation()
        self.model.setParam("conflict/enable", False)

    def _configure(self, settings: Mapping[str, Any], native: Mapping[str, Any]) -> None:
        base = {"misc/catchctrlc": False, "timing/clocktype": 2, "display/verblevel": 4}
        for name, value in (base | dict(settings)).items():
            self.model.setParam(name, value)
        known = self.model.getParams()
        for name, value in native.items():
            if name not in known:
                raise InvalidParams(
                    f"SCIP has no parameter {name!r}", remedy="see SCIP's list of parameters"
                )
            try:
                self.model.setParam(name, _as_type_of(known[name], value))
            except Exception as error:
                raise InvalidParams(
                    f"SCIP does not take {value!r} for its parameter {name}",
                    remedy="see SCIP's list of parameters for its type and range",
                ) from error

    def _load(self) -> None:
        program, model = self.program, self.model
        if program.sense is Sense.MAXIMISE:
            model.setMaximize()
        binary = program.integer & (program.lower == 0) & (program.upper == 1)
        kinds = np.where(binary, "B", np.where(program.integer, "I", "C")).tolist()
        columns = zip(
            kinds,
            _sides(program.lower),
            _sides(program.upper),
            program.c.tolist(),
            strict=True,
        )
        self.columns = [
            model.addVar(f"x{j}", vtype=kind, lb=low, ub=high, obj=cost)
            for j, (kind, low, high, cost) in enumerate(columns)
        ]
        self.rows: list[Any] = [None] * program.m
        terms = [Term(column) for column in self.columns]
        ends, where = program.A.indptr.tolist(), program.A.indices.tolist()
        values = program.A.data.tolist()
        sides = zip(_sides(program.row_lower), _sides(program.row_upper), strict=True)
        for i, (low, high) in enumerate(sides):
            if (low is None and high is None) or ends[i] == ends[i + 1]:
                continue
            span = slice(ends[i], ends[i + 1])
            row = Expr({terms[j]: a for j, a in zip(where[span], values[span], strict=True)})
            self.rows[i] = model.addCons(ExprCons(row, low, high), name=f"r{i}")
        if program.offset:
            model.addObjoffset(program.offset)

    def _start_from(self, values: np.ndarray) -> None:
        solution = self.model.createSol()
        for column, value in zip(self.columns, values.tolist(), strict=True):
            self.model.setSolVal(solution, column, value)
        self.model.addSol(solution)

    def _include_plugins(self) -> None:
        self._teller = Teller(self, _LOG_EVENTS if self._on_log else _EVENTS)
        self.model.includeEventhdlr(self._teller, "tell", "incumbents and bounds")
        self._taker = Taker(self)
        self.model.includeHeur(
            self._taker, "offered", "solutions of others", "o",
            priority=1_000_000, freq=1, timingmask=_ASK_WHEN, usessubscip=False,
        )  # fmt: skip

    # Told during the solve, by the plug-ins.

    def tell_solution(self) -> None:
        """Pass on the incumbent."""
        if self._on_solution is not None:
            self._on_solution(self._values(self.model.getBestSol()))

    def tell_bound(self) -> None:
        """Pass on the bound, unless it is infinite."""
        bound = self.model.getDualbound()
        if self._on_bound is not None and abs(bound) < INFINITY:
            self._on_bound(bound)

    def tell_log(self) -> None:
        """Pass on the lines written since the last call."""
        if self._on_log is not None and self.log is not None:
            for line in self.log.lines():
                self._on_log(line)

    def obey(self) -> None:
        """End the solve if asked to; where SCIP refuses, `stop` asks again."""
        if self._stopped:
            with suppress(Exception):  # raised into an event it would break SCIP down
                self.model.interruptSolve()

    def try_offers(self, heuristic: Any) -> bool:
        """Try the newest solution offered; True if SCIP took it."""
        newest = None
        try:
            while True:
                newest = self._offers.get_nowait()
        except Empty:
            pass
        if newest is None:
            return False
        solution = self.model.createOrigSol(heuristic)
        for column, value in zip(self.columns, newest.tolist(), strict=True):
            if value:
                self.model.setSolVal(solution, column, value)
        return bool(self.model.trySol(solution, printreason=False))

    # The end.

    def _values(self, solution: Any) -> np.ndarray:
        value = self.model.getSolVal
        return np.fromiter((value(solution, column) for column in self.columns), dtype=float)

    def _answer(self) -> Answer:
        words = self.model.getStatus()
        status = _STATUS.get(words, Status.FAILED)
        if self._stopped and status is Status.FAILED:
            return Answer(Status.STOPPED, words=words)
        found = self.model.getSols()[: self._solutions]
        bound = self.model.getDualbound()
        row_dual = farkas = None
        if self._duals:
            if status is Status.OPTIMAL:
                row_dual = self._row_values(self.model.getDualsolLinear, self.program.sense.sign)
                if row_dual is not None and found:
                    row_dual = with_singletons(self.program, row_dual, self._values(found[0]))
            elif status is Status.INFEASIBLE:
                farkas = self._row_values(self.model.getDualfarkasLinear)
        return Answer(
            status,
            tuple(self._values(solution) for solution in found),
            bound if abs(bound) < INFINITY else None,
            row_dual,
            farkas,
            words,
        )

    def _row_values(self, read: Callable[[Any], float], sign: int = 1) -> np.ndarray | None:
        """One value a row, or None where SCIP replaced a row and so has none.

        SCIP's are those of the minimised objective, hence `sign`.
        """
        try:
            values = [0.0 if row is None else read(row) for row in self.rows]
        except Exception:
            return None
        found = sign * np.array(values)
        return found if np.isfinite(found).all() and (np.abs(found) < INFINITY).all() else None


def _sides(values: np.ndarray) -> list[float | None]:
    return [value if abs(value) < INFINITY else None for value in values.tolist()]


def _as_type_of(known: Any, value: Any) -> Any:
    """The value in the type of SCIP's current one; strings are read as typed."""
    if isinstance(known, bool):
        return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
    if isinstance(known, int):
        if isinstance(value, float) and not value.is_integer():
            raise ValueError(value)
        return int(value)
    if isinstance(known, float):
        number = float(value)
        if math.isnan(number):
            raise ValueError(value)
        return number
    return value
