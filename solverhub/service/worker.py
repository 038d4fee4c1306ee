"""One run in its own process: reads the instance, has it solved, judges, renders.

The worker is forked by the supervisor, and forks the solver in turn (`local` with
`isolate`), so that it stays at hand with the instance while the solver is busy: whatever
the solver does, the worker can stop it, judge the newest incumbent and report.  It never
touches the store; what it finds goes to the supervisor, which holds the lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from solverhub import local, wire
from solverhub.core.budget import DEFAULT_GAP
from solverhub.core.errors import SolverhubError
from solverhub.core.events import Event
from solverhub.core.problem import Parsed
from solverhub.core.result import InstanceReference, Limit, Reason, Result, Sense, Termination
from solverhub.problems import judge
from solverhub.problems.reading import ReadLimits, read
from solverhub.routing.channel import Channel
from solverhub.routing.latest import Latest
from solverhub.routing.process import ProcessDied
from solverhub.service import answers, payload
from solverhub.service.answers import Answer
from solverhub.service.ending import Verdict
from solverhub.service.intake import cached_verdict, recall, verdict
from solverhub.service.run_queue import Claim
from solverhub.service.views import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker is given.

    `cached` answers the question as it is, `start` is a shorter run's answer to begin from.
    `wish` grows when some jobs leave the run and want what is known so far, which then
    comes as a `Verdict` in `known`.
    """

    claim: Claim
    place: Path | bytes
    limits: ReadLimits
    memory_bytes: int | None
    cached: Answer | None
    start: Answer | None
    wish: Latest
    known: Latest


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of a run: how its jobs end and what the cache keeps.

    `lost` says why where the machinery died under the solver, which is no word on the work.
    """

    verdict: Verdict | None
    answer: Answer | None = None
    lost: str | None = None


def work(channel: Channel, task: Task) -> Delivery:
    """Do the run; runs in the worker process."""
    orders = task.claim.request
    parsed = read(
        task.place,
        orders["problem"],
        name=orders["file_name"],
        signs=orders["signs"],
        symmetrise=orders.get("symmetrise", False),
        limits=task.limits,
    )
    if task.cached is not None:
        result = recall(task.cached, parsed, _gap(orders))
        if result is not None:
            return Delivery(cached_verdict(result))
    return _solve(channel, task, parsed)


def _solve(channel: Channel, task: Task, parsed: Parsed) -> Delivery:
    orders = task.claim.request
    start = _warm_start(task, parsed)
    watch = _Watch(channel, task, parsed)
    budget = wire.budget_from_wire(orders["budget"], cancel=watch)
    budget = budget.replace(memory_bytes=task.memory_bytes)
    channel.started(budget)
    try:
        result = local.solve_parsed(
            parsed,
            orders["solver"],
            budget,
            params=orders["params"],
            seed=orders["seed"],
            warm_start=start,
            observe=watch.observe,
            isolate=True,
            solved=channel.solved,
        )
    except ProcessDied as error:
        if _killed_by_others(error):
            return Delivery(None, lost=error.message)
        return Delivery(_failure(error, error.partial, parsed, orders))
    stopped = result.termination.limit is Limit.CANCELLED and channel.cancel.is_set()
    state = JobState.CANCELLED if stopped else JobState.FINISHED
    return Delivery(verdict(result, state), _answer(result, orders))


class _Watch:
    """The cancel flag of the solve, which is looked at every few milliseconds.

    Each look also serves jobs that leave the run: they get the newest incumbent, judged.
    """

    def __init__(self, channel: Channel, task: Task, parsed: Parsed) -> None:
        self._channel, self._task, self._parsed = channel, task, parsed
        self._best: Event | None = None
        self._wished = 0

    def is_set(self) -> bool:
        """True once no job wants the run any more."""
        wished = self._task.wish.sequence()
        if wished > self._wished:
            self._wished = wished
            self._task.known.put((self._known(),))
        return self._channel.cancel.is_set()

    def observe(self, event: Event) -> None:
        """Keep the newest incumbent here, and pass its numbers on."""
        if event.solution is not None:
            self._best = event
        self._channel.observe(replace(event, solution=None))

    def _known(self) -> Verdict:
        best = self._best
        found = Result(
            termination=Termination(
                Reason.FEASIBLE if best else Reason.NO_SOLUTION, Limit.CANCELLED
            ),
            solution=best.solution if best else None,
            objective=best.objective if best else None,
            wall_s=best.wall_s if best else 0.0,
            deterministic=False,
        )
        orders = self._task.claim.request
        judged = judge.verify(found, self._parsed, _gap(orders))
        return verdict(_labelled(judged, self._parsed, orders), JobState.CANCELLED)


def _failure(
    error: SolverhubError, partial: Result | None, parsed: Parsed, orders: Mapping[str, Any]
) -> Verdict:
    """Failed, with the best that the solver had found before it broke."""
    if partial is None:
        return Verdict(state=JobState.FAILED, error=error)
    return replace(verdict(_labelled(partial, parsed, orders), JobState.FAILED), error=error)


def _labelled(result: Result, parsed: Parsed, orders: Mapping[str, Any]) -> Result:
    reference = InstanceReference(orders["name"], orders["digest"])
    return replace(
        result,
        problem=parsed.problem.name,
        solver=orders["solver"],
        instance=reference,
        warnings=parsed.warnings,
        parsed=parsed,
    )


def _answer(result: Result, orders: Mapping[str, Any]) -> Answer | None:
    if orders["question"] is None or not answers.worth_keeping(result):
        return None
    return Answer(
        question=orders["question"],
        time_s=orders["budget"]["time_s"],
        settled=answers.settled(result),
        body=payload.pack(result),
    )


def _warm_start(task: Task, parsed: Parsed) -> np.ndarray | None:
    """The better of the caller's warm start and that of an earlier, shorter run."""
    given = local.warm_start_of(parsed, task.claim.request["warm_start"])
    earlier = None
    if task.start is not None:
        earlier = recall(task.start, parsed, _gap(task.claim.request))
    if earlier is None or earlier.solution is None or earlier.objective is None:
        return given
    problem, instance = parsed.problem, parsed.instance
    if given is None or problem.violations(instance, given):
        return earlier.solution
    sense: Sense = problem.sense(instance)
    worse = sense.better(earlier.objective, problem.objective(instance, given))
    return earlier.solution if worse else given


def _killed_by_others(error: ProcessDied) -> bool:
    """True if the process was told to die from outside, which says nothing about the solver."""
    return any(name in error.message for name in ("SIGKILL", "SIGTERM"))


def _gap(orders: Mapping[str, Any]) -> float:
    return float(orders["budget"].get("gap", DEFAULT_GAP))
