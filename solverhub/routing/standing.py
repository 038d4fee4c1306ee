"""What is known of an instance while several solvers work on it, and whom to believe.

A solution counts once the problem's own judge finds it feasible.  A checked solution
outweighs any claim: a solver whose bound it beats, or that calls the instance infeasible
in spite of it, is not believed from then on, and its bounds no longer count.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InputError
from solverhub.core.events import Observer
from solverhub.core.problem import Parsed
from solverhub.core.recorder import Recorder
from solverhub.core.result import Number, Reason, Result
from solverhub.problems.judge import ROUNDING

VERDICTS = (Reason.INFEASIBLE, Reason.UNBOUNDED)


class Standing:
    """Best checked incumbent, best believed bound, and verdicts, each with its source.

    `observe` gets each improvement with the name of its source.
    """

    def __init__(self, parsed: Parsed, budget: Budget, observe: Observer) -> None:
        self.problem, self.instance = parsed.problem, parsed.instance
        self.sense = self.problem.sense(self.instance)
        self.finder: str | None = None
        self.verdicts: dict[str, Reason] = {}
        self.notes: list[str] = []
        self._bounds: dict[str, Number] = {}
        self._disbelieved: set[str] = set()
        self._speaker: str | None = None
        self.recorder = Recorder(
            budget,
            self.sense,
            lambda event: observe(replace(event, source=self._speaker)),
            integral=self.problem.integral(self.instance),
        )

    def solution(self, source: str, claimed: Number, solution: np.ndarray) -> Number | None:
        """Take a solution in; its objective if it is feasible and the best so far, else None."""
        best = self.recorder.objective
        if best is not None and not self.sense.better(claimed, best):
            return None
        fault = self._fault(solution)
        if fault is not None:
            self.note(f"a solution of {source} was refused ({fault})")
            return None
        objective = self.problem.objective(self.instance, solution)
        self._speaker = source
        if not self.recorder.incumbent(objective, solution):
            return None
        self.finder = source
        for other in [*self._bounds, *self.verdicts]:
            self._reconsider(other)
        return objective

    def bound(self, source: str, value: Number) -> bool:
        """Take a bound in; True if it is believed and the tightest so far."""
        self._bounds[source] = value
        self._reconsider(source)
        self._speaker = source
        return source not in self._disbelieved and self.recorder.bound(value)

    def claim(self, source: str, reason: Reason) -> None:
        """Take in that a solver calls the instance infeasible or unbounded."""
        self.verdicts[source] = reason
        self._reconsider(source)

    def log(self, source: str, line: str) -> None:
        """Pass a line of a solver's log on."""
        self._speaker = source
        self.recorder.log(line)

    def note(self, text: str) -> None:
        """Keep what is worth telling of the race, each thing once."""
        if text not in self.notes:
            self.notes.append(text)

    @property
    def verdict(self) -> tuple[Reason, str] | None:
        """What is believed of the instance as a whole and who says so, or None."""
        return next(((reason, source) for source, reason in self.verdicts.items()), None)

    @property
    def settled(self) -> bool:
        """True if nothing is left to find out within the gap."""
        return bool(self.verdicts) or self.recorder.proved()

    @property
    def bounders(self) -> list[str]:
        """Sources of the best bound."""
        best = self.recorder.best_bound
        return [
            source
            for source, value in self._bounds.items()
            if value == best and source not in self._disbelieved
        ]

    def absorb(self, source: str, result: Result) -> Number | None:
        """Take in a whole result, unjudged; the objective if it has the best solution so far."""
        found = None
        if result.solution is not None and result.objective is not None:
            found = self.solution(source, result.objective, result.solution)
        if result.termination.reason in VERDICTS:
            self.claim(source, result.termination.reason)
        elif result.bound is not None:
            self.bound(source, result.bound)
        return found

    def _fault(self, solution: np.ndarray) -> str | None:
        try:
            broken = self.problem.violations(self.instance, solution)
        except InputError as error:
            return str(error)
        return broken[0].message if broken else None

    def _reconsider(self, source: str) -> None:
        best = self.recorder.objective
        if best is None or source in self._disbelieved:
            return
        bound = self._bounds.get(source)
        if self.verdicts.get(source) is Reason.INFEASIBLE:
            self._disbelieve(source, "it called the instance infeasible")
        elif bound is not None and self.sense.better(best, bound) and _apart(best, bound):
            self._disbelieve(source, f"its bound was {float(bound):g}")

    def _disbelieve(self, source: str, why: str) -> None:
        self.note(
            f"{source} was contradicted: {why}, "
            f"and {self.finder} has a checked solution of value {self.recorder.objective}"
        )
        self._disbelieved.add(source)
        self.verdicts.pop(source, None)
        kept = [v for other, v in self._bounds.items() if other not in self._disbelieved]
        tightest = max if self.sense.sign > 0 else min
        self.recorder.best_bound = tightest(kept) if kept else None


def _apart(best: Number, bound: Number) -> bool:
    """True if the two differ by more than rounding."""
    return abs(float(best - bound)) > ROUNDING * max(1.0, abs(float(best)))
