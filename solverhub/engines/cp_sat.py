"""CP-SAT of OR-Tools: models filled from arrays, runs that another thread can stop.

The compiled module below `ortools.sat.python` is used directly: the modelling layer above it
makes one Python object a term and imports pandas, which costs more than many solves.  A
literal is the index of a Boolean variable, or `-index - 1` for its negation.

CP-SAT stops at `max_time_in_seconds` counted from the start of its own solve, is known to
overrun it in presolve (OR-Tools #4882), and takes neither incumbents nor bounds while it
runs; `exact.cp_sat_drive` deals with all three.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model_helper as cp

from solverhub.core.errors import InvalidParams, SolverFailed, SolverhubError

LARGEST = 2**62
"""Limit that the sum of |coefficient| times |value| must stay below in every row."""

_INT64 = 2**63 - 1


def version() -> str:
    """Version of OR-Tools."""
    return metadata.version("ortools")


class Status(Enum):
    """What a run says of its model."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run ended with.

    `bound` is the proven lower bound of the minimised objective of an optimal answer (within
    CP-SAT's gap limits), else None: earlier bounds went to `on_bound`.  `pool` holds further
    solutions, one int64 (n_variables,) each.
    """

    status: Status
    bound: int | None
    pool: tuple[np.ndarray, ...]
    wall_s: float


class Model:
    """A CP-SAT model under construction; rows come in CSR form (`indptr`, items)."""

    def __init__(self) -> None:
        self.proto = cp.CpModelProto()
        self.n_variables = 0

    def integers(self, lower: Sequence[int], upper: Sequence[int]) -> int:
        """Add variables with these bounds (plain ints); return the index of the first."""
        first, add = self.n_variables, self.proto.variables.add
        for low, high in zip(lower, upper, strict=True):
            add().domain.extend([low, high])
        self.n_variables += len(lower)
        return first

    def booleans(self, count: int) -> int:
        """Add `count` Boolean variables; return the index of the first."""
        return self.integers([0] * count, [1] * count)

    def clauses(self, indptr: np.ndarray, literals: np.ndarray) -> None:
        """At least one literal of each row is true (an empty row is a contradiction)."""
        add = self.proto.constraints.add
        for row in _rows(indptr, literals):
            add().bool_or.literals.extend(row)

    def at_most_one(self, indptr: np.ndarray, literals: np.ndarray) -> None:
        """At most one literal of each row is true."""
        add = self.proto.constraints.add
        for row in _rows(indptr, literals):
            add().at_most_one.literals.extend(row)

    def exactly_one(self, indptr: np.ndarray, literals: np.ndarray) -> None:
        """Exactly one literal of each row is true."""
        add = self.proto.constraints.add
        for row in _rows(indptr, literals):
            add().exactly_one.literals.extend(row)

    def linear(
        self,
        indptr: np.ndarray,
        variables: np.ndarray,
        coefficients: np.ndarray,
        lower: Sequence[int | None],
        upper: Sequence[int | None],
        when: Sequence[int | None] | None = None,
    ) -> None:
        """lower <= row <= upper for each row (None: no limit), where `when` holds if it is given.

        `when[r]` is a literal, or None for a row that always holds.
        """
        add = self.proto.constraints.add
        rows = zip(_rows(indptr, variables), _rows(indptr, coefficients), strict=True)
        conditions = when if when is not None else [None] * len(lower)
        for (row, factors), low, high, literal in zip(rows, lower, upper, conditions, strict=True):
            constraint = add()
            if literal is not None:
                constraint.enforcement_literal.extend([literal])
            linear = constraint.linear
            linear.vars.extend(row)
            linear.coeffs.extend(factors)
            linear.domain.extend(
                [-_INT64 if low is None else low, _INT64 if high is None else high]
            )

    def intervals(self, starts: Sequence[int], sizes: Sequence[int]) -> int:
        """Add intervals of fixed size at start variables; return the index of the first."""
        first, add = len(self.proto.constraints), self.proto.constraints.add
        for start, size in zip(starts, sizes, strict=True):
            interval = add().interval
            interval.start.vars.extend([start])
            interval.start.coeffs.extend([1])
            interval.size.offset = size
            interval.end.vars.extend([start])
            interval.end.coeffs.extend([1])
            interval.end.offset = size
        return first

    def no_overlap(self, indptr: np.ndarray, intervals: np.ndarray) -> None:
        """No two intervals of a row overlap."""
        add = self.proto.constraints.add
        for row in _rows(indptr, intervals):
            add().no_overlap.intervals.extend(row)

    def minimise(self, variables: Sequence[int], coefficients: Sequence[int]) -> None:
        """Set the objective (plain ints)."""
        self.proto.objective.vars.extend(list(variables))
        self.proto.objective.coeffs.extend(list(coefficients))

    def bound_objective(self, lower: int, upper: int = _INT64) -> None:
        """Restrict the objective to [lower, upper], replacing an earlier restriction."""
        self.proto.objective.domain.clear()
        self.proto.objective.domain.extend([lower, upper])

    def objective_as_row(self, point: np.ndarray) -> None:
        """Turn the objective, if there is one, into the row "as good as at this point"."""
        if not self.proto.has_objective():
            return
        variables, factors = list(self.proto.objective.vars), list(self.proto.objective.coeffs)
        values = point[variables].tolist()
        row = self.proto.constraints.add().linear
        row.vars.extend(variables)
        row.coeffs.extend(factors)
        most = sum(factor * value for factor, value in zip(factors, values, strict=True))
        row.domain.extend([-_INT64, most])
        self.proto.clear_objective()

    def copy(self) -> Model:
        """An independent copy."""
        twin = Model()
        twin.proto.copy_from(self.proto)
        twin.n_variables = self.n_variables
        return twin

    def hint(self, values: np.ndarray) -> None:
        """Replace the hint by a value for every variable, int64 (n_variables,)."""
        self.proto.clear_solution_hint()
        self.proto.solution_hint.vars.extend(list(range(self.n_variables)))
        self.proto.solution_hint.values.extend(values.tolist())


def _rows(indptr: np.ndarray, items: np.ndarray) -> list[list[int]]:
    flat, ends = items.tolist(), indptr.tolist()
    return [flat[low:high] for low, high in pairwise(ends)]


def parameters(native: Mapping[str, Any] | None = None, **settings: Any) -> Any:
    """A `SatParameters` with the settings, and then the user's native ones, on top.

    Native values may be strings as typed (`"linearization_level": "2"`); lists fill repeated
    fields.  Raises `InvalidParams` for a name or value that CP-SAT does not know.
    """
    found = cp.SatParameters()
    for name, value in settings.items():
        setattr(found, name, value)
    for name, value in (native or {}).items():
        _set_native(found, name, value)
    return found


def _set_native(found: Any, name: str, value: Any) -> None:
    known = re.fullmatch(r"[a-z][a-z0-9_]*", name) and hasattr(cp.SatParameters, name)
    if not known or callable(getattr(found, name)):
        raise InvalidParams(
            f"CP-SAT has no parameter {name!r}",
            remedy="use a field of sat_parameters.proto of OR-Tools",
        )
    field = getattr(found, name)
    try:
        if hasattr(field, "extend"):
            field.clear()
            field.extend(list(value) if isinstance(value, list | tuple) else [value])
        else:
            setattr(found, name, _native_value(field, value))
    except (TypeError, ValueError, KeyError) as error:
        raise InvalidParams(
            f"CP-SAT does not take {value!r} for its parameter {name}",
            remedy="see sat_parameters.proto of OR-Tools for its type and values",
        ) from error


def _native_value(field: Any, value: Any) -> Any:
    """The value in the type that the field has; strings are read as typed on a command line."""
    if isinstance(field, bool):
        return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
    if isinstance(field, int):
        return int(value) if isinstance(value, str) else value
    if isinstance(field, float):
        return float(value)
    if hasattr(field, "__members__"):
        return type(field).__members__[value]
    return value


class _OnSolution(cp.SolutionCallback):
    def __init__(self, tell: Callable[[np.ndarray], None]) -> None:
        super().__init__()
        self._tell = tell

    def OnSolutionCallback(self) -> None:  # noqa: N802  (the name that CP-SAT calls)
        response: Any = self.Response()  # type: ignore[no-untyped-call]
        self._tell(_values(response.solution))


def _values(repeated: Any) -> np.ndarray:
    return np.fromiter(repeated, dtype=np.int64, count=len(repeated))


class Run:
    """One solve of one model.  `stop` may be called from any thread, before or during it.

    `on_solution` gets int64 (n_variables,); `on_bound` gets the proven lower bound of the
    minimised objective; `on_log` gets lines.  They are called from CP-SAT's threads, one at a
    time each, must not raise, and may still be called after `stop`.

    `nice` is by how much the thread of `solve`, and the workers that it starts, yield to others.
    """

    def __init__(
        self,
        model: Model,
        settings: Any,
        *,
        on_solution: Callable[[np.ndarray], None],
        on_bound: Callable[[int], None] | None = None,
        on_log: Callable[[str], None] | None = None,
        nice: int = 0,
    ) -> None:
        self._model, self._wrapper, self._nice = model, cp.SolveWrapper(), nice
        self._wrapper.set_parameters(settings)
        self._on_solution = _OnSolution(on_solution)
        self._wrapper.add_solution_callback(self._on_solution)
        if on_bound is not None:
            self._wrapper.add_best_bound_callback(lambda value: on_bound(_below(value)))
        if on_log is not None:
            self._wrapper.add_log_callback(on_log)

    def stop(self) -> None:
        """Ask the solve to end soon."""
        self._wrapper.stop_search()

    def solve(self) -> Answer:
        """Run to the end.

        Raises `SolverFailed` with CP-SAT's words when it refuses the model, `InvalidParams`
        when it refuses the settings.
        """
        if self._nice:
            # Of this thread alone, on Linux, and of those that it starts.
            os.nice(self._nice)
        try:
            response: Any = self._wrapper.solve(self._model.proto)  # type: ignore[no-untyped-call]
        finally:
            self._wrapper.clear_solution_callback(self._on_solution)
        status = _STATUS.get(response.status)
        if status is None:
            raise self._refusal(response)
        # Without a proof this field may be 0 for "unknown": then only `on_bound` tells bounds.
        proved = status is Status.OPTIMAL and self._model.proto.has_objective()
        bound = _below(float(response.best_objective_bound)) if proved else None
        pool = tuple(_values(one.values) for one in response.additional_solutions)
        return Answer(status, bound, pool, float(response.wall_time))

    def _refusal(self, response: Any) -> SolverhubError:
        if reason := cp.CpSatHelper.validate_model(self._model.proto):
            return SolverFailed(f"CP-SAT refused the model: {' '.join(reason.split())}")
        words = " ".join(response.solution_info.split()) or response.status.name
        return InvalidParams(f"CP-SAT refused its parameters: {words}")


_STATUS = {
    cp.CpSolverStatus.OPTIMAL: Status.OPTIMAL,
    cp.CpSolverStatus.FEASIBLE: Status.FEASIBLE,
    cp.CpSolverStatus.INFEASIBLE: Status.INFEASIBLE,
    cp.CpSolverStatus.UNKNOWN: Status.UNKNOWN,
}


def _below(value: float) -> int:
    """An integer no larger than the integer that CP-SAT rounded to this double."""
    if abs(value) < 2**53:
        return round(value)
    return int(np.nextafter(value, -np.inf))
