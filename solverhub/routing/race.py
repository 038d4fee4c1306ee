"""Several solvers on one instance at once, each in its process, helping one another.

Every incumbent that improves on the best of all is checked by the problem's own judge and
handed to the other arms, and so is every bound.  The race ends when the best incumbent
and the best bound meet within the gap, whichever arms they come from; when an arm proves
the instance infeasible or unbounded; when the target is reached; when all arms have
ended; or when the budget is spent.  An arm that crashes or is killed costs only itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solverhub.core.budget import Budget
from solverhub.core.errors import SolverhubError
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Parsed
from solverhub.core.result import Limit, Reason, Result
from solverhub.routing.arm import Entrant, Task, start
from solverhub.routing.process import Child, wait
from solverhub.routing.standing import VERDICTS, Standing
from solverhub.routing.supervise import MemoryGauge

_TICK_S = 0.02
_GRACE_S = 0.2
"""Less than the grace of a supervisor outside, so that a race can still report."""


@dataclass(frozen=True, slots=True)
class Raced:
    """Outcome of a race: the merged result, not yet judged, and what is worth telling of it."""

    result: Result
    notes: tuple[str, ...]


def race(
    entrants: Sequence[Entrant],
    parsed: Parsed,
    task: Task,
    budget: Budget,
    *,
    observe: Observer = ignore,
    fresh: bool | None = None,
) -> Raced:
    """Run the entrants, whose names differ, against each other within the budget.

    The result has the best checked incumbent, the best believed bound with the evidence of
    its arm, the trace of the whole, and the engines of all.  When every arm failed and
    nothing was found, the error of the first is raised.
    """
    children, budget = start(entrants, task, budget, fresh=fresh)
    try:
        arms = {e.name: child for e, child in zip(entrants, children, strict=True)}
        return _Race(arms, parsed, budget, observe).run()
    finally:
        for child in children:
            child.close()


class _Race:
    def __init__(
        self, arms: Mapping[str, Child], parsed: Parsed, budget: Budget, observe: Observer
    ) -> None:
        self.arms = arms
        self.budget = budget
        self.standing = Standing(parsed, budget, observe)
        self.gauge = MemoryGauge(list(arms.values()), budget.memory_bytes)
        self.results: dict[str, Result] = {}
        self.errors: dict[str, SolverhubError] = {}
        self.counted: set[str] = set()
        self.starved = False

    def run(self) -> Raced:
        limit: Limit | None = None
        while True:
            self._listen()
            if self.standing.settled or not self._running():
                break
            limit = self.standing.recorder.limit()
            if limit is not None:
                break
            self._watch_memory()
            wait(self._running().values(), min(_TICK_S, self.budget.remaining_s))
        self._wind_down(limit)
        if len(self.errors) == len(self.arms) and self.standing.recorder.objective is None:
            raise next(iter(self.errors.values()))
        return Raced(self._merged(limit), (*self._credits(), *self.standing.notes))

    def _running(self) -> dict[str, Child]:
        return {name: child for name, child in self.arms.items() if not child.ended}

    def _listen(self) -> None:
        for event in self.budget.incoming():
            self._hear(event.source or "outside", event)
        for name, child in self.arms.items():
            for event in child.pump():
                self._hear(name, event)
            if child.ended and name not in self.counted:
                self.counted.add(name)
                self._count(name, child)

    def _hear(self, source: str, event: Event) -> None:
        if event.kind is EventKind.LOG:
            self.standing.log(source, event.message or "")
        elif event.kind is EventKind.BOUND and event.bound is not None:
            if self.standing.bound(source, event.bound):
                self._offer(source, event)
        elif event.solution is not None and event.objective is not None:
            found = self.standing.solution(source, event.objective, event.solution)
            if found is not None:
                self._offer(source, replace(event, objective=found))

    def _offer(self, source: str, event: Event) -> None:
        for name, child in self._running().items():
            if name != source:
                child.offer(replace(event, source=source))

    def _count(self, name: str, child: Child) -> None:
        """Take in how an arm ended."""
        if child.error is not None:
            self.errors[name] = child.error
            self.standing.note(f"{name} failed ({child.error})")
        best = child.best()
        if best is not None and best.array is not None:
            event = Event(EventKind.INCUMBENT, best.head[1], best.head[0], solution=best.array)
            self._hear(name, event)
        if isinstance(child.result, Result):
            result = self.results[name] = child.result
            found = self.standing.absorb(name, result)
            if found is not None:
                event = Event(EventKind.INCUMBENT, result.wall_s, found, solution=result.solution)
                self._offer(name, event)

    def _watch_memory(self) -> None:
        largest = self.gauge.exceeded()
        for name, child in self._running().items():
            if child is largest:
                self.standing.note(f"{name} was stopped when the race outgrew its memory limit")
                self.starved = True
                child.kill()

    def _wind_down(self, limit: Limit | None) -> None:
        """Let the arms report what they have, unless one has proved all there is to know."""
        proved = any(
            result.termination.reason in (Reason.OPTIMAL, *VERDICTS)
            for result in self.results.values()
        )
        until = time.monotonic()
        if not (self.standing.settled and proved):
            until += _GRACE_S
        if limit is not Limit.TIME:
            for child in self._running().values():
                child.cancel()
        while self._running() and time.monotonic() < until:
            wait(self._running().values(), until - time.monotonic())
            self._listen()
        for child in self._running().values():
            child.kill()
        self._listen()

    def _merged(self, limit: Limit | None) -> Result:
        verdict = self.standing.verdict
        if limit is None and self.starved:
            limit = Limit.MEMORY
        limits = [result.termination.limit for result in self.results.values()]
        result = self.standing.recorder.finish(
            limit or next((each for each in limits if each), None),
            reason=verdict[0] if verdict else None,
            evidence=self._evidence([verdict[1]] if verdict else self.standing.bounders),
            engines={k: v for each in self.results.values() for k, v in each.engines.items()},
            deterministic=False,
        )
        return replace(
            result,
            pool=tuple(member for each in self.results.values() for member in each.pool),
            log=tuple(
                f"{name}: {line}" for name, each in self.results.items() for line in each.log
            ),
        )

    def _evidence(self, sources: Sequence[str]) -> Mapping[str, Any] | None:
        """The evidence that proves the bound, else any: an arm may only repeat another's bound."""
        results = [self.results[name] for name in sources if name in self.results]
        found = [result.evidence for result in results if result.evidence is not None]
        bound = self.standing.recorder.best_bound
        if bound is not None and len(found) > 1:
            problem, instance = self.standing.problem, self.standing.instance
            checked = (e for e in found if problem.check_bound(instance, bound, e) is not None)
            return next(checked, found[0])
        return next(iter(found), None)

    def _credits(self) -> list[str]:
        credits = []
        if self.standing.finder:
            credits.append(f"solution by {self.standing.finder}")
        if self.standing.recorder.best_bound is not None and self.standing.bounders:
            credits.append(f"bound by {' and '.join(self.standing.bounders)}")
        if (verdict := self.standing.verdict) is not None:
            credits.append(f"verdict by {verdict[1]}")
        return credits
