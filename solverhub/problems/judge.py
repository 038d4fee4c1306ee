"""The last word on every answer: recompute what a solver claims, keep what holds.

The judge uses a problem's own `objective`, `violations`, `check_bound` and
`check_infeasible`, and nothing of any solver.  Its rules:

- A solution of the wrong kind, shape or dtype (a cast that loses nothing is made), with
  NaN or infinite entries, with broken constraints or without a finite objective is
  dropped: `verified` is False and `violations` says why.  Members of the pool that fail
  are dropped silently; a feasible member that is better than the solution, or stands
  where the solution failed, takes its place.
- The objective is the recomputed one, whatever was claimed.
- A bound that is not a finite number, or that a verified solution beats by more than
  1e-6 relative (exact data: by anything), is dropped; within that it is rounding and is
  clipped to the objective.  If every objective is an integer the bound is rounded to the
  next one.  `bound_check` is what `check_bound` makes of the evidence (after giving up
  1e-7 relative of the bound, or half the gap if that is less, where only that is proved),
  else `claimed`.  A merely claimed bound is not believed of a solver whose own solution is
  refused.
- `optimal` holds exactly when the gap is at most `gap`: a claim without a bound or with an
  open gap becomes `feasible`, and a closed gap makes a feasible answer optimal.
- `infeasible` is refuted by a verified solution; otherwise it stands, as `certificate`
  where `check_infeasible` accepts the evidence, else as `claimed`.  `unbounded` is refuted
  by a proved bound, otherwise it stands, as `certificate` where the problem has a
  `check_unbounded` that accepts the evidence (a verified solution is its `"point"`), else as
  `claimed`.  Neither keeps a bound.
- Points of the trace never pass the final objective or bound and never get worse again: such
  values are replaced by those before them.  Without a verified solution no point has an
  objective, without a bound none has a bound.
- A time that is no number becomes 0, and arrays of evidence with such entries are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.budget import DEFAULT_GAP
from solverhub.core.errors import InputError
from solverhub.core.problem import Parsed
from solverhub.core.result import (
    BoundCheck,
    Number,
    Reason,
    Result,
    Sense,
    Termination,
    TracePoint,
    Violation,
    relative_gap,
)

ROUNDING = 1e-6
"""Relative: how far floating point may carry a bound past an objective."""

PROOF_SLACK = 1e-7
"""Relative: how much of a bound may be given up to have the rest proved, if half the gap that
counts as optimal is not less."""

_MALFORMED = (InputError, ValueError, TypeError, KeyError, IndexError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class _Answer:
    solution: np.ndarray
    objective: Number


def verify(result: Result, parsed: Parsed, gap: float = DEFAULT_GAP) -> Result:
    """The same result with only what holds, by the rules above; `gap` is relative."""
    sense = parsed.problem.sense(parsed.instance)
    given: _Answer | None = None
    violations: tuple[Violation, ...] = ()
    if result.solution is not None:
        given, violations = _examine(parsed, result.solution)
    others = [_examine(parsed, member)[0] for member in result.pool]
    ranked = _ranked([given, *others], sense)
    best = ranked[0] if ranked else None
    refused = bool(violations) and best is None
    bound, check = _judge_bound(result, parsed, sense, best, refused, gap)
    reason = _reason(result.termination.reason, best, bound, check, gap)
    if reason in (Reason.INFEASIBLE, Reason.UNBOUNDED):
        bound, check = None, _check_outcome(reason, result, parsed, best)
        refused = False
    proved = reason not in (Reason.FEASIBLE, Reason.NO_SOLUTION)
    return replace(
        result,
        termination=Termination(reason, None if proved else result.termination.limit),
        solution=best.solution if best else None,
        objective=best.objective if best else None,
        bound=bound,
        bound_check=check,
        pool=tuple(answer.solution for answer in ranked[1:]),
        trace=_judge_trace(result.trace, sense, best.objective if best else None, bound),
        evidence=_finite_evidence(result.evidence),
        wall_s=result.wall_s if math.isfinite(result.wall_s) and result.wall_s >= 0 else 0.0,
        verified=True if best else False if refused else None,
        violations=violations if refused else (),
    )


def _examine(parsed: Parsed, solution: Any) -> tuple[_Answer | None, tuple[Violation, ...]]:
    """The solution in its proper dtype with its objective, or why it is refused."""
    problem, instance = parsed.problem, parsed.instance
    dtype, shape = problem.solution_form(instance)
    try:
        proper = _cast(solution, dtype, shape)
        violations = tuple(problem.violations(instance, proper))
        if violations:
            return None, violations
        objective = _finite(problem.objective(instance, proper))
    except (InputError, OverflowError) as error:
        return None, (Violation("form", 0.0, str(error)),)
    if objective is None:
        return None, (Violation("objective", 0.0, "the objective is not a finite number"),)
    return _Answer(proper, objective), ()


def _cast(solution: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(solution)
    if array.shape != shape:
        raise InputError(f"the solution has shape {array.shape}, not {shape}")
    if array.dtype.kind not in "biuf":
        raise InputError(f"the solution has dtype {array.dtype}, not {dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = np.unravel_index(int(np.argmin(np.isfinite(array))), shape)
        raise InputError(f"entry {tuple(map(int, place))} of the solution is not finite")
    with np.errstate(invalid="ignore"):
        proper = array.astype(dtype, copy=True)
    if not np.array_equal(proper, array):
        raise InputError(f"the solution has values that do not fit dtype {dtype}")
    return proper


def _ranked(answers: Iterable[_Answer | None], sense: Sense) -> list[_Answer]:
    """Distinct answers, best first; on a tie the earlier one leads."""
    distinct: dict[bytes, _Answer] = {}
    for answer in answers:
        if answer is not None:
            distinct.setdefault(answer.solution.tobytes(), answer)
    return sorted(distinct.values(), key=lambda answer: sense.sign * answer.objective)


def _finite(value: Any) -> Number | None:
    """A plain finite number, or None for anything else."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return None
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _beyond(value: Number, limit: Number) -> bool:
    """True if two different numbers differ by more than rounding; exact ones always do."""
    if isinstance(value, float) or isinstance(limit, float):
        return abs(float(value) - float(limit)) > ROUNDING * max(1.0, abs(float(limit)))
    return True


