"""What the rules of routing look at: sizes and kinds of an instance, the budget, the solvers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed


@dataclass(frozen=True, slots=True)
class Features:
    """An instance and its budget as routing sees them.

    - `summary`: what `Problem.summary` gives.
    - `threads`: cores of the budget, `time_s`: seconds left to its deadline (inf without one).
    - `exclusive`: equal runs must give equal answers, so only one solver may run.
    - `structure`: an `ilp` may go to the search of the problem that its rows are.
    """

    problem: str
    summary: Mapping[str, Any]
    threads: int
    time_s: float = math.inf
    exclusive: bool = False
    structure: bool = True

    def __getitem__(self, name: str) -> Any:
        return self.summary[name]

    @property
    def linear(self) -> bool:
        """An `ilp` without integer columns."""
        return bool(self["binaries"] + self["integers"] == 0)

    @property
    def pure_integer(self) -> bool:
        """An `ilp` with integer columns alone (fixed ones aside)."""
        return bool(self["continuous"] == 0)

    @property
    def weight(self) -> int:
        """Numbers that hold the instance: what each further process has to copy or walk."""
        names = ("nonzeros", "variables", "edges", "vertices", "operations", "pairs", "triples")
        return sum(int(self.summary.get(name, 0)) for name in names)

    def rows_of(self, *kinds: str) -> float:
        """Share of the rows of an `ilp` that are of these kinds, 0 without rows."""
        found = sum(self["row_kinds"].get(kind, 0) for kind in kinds)
        return float(found / max(1, self["rows"]))


def features(parsed: Parsed, budget: Budget, *, structure: bool = True) -> Features:
    """Features of an instance and its budget; linear time."""
    return Features(
        problem=parsed.problem.name,
        summary=parsed.summary,
        threads=budget.threads,
        time_s=budget.remaining_s,
        exclusive=budget.deterministic,
        structure=structure,
    )


def usable(parsed: Parsed, name: str) -> bool:
    """True if the solver is installed and can serve the instance.

    A solver may have a method `serves(instance)` that says why it cannot.
    """
    problem = parsed.problem.name
    if name not in catalog.names(problem):
        return False
    try:
        if catalog.missing(catalog.solver_class(problem, name)):
            return False
    except ImportError:
        return False
    serves = getattr(catalog.solver(problem, name), "serves", None)
    return serves is None or serves(parsed.instance) is None
