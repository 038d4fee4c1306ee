"""Integer programs by CP-SAT, in whole numbers (`reductions.ilp_to_integers`).

Rows over Booleans that say "at most one", "exactly one" or "at least one", of variables or
of their complements, are given in those forms, the others as linear rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Number, Reason, Result
from solverhub.engines.cp_sat import Model, version
from solverhub.exact.cp_sat_drive import CpSatParams, Encoding, drive
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
        """Solve within the budget; see `Solver.solve` and `cp_sat_drive`."""
        recorder = Recorder(budget, instance.sense, observe, integral=instance.integral)
        guide = begin(self.problem, instance, recorder, warm_start)
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
        if whole.contradiction:
            proved = whole.exact and recorder.solution is None
            reason = Reason.INFEASIBLE if proved else None
            return recorder.finish(None, reason=reason, engines={"ortools": version()})
        encoding = encode(instance, whole)
        if guide is not None and (point := whole.point(guide)) is not None:
            encoding.model.hint(point)
        return drive(self.problem, instance, encoding, recorder, params=params, seed=seed)


def encode(program: IntegerProgram, whole: WholeProgram) -> Encoding:
    """The CP-SAT model of a program in whole numbers."""
    model = Model()
    model.integers(whole.lower.tolist(), whole.upper.tolist())
    _add_rows(model, whole)
    costly = np.flatnonzero(whole.costs.coefficients)
    if costly.size:
        model.minimise(costly.tolist(), whole.costs.coefficients[costly].tolist())
    sign, offset = program.sense.sign, program.offset

    def bound(total: int) -> Number:
        below = sign * whole.costs.below(total)
        return below + (int(offset) if offset.is_integer() else offset)

    return Encoding(
        model=model, lift=whole.values, lower=whole.point, bound=bound, exact=whole.exact
    )


def _add_rows(model: Model, whole: WholeProgram) -> None:
    """Add each row in its tightest form; rows without sides are left out."""
    counts = np.diff(whole.indptr)
    forms = _forms(whole, counts)
    rows = np.repeat(np.arange(len(counts)), counts)
    positive = np.where(whole.coefficients > 0, whole.columns, -whole.columns - 1)

    def listed(chosen: np.ndarray, literals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        indptr = np.concatenate([[0], np.cumsum(counts[chosen])])
        return indptr, literals[chosen[rows]]

    model.at_most_one(*listed(forms["at most one"], positive))
    model.at_most_one(*listed(forms["at most one out"], -positive - 1))
    model.exactly_one(*listed(forms["exactly one"], positive))
    model.clauses(*listed(forms["at least one"], positive))
    model.clauses(*listed(forms["at least one out"], -positive - 1))
    other = ~np.logical_or.reduce(list(forms.values()))
    other &= ~(whole.no_lower & whole.no_upper)
    indptr, columns = listed(other, whole.columns)
    coefficients = whole.coefficients[other[rows]]
    model.linear(
        indptr,
        columns,
        coefficients,
        _sides(whole.row_lower, whole.no_lower, other),
        _sides(whole.row_upper, whole.no_upper, other),
    )


def _sides(side: np.ndarray, absent: np.ndarray, chosen: np.ndarray) -> list[int | None]:
    pairs = zip(side[chosen].tolist(), absent[chosen].tolist(), strict=True)
    return [None if missing else value for value, missing in pairs]


def _forms(whole: WholeProgram, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Rows, bool (m,), by the form that the count of their true literals has.

    With coefficients of one size a the row a (sum of x over P - sum of x over N) counts the
    true literals among x in P and not x in N, less |N|.
    """
    m, size = len(counts), np.abs(whole.coefficients)
    rows = np.repeat(np.arange(m), counts)
    unit = np.zeros(m, np.int64)
    np.maximum.at(unit, rows, size)
    boolean = (whole.lower == 0) & (whole.upper == 1)
    plain = counts > 0
    plain[rows[(size != unit[rows]) | ~boolean[whole.columns]]] = False
    unit = np.maximum(unit, 1)
    negative = np.bincount(rows[whole.coefficients < 0], minlength=m)
    least = np.where(whole.no_lower, 0, np.maximum(-(-whole.row_lower // unit) + negative, 0))
    most = np.where(whole.no_upper, counts, np.minimum(whole.row_upper // unit + negative, counts))
    no_least, no_most = least <= 0, most >= counts
    found = {
        "exactly one": plain & (least == 1) & (most == 1),
        "at most one": plain & no_least & (most == 1),
        "at least one": plain & (least == 1) & no_most,
        "at least one out": plain & no_least & (most == counts - 1),
        "at most one out": plain & (least == counts - 1) & no_most,
    }
    taken = np.zeros(m, bool)
    for rows_of_form in found.values():
        rows_of_form &= ~taken
        taken |= rows_of_form
    return found
