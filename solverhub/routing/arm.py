"""One solver at work in a process of its own: a race has several, an isolated solve one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub.core.budget import NEVER, Budget
from solverhub.core.result import Result
from solverhub.core.solver import Params, Solver
from solverhub.routing.channel import Channel
from solverhub.routing.process import Child, wait


@dataclass(frozen=True, slots=True)
class Entrant:
    """A solver ready to run: with its parameters and its share of the threads."""

    solver: Solver
    params: Params
    threads: int

    @property
    def name(self) -> str:
        """Name of the solver."""
        return self.solver.name


@dataclass(frozen=True, slots=True)
class Task:
    """What every entrant is given; `warm_start` in internal order."""

    instance: Any
    seed: int = 0
    warm_start: np.ndarray | None = None


def start(
    entrants: Sequence[Entrant],
    task: Task,
    budget: Budget,
    *,
    fresh: bool | None = None,
) -> tuple[list[Child], Budget]:
    """Start every entrant on the task, and give their processes and the budget they run on.

    They stay in the session of this process, so that whoever kills that reaches them.
    Where fresh interpreters are needed the clock starts anew once all of them are up, since
    a time limit counts from the start of the solve.
    """
    children = [Child(compete, name=e.name, session=False, fresh=fresh) for e in entrants]
    try:
        for child, entrant in zip(children, entrants, strict=True):
            child.prepare(entrant.solver, entrant.params, task)
        while not all(child.ready or child.ended for child in children):
            wait([child for child in children if not child.ready], 1.0)
            for child in children:
                child.pump()
        if any(child.fresh for child in children):
            budget = _restarted(budget)
        wanted = sum(entrant.threads for entrant in entrants)
        for child, entrant in zip(children, entrants, strict=True):
            threads = entrant.threads
            cores = max(1, threads - max(0, wanted - budget.threads))
            own = budget.replace(threads=threads, cores=cores, cancel=NEVER, incoming=tuple)
            child.start(own)
    except BaseException:
        for child in children:
            child.close()
        raise
    return children, budget


def compete(channel: Channel, solver: Solver, params: Params, task: Task, budget: Budget) -> Result:
    """What runs in the child: the solver, fed and cancelled through the channel."""
    return solver.solve(
        task.instance,
        channel.budget(budget),
        params=params,
        seed=task.seed,
        warm_start=task.warm_start,
        observe=channel.observe,
    )


def _restarted(budget: Budget) -> Budget:
    now = time.monotonic()
    limit = None if budget.deadline is None else now + (budget.deadline - budget.started)
    return budget.replace(started=now, deadline=limit)
