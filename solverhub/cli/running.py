"""One solve as the user asked for it, in a process that can be stopped whatever it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from solverhub import catalog, local, wire
from solverhub.cli.asking import Ask
from solverhub.core.budget import NEVER, CancelFlag
from solverhub.core.errors import InvalidSolution
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Parsed
from solverhub.core.result import InstanceReference, Result
from solverhub.problems import reading
from solverhub.problems.json_text import parse_json
from solverhub.routing.process import ProcessDied
from solverhub.routing.route import AUTO, load, route


def read(path: Path, ask: Ask) -> Parsed:
    """The instance of a file, read as the user asks."""
    return reading.read(path, ask.problem, signs=ask.signs, symmetrise=ask.symmetrise)


def read_warm_start(path: Path, parsed: Parsed) -> Any:
    """The array of a saved result, or of a solution in JSON form."""
    found = parse_json(path.read_bytes(), file=str(path))
    if not isinstance(found, dict) or found.get("solution", found) is None:
        raise InvalidSolution(
            f"{path} has no solution", remedy="give a saved result or a solution in JSON form"
        )
    try:
        return local.warm_start_of(parsed, found)
    except InvalidSolution as error:
        raise InvalidSolution(f"{path}: {error.message}", remedy=error.remedy) from error


def with_log(ask: Ask, parsed: Parsed) -> Ask:
    """The same, asking for the engine's log of every solver that has one to give."""
    names = [ask.solver] if ask.solver != AUTO else catalog.available(parsed.problem.name)
    kinds = [catalog.solver_class(parsed.problem.name, name).Params for name in names]
    knows = any(field.name == "log" for kind in kinds for field in fields(kind))
    return replace(ask, params={"log": "true", **ask.params}) if knows else ask


def run(
    parsed: Parsed,
    ask: Ask,
    *,
    warm_start: Any = None,
    observe: Observer = ignore,
    cancel: CancelFlag = NEVER,
    tick: Callable[[], None] = lambda: None,
    warn: Callable[[str], None] = lambda text: None,
) -> Result:
    """Solve and judge.  `tick` is called some fifty times a second while the solver runs.

    The solvers are loaded before the clock starts.  If the process dies after it had found
    a feasible solution, that is the answer and `warn` is told; else `ProcessDied` is raised.
    """
    plan = route(parsed, wire.budget_from_wire(ask.budget), ask.solver, ask.params)
    load(parsed, plan)
    budget = wire.budget_from_wire(ask.budget, cancel=_Polled(cancel, tick))
    try:
        return local.solve_parsed(
            parsed,
            ask.solver,
            budget,
            params=ask.params,
            seed=ask.seed,
            warm_start=warm_start,
            observe=observe,
            isolate=True,
        )
    except ProcessDied as error:
        if error.partial is None or error.partial.solution is None:
            raise
        warn(f"warning: {error}")
        return replace(
            error.partial,
            problem=parsed.problem.name,
            solver=ask.solver,
            instance=InstanceReference(parsed.name, parsed.problem.digest(parsed.instance)),
            parsed=parsed,
        )


class _Polled:
    """A cancel flag that is looked at all the time while a solve is supervised."""

    def __init__(self, flag: CancelFlag, tick: Callable[[], None]) -> None:
        self._flag, self._tick = flag, tick

    def is_set(self) -> bool:
        self._tick()
        return self._flag.is_set()
