"""Why an integer program has no solution: few rows and bounds that contradict each other.

QuickXplain (U. Junker, QuickXplain: preferred explanations and relaxations for
over-constrained problems, AAAI 2004) halves the rows and bounds and asks, of ever smaller
sets, whether they are infeasible; k conflicting ones among n take O(k log(n/k)) solves.  The
solves run in one `Session` with costs of zero.  Where the relaxation is already infeasible,
the rows and columns of its Farkas ray are taken as the set to begin with.  Integrality is
never given up; `Conflict.integer` says whether it is needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck, Reason, Result
from solverhub.exact import ilp_point
from solverhub.exact.session import Session
from solverhub.problems.integer_program import IntegerProgram

Kind = Literal["row", "lower", "upper"]
_RAY = 1e-9


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One thing that can be given up: a row, or the lower or upper bound of a column."""

    kind: Kind
    index: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Parts that contradict each other, and what is known of them.

    - `minimal`: without any one of them the rest has a solution.
    - `integer`: the contradiction needs integrality too.
    - `check`: `certificate` where the judge proved the conflict, else `claimed`.
    """

    parts: tuple[Part, ...]
    minimal: bool
    integer: bool
    check: BoundCheck


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reason` is infeasible with a `conflict`, unbounded, feasible, or no solution where time ran
    out.

    `ray` float64 (n,) is what the judge accepts as proof of unboundedness, None without one.
    """

    reason: Reason
    conflict: Conflict | None = None
    ray: np.ndarray | None = None


def explain(program: IntegerProgram, budget: Budget, seed: int = 0) -> Explanation:
    """Find a conflict; when the budget ends the search, it is infeasible but not minimal."""
    search = _Search(program, budget, seed)
    with search.session:
        return search.run()


class _Search:
    def __init__(self, program: IntegerProgram, budget: Budget, seed: int) -> None:
        self.program, self.budget, self.seed = program, budget, seed
        self.session = Session(replace(program, c=np.zeros(program.n), offset=0.0))
        self.complete = True

    def run(self) -> Explanation:
        everything = _parts(self.program)
        self._relax(everything, integer=False)
        relaxed = self._solve()
        integer = relaxed.termination.reason is not Reason.INFEASIBLE
        if integer and self.program.integer.any():
            self._relax(everything, integer=True)
            whole = self._solve()
        else:
            whole = relaxed
        if whole.termination.reason is not Reason.INFEASIBLE:
            if whole.solution is None:
                return Explanation(Reason.NO_SOLUTION)
            return self._endless() or Explanation(Reason.FEASIBLE)
        self.integer = integer
        begin = everything if integer else self._of_ray(relaxed, everything)
        parts = self._explain([], [], begin)
        return Explanation(Reason.INFEASIBLE, self._conflict(parts))

    def _endless(self) -> Explanation | None:
        """That the objective has no end, if it has none."""
        if not ilp_point.may_be_unbounded(self.program):
            return None
        with Session(self.program) as session:
            result = session.solve(self.budget, seed=self.seed)
        if result.termination.reason is not Reason.UNBOUNDED:
            return None
        ray = (result.evidence or {}).get("ray")
        proved = result.bound_check is BoundCheck.CERTIFICATE
        return Explanation(Reason.UNBOUNDED, ray=ray if proved else None)

    def _explain(
        self, kept: Sequence[Part], added: Sequence[Part], parts: Sequence[Part]
    ) -> list[Part]:
        """A minimal subset of `parts` that conflicts together with `kept`.

        `added` are those of `kept` that are new since it was last found feasible.
        """
        if added and self._infeasible(kept):
            return []
        if len(parts) <= 1:
            return list(parts)
        half = len(parts) // 2
        first, second = parts[:half], parts[half:]
        right = self._explain([*kept, *first], first, second)
        left = self._explain([*kept, *right], right, first)
        return [*left, *right]

    def _infeasible(self, parts: Iterable[Part]) -> bool:
        """True if the parts alone are infeasible; unknown counts as feasible."""
        if self.budget.reached() is not None:
            self.complete = False
            return False
        self._relax(parts, integer=self.integer)
        reason = self._solve(self._share()).termination.reason
        self.complete &= reason is not Reason.NO_SOLUTION
        return reason is Reason.INFEASIBLE

    def _of_ray(self, result: Result, everything: list[Part]) -> list[Part]:
        """The parts that the Farkas ray speaks of, if they conflict; else everything."""
        ray = (result.evidence or {}).get("farkas")
        if ray is None:
            return everything
        rows = np.abs(ray) > _RAY * max(1e-300, float(np.abs(ray).max(initial=0.0)))
        cost = np.abs(self.program.A.T) @ np.where(rows, np.abs(ray), 0.0)
        columns = cost > 0
        chosen = [p for p in everything if (rows if p.kind == "row" else columns)[p.index]]
        return chosen if self._infeasible(chosen) else everything

    def _conflict(self, parts: list[Part]) -> Conflict:
        self._relax(parts, integer=self.integer)
        result = self._solve()
        sure = result.termination.reason is Reason.INFEASIBLE
        check = result.bound_check if sure else None
        return Conflict(
            tuple(sorted(parts)), self.complete, self.integer, check or BoundCheck.CLAIMED
        )

    def _relax(self, parts: Iterable[Part], *, integer: bool) -> None:
        """Leave only these parts in the session."""
        program = self.program
        kept: dict[str, np.ndarray] = {
            "row": np.zeros(program.m, bool),
            "lower": np.zeros(program.n, bool),
            "upper": np.zeros(program.n, bool),
        }
        for part in parts:
            kept[part.kind][part.index] = True
        self.session.set_row_bounds(
            np.arange(program.m),
            np.where(kept["row"], program.row_lower, -np.inf),
            np.where(kept["row"], program.row_upper, np.inf),
        )
        self.session.set_bounds(
            np.arange(program.n),
            np.where(kept["lower"], program.lower, -np.inf),
            np.where(kept["upper"], program.upper, np.inf),
        )
        columns = np.flatnonzero(program.integer)
        self.session.set_integer(columns, integer)

    def _share(self) -> Budget:
        """A tenth of the time left: without bounds a few integers can take for ever."""
        if self.budget.deadline is None:
            return self.budget
        return self.budget.replace(deadline=time.monotonic() + self.budget.remaining_s / 10)

    def _solve(self, budget: Budget | None = None) -> Result:
        return self.session.solve(budget or self.budget, seed=self.seed)


def _parts(program: IntegerProgram) -> list[Part]:
    """Everything that restricts: rows with a side, then finite bounds."""
    rows = np.isfinite(program.row_lower) | np.isfinite(program.row_upper)
    parts = [Part("row", int(i)) for i in np.flatnonzero(rows)]
    parts += [Part("lower", int(j)) for j in np.flatnonzero(np.isfinite(program.lower))]
    parts += [Part("upper", int(j)) for j in np.flatnonzero(np.isfinite(program.upper))]
    return parts