def _judge_bound(
    result: Result,
    parsed: Parsed,
    sense: Sense,
    best: _Answer | None,
    refused: bool,
    gap: float,
) -> tuple[Number | None, BoundCheck | None]:
    bound = _finite(result.bound)
    if bound is None:
        return None, None
    if best is not None and sense.better(best.objective, bound):
        if _beyond(bound, best.objective):
            return None, None
        bound = best.objective
    bound, check = _prove(result, parsed, sense, bound, gap)
    if check is None:
        if refused:
            return None, None
        check = BoundCheck.CLAIMED
    if parsed.problem.integral(parsed.instance):
        bound = _rounded(bound, sense)
        if best is not None and sense.better(best.objective, bound):
            return None, None
    return bound, check


def _prove(
    result: Result, parsed: Parsed, sense: Sense, bound: Number, gap: float
) -> tuple[Number, BoundCheck | None]:
    """The bound, or one a hair weaker, with the proof that the evidence gives it."""
    candidates = [bound]
    if isinstance(bound, float):
        slack = min(PROOF_SLACK * max(1.0, abs(bound)), gap / 2 * abs(bound))
        candidates.append(bound - sense.sign * slack)
    for candidate in candidates:
        try:
            check = parsed.problem.check_bound(parsed.instance, candidate, result.evidence)
        except _MALFORMED:
            return bound, None
        if check is not None:
            return candidate, check
    return bound, None


def _rounded(bound: Number, sense: Sense) -> Number:
    """The next integer that the bound implies when every objective is one."""
    margin = max(1e-6, 1e-12 * abs(bound)) if isinstance(bound, float) else 0
    if margin >= 0.5:
        return bound
    return math.ceil(bound - margin) if sense is Sense.MINIMISE else math.floor(bound + margin)


def _reason(
    claimed: Reason,
    best: _Answer | None,
    bound: Number | None,
    check: BoundCheck | None,
    gap: float,
) -> Reason:
    bounded = check in (BoundCheck.RECOMPUTED, BoundCheck.CERTIFICATE)
    if claimed is Reason.UNBOUNDED and not bounded:
        return Reason.UNBOUNDED
    if best is not None:
        found = relative_gap(best.objective, bound)
        return Reason.OPTIMAL if found is not None and found <= gap else Reason.FEASIBLE
    return Reason.INFEASIBLE if claimed is Reason.INFEASIBLE else Reason.NO_SOLUTION


def _check_outcome(
    reason: Reason, result: Result, parsed: Parsed, best: _Answer | None
) -> BoundCheck:
    evidence = result.evidence
    check: Any = parsed.problem.check_infeasible
    if reason is Reason.UNBOUNDED:
        check = getattr(parsed.problem, "check_unbounded", None)
        if check is None:
            return BoundCheck.CLAIMED
        if best is not None:
            evidence = {**(evidence or {}), "point": best.solution}
    try:
        proved = check(parsed.instance, evidence)
    except _MALFORMED:
        proved = False
    return BoundCheck.CERTIFICATE if proved else BoundCheck.CLAIMED


def _finite_evidence(evidence: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Without the arrays that have entries which no JSON form can carry."""
    if evidence is None:
        return None
    kept = {
        name: value
        for name, value in evidence.items()
        if not (isinstance(value, np.ndarray) and value.dtype.kind == "f")
        or bool(np.isfinite(value).all())
    }
    return kept or None


def _judge_trace(
    trace: Sequence[TracePoint], sense: Sense, best: Number | None, bound: Number | None
) -> tuple[TracePoint, ...]:
    opposite = Sense.MAXIMISE if sense is Sense.MINIMISE else Sense.MINIMISE
    judged: list[TracePoint] = []
    objectives = _Series(sense, best)
    bounds = _Series(opposite, bound)
    for point in trace:
        if math.isfinite(point.wall_s):
            wall_s = max(point.wall_s, judged[-1].wall_s if judged else 0.0)
            judged.append(
                TracePoint(wall_s, objectives.add(point.objective), bounds.add(point.bound))
            )
    return tuple(judged)


class _Series:
    """Values that only improve, towards `final` and not past it."""

    def __init__(self, sense: Sense, final: Number | None) -> None:
        self.sense, self.final = sense, final
        self.last: Number | None = None

    def add(self, given: Any) -> Number | None:
        """The value to show once `given` was reported."""
        value = _finite(given)
        if value is None or self.final is None:
            return self.last
        if self.sense.better(value, self.final):
            if _beyond(value, self.final):
                return self.last
            value = self.final
        if self.last is None or self.sense.better(value, self.last):
            self.last = value
        return self.last
