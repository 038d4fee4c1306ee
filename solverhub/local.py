"""Solving in this process: route, run, judge, and say where the answer comes from.

    import solverhub

    result = solverhub.solve("instances/job-shop/ft06.jsp", time_limit=5)
    print(result.objective, result.termination.reason, result.answer)

A single solver runs in this process; the arms of a race, and with `isolate=True` a single
solver too, run in processes of their own, where deadline, memory limit and cancellation
hold whatever they do.  The time limit counts from the start of the solve: reading the
instance, loading solvers, starting processes where a fork is not possible, and judging come
on top.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from importlib import metadata
from typing import Any

import numpy as np

from solverhub import catalog
from solverhub.core.budget import DEFAULT_GAP, NEVER, Budget, CancelFlag
from solverhub.core.errors import InvalidParams, InvalidSolution, SolverFailed, SolverhubError
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Parsed
from solverhub.core.result import InstanceReference, Number, Provenance, Result
from solverhub.local_inputs import to_parsed
from solverhub.problems import judge
from solverhub.routing.arm import Entrant, Task, start
from solverhub.routing.process import ProcessDied
from solverhub.routing.race import race
from solverhub.routing.route import AUTO, Plan, load, route
from solverhub.routing.supervise import supervise

WarmStart = np.ndarray | Mapping[str, Any] | Result | None


def solve(
    x: Any,
    problem: str | None = None,
    solver: str = AUTO,
    *,
    time_limit: float | None = 10.0,
    iterations: int | None = None,
    target: Number | None = None,
    gap: float = DEFAULT_GAP,
    seed: int = 0,
    threads: int | None = None,
    device: str = "auto",
    memory_bytes: int | None = None,
    params: Mapping[str, Any] | None = None,
    warm_start: WarmStart = None,
    observe: Observer = ignore,
    cancel: CancelFlag | None = None,
    deterministic: bool = False,
    signs: bool = False,
    symmetrise: bool = False,
) -> Result:
    """Solve `x` and return the verified result.

    - `x`: a path, bytes or JSON form, an instance, a networkx graph, a PyTorch Geometric
      `Data`, a PuLP problem, an adjacency matrix; see `local_inputs.to_parsed`.
    - `problem`: name of the family, where `x` does not tell it.
    - `time_limit` in seconds (None: no limit), `threads` (None: all cores), `memory_bytes`
      in bytes (the solver then runs in a process of its own).
    - `warm_start`: a solution as an array in internal order or in JSON form, or an earlier
      result.
    - `observe` is called with each `Event`, from any thread; `cancel.is_set()` ends the solve.
    - `signs`: replace edge weights by their signs.  `symmetrise`: take the mean of both
      directions of a distance matrix.

    The first Ctrl-C ends the solve and returns the best answer so far, the second raises
    `KeyboardInterrupt`.  Raises `InputError` and its kinds for what the caller can mend,
    `SolverFailed` when the solver broke down.
    """
    parsed = to_parsed(x, problem, signs=signs, symmetrise=symmetrise)
    first = warm_start_of(parsed, warm_start)
    with interruptible(cancel or NEVER) as flag:
        limits = partial(
            Budget.start,
            time_limit,
            iterations=iterations,
            target=target,
            gap=gap,
            threads=threads,
            device=device,
            memory_bytes=memory_bytes,
            deterministic=deterministic,
            cancel=flag,
        )
        load(parsed, route(parsed, limits(), solver, params))
        return solve_parsed(
            parsed, solver, limits(), params=params, seed=seed, warm_start=first, observe=observe
        )


def solve_parsed(
    parsed: Parsed,
    solver: str = AUTO,
    budget: Budget | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    warm_start: np.ndarray | None = None,
    observe: Observer = ignore,
    isolate: bool = False,
    solved: Callable[[], None] | None = None,
) -> Result:
    """Route, run, judge; the budget's clock is running (None: no limit).

    - `warm_start`: in internal order.
    - `isolate`: run a single solver, too, in a process of its own; a memory limit implies it.
    - `solved` is called when the solver has returned and only judging is left, which a
      supervisor outside wants to know.

    A `SolverFailed` whose process died after it had found something has it, judged, as
    `partial`.
    """
    budget = budget or Budget.start()
    plan = route(parsed, budget, solver, params)
    entrants = [_entrant(parsed, arm.solver, arm.params, arm.threads) for arm in plan.arms]
    _require_device(entrants, budget)
    task = Task(parsed.instance, seed, warm_start)
    notes: Sequence[str] = ()
    try:
        if len(entrants) > 1:
            raced = race(entrants, parsed, task, budget, observe=observe)
            result, notes = raced.result, raced.notes
        elif isolate or budget.memory_bytes is not None:
            result = _apart(entrants[0], task, budget, observe)
        else:
            result = _here(entrants[0], task, budget, observe)
    except ProcessDied as error:
        if error.partial is not None:
            error.partial = judge.verify(error.partial, parsed, budget.gap)
        raise
    if solved is not None:
        solved()
    judged = judge.verify(_with_warm_start(result, parsed, warm_start), parsed, budget.gap)
    return replace(
        judged,
        problem=parsed.problem.name,
        solver=plan.name,
        instance=InstanceReference(parsed.name, parsed.problem.digest(parsed.instance)),
        provenance=_provenance(plan, entrants, judged, budget, seed, solver == AUTO, notes),
        warnings=parsed.warnings,
        parsed=parsed,
    )


def warm_start_of(parsed: Parsed, given: WarmStart) -> np.ndarray | None:
    """A warm start in internal order, from an array, a JSON form or an earlier result.

    Raises `InvalidSolution` where it does not have the form of the instance.
    """
    if isinstance(given, Result):
        given = given.solution
    if given is None:
        return None
    if isinstance(given, Mapping):
        wire = given["solution"] if isinstance(given.get("solution"), Mapping) else given
        return parsed.problem.solution_from_wire(parsed.instance, wire, parsed.naming)
    dtype, shape = parsed.problem.solution_form(parsed.instance)
    array = np.asarray(given)
    with np.errstate(invalid="ignore"):
        cast = array.astype(dtype) if array.dtype.kind in "biuf" else array
    if array.dtype.kind not in "biuf" or array.shape != shape or not np.array_equal(array, cast):
        raise InvalidSolution(
            f"the warm start is {array.dtype} {array.shape}", remedy=f"give {dtype} {shape}"
        )
    return cast


@contextmanager
def interruptible(cancel: CancelFlag = NEVER) -> Iterator[CancelFlag]:
    """A flag that is set by the first Ctrl-C as well as by `cancel`; the second one raises.

    Outside the main thread, or where the program has its own handler of SIGINT, it is
    `cancel` alone.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield cancel
        return
    flag = _Either(cancel)

    def interrupt(number: int, frame: Any) -> None:
        if flag.own:
            raise KeyboardInterrupt
        flag.own = True

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Either:
    def __init__(self, other: CancelFlag) -> None:
        self.own = False
        self._other = other

    def is_set(self) -> bool:
        return self.own or self._other.is_set()


def _entrant(parsed: Parsed, name: str, params: Mapping[str, Any], threads: int) -> Entrant:
    solver = catalog.solver(parsed.problem.name, name)
    return Entrant(solver, solver.Params.from_mapping(params), threads)


def _require_device(entrants: Sequence[Entrant], budget: Budget) -> None:
    if budget.device == "cuda" and not any("cuda" in e.solver.devices for e in entrants):
        names = " and ".join(entrant.name for entrant in entrants)
        raise InvalidParams(f"{names} cannot run on cuda", remedy="choose device auto or cpu")


def _here(entrant: Entrant, task: Task, budget: Budget, observe: Observer) -> Result:
    try:
        return entrant.solver.solve(
            task.instance,
            budget.replace(threads=entrant.threads),
            params=entrant.params,
            seed=task.seed,
            warm_start=task.warm_start,
            observe=observe,
        )
    except (SolverhubError, MemoryError):
        raise
    except Exception as error:
        raise SolverFailed(f"{entrant.name}: {type(error).__name__}: {error}") from error


def _apart(entrant: Entrant, task: Task, budget: Budget, observe: Observer) -> Result:
    (child,), budget = start([entrant], task, budget)

    def forward() -> None:
        for event in budget.incoming():
            child.offer(event)

    outcome = supervise(
        child,
        deadline=budget.deadline,
        memory_bytes=budget.memory_bytes,
        cancel=budget.cancel,
        observe=observe,
        tick=forward,
    )
    if outcome.error is not None:
        raise outcome.error
    if not isinstance(outcome.result, Result):
        raise SolverFailed(f"{entrant.name} returned {type(outcome.result).__name__}, no result")
    return outcome.result


def _with_warm_start(result: Result, parsed: Parsed, warm_start: np.ndarray | None) -> Result:
    """The result with the warm start in its pool where that is better than its solution.

    The judge then puts it in the place of the solution: no solve loses what it was given.
    """
    if warm_start is None or parsed.problem.violations(parsed.instance, warm_start):
        return result
    value = parsed.problem.objective(parsed.instance, warm_start)
    sense = parsed.problem.sense(parsed.instance)
    if result.objective is not None and not sense.better(value, result.objective):
        return result
    return replace(result, pool=(*result.pool, warm_start))


def _provenance(
    plan: Plan,
    entrants: Sequence[Entrant],
    result: Result,
    budget: Budget,
    seed: int,
    chosen: bool,
    notes: Sequence[str],
) -> Provenance:
    params = {entrant.name: entrant.params.to_mapping() for entrant in entrants}
    route = "; ".join((f"{plan.name}: {plan.why}", *notes)) if chosen else None
    return Provenance(
        version=_version(),
        engines=result.engines,
        params=params if len(entrants) > 1 else next(iter(params.values())),
        seed=seed,
        device="cuda" if budget.device == "cuda" else "cpu",
        threads=budget.threads if len(entrants) > 1 else entrants[0].threads,
        weights=result.weights,
        training=result.training,
        route=route,
        deterministic=result.deterministic,
    )


@cache
def _version() -> str:
    return metadata.version("solverhub")
