"""Graph families by solvers of integer programs, through `reductions.graph_to_ilp`.

A quick first solution (`graph_start`) is lowered into the program as its warm start.  Every
incumbent is lifted back before it is recorded, and what others find is lowered for the
solver.  Objectives are the same on both sides, and so are target and gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.core.solver import Params
from solverhub.exact.graph_start import graph_start, load
from solverhub.exact.ilp_highs import HighsSolver
from solverhub.exact.ilp_scip import ScipSolver
from solverhub.exact.warm_start import begin
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.reductions.graph_to_ilp import reduce


class ReducedSolver:
    """What all of them share; `inner` solves the family `target`."""

    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    target: ClassVar[str] = "ilp"
    inner: ClassVar[Any]

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def reduced(self, instance: Graph, incumbent: np.ndarray | None) -> Any:
        """The reduction; a known solution may make its instance smaller."""
        return reduce(self.problem.name, instance, incumbent)

    def load(self) -> None:
        """Load the kernels of the start."""
        load(self.problem.name)

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        problem = self.problem
        integral = problem.integral(instance)
        recorder = Recorder(budget, problem.sense(instance), observe, integral=integral)
        begin(
            problem,
            instance,
            recorder,
            warm_start,
            lambda: graph_start(problem.name, instance),
        )
        if recorder.limit() is not None:
            return recorder.finish(recorder.limit())
        reduction = self.reduced(instance, recorder.solution)
        link = Link(problem, instance, reduction, recorder)
        start = None if recorder.solution is None else reduction.lower(recorder.solution)
        result = (
            type(self)
            .inner(families.get(self.target))
            .solve(
                reduction.instance,
                budget.replace(incoming=link.incoming),
                params=params,
                seed=seed,
                warm_start=start,
                observe=link.observe,
            )
        )
        return link.finish(result)


class ReducedHighsSolver(ReducedSolver):
    """HiGHS for the graph families."""

    name: ClassVar[str] = "highs"
    title: ClassVar[str] = "HiGHS on the integer program"
    requires: ClassVar[tuple[str, ...]] = ("highspy",)
    Params: ClassVar[type[Params]] = HighsSolver.Params
    inner = HighsSolver


class ReducedScipSolver(ReducedSolver):
    """SCIP for the graph families."""

    name: ClassVar[str] = "scip"
    title: ClassVar[str] = "SCIP on the integer program"
    requires: ClassVar[tuple[str, ...]] = ("pyscipopt",)
    Params: ClassVar[type[Params]] = ScipSolver.Params
    inner = ScipSolver


class Link:
    """Carries events and results between the graph and its program."""

    def __init__(self, problem: Problem, graph: Any, reduction: Any, recorder: Recorder) -> None:
        self.problem, self.graph = problem, graph
        self.reduction, self.recorder = reduction, recorder

    def observe(self, event: Event) -> None:
        if event.kind is EventKind.INCUMBENT and event.solution is not None:
            self._found(event.solution)
        elif event.kind is EventKind.BOUND and event.bound is not None:
            self.recorder.bound(self.reduction.bound(event.bound))
        elif event.message is not None:
            self.recorder.log(event.message, keep=True)

    def _found(self, values: np.ndarray) -> None:
        solution = self.reduction.lift(values)
        if not self.problem.violations(self.graph, solution):
            self.recorder.incumbent(self.problem.objective(self.graph, solution), solution)

    def incoming(self) -> Sequence[Event]:
        """Events of others in terms of the program; what has no place in it is dropped."""
        lowered = (self._lowered(event) for event in self.recorder.budget.incoming())
        return [event for event in lowered if event is not None]

    def _lowered(self, event: Event) -> Event | None:
        if event.kind is EventKind.BOUND:
            return event
        if event.kind is not EventKind.INCUMBENT or event.solution is None:
            return None
        values = self.reduction.lower(event.solution)
        if values is None:
            return None
        return Event(event.kind, event.wall_s, objective=event.objective, solution=values)

    def finish(self, result: Result, evidence: Mapping[str, Any] | None = None) -> Result:
        """The result in terms of the graph; every graph has a solution.

        `evidence` is that of a bound which the recorder had before.
        """
        if result.solution is not None:
            self._found(result.solution)
        if result.bound is not None:
            self.recorder.bound(self.reduction.bound(result.bound))
        return self.recorder.finish(
            result.termination.limit,
            evidence=evidence,
            pool=self._pool(result.pool),
            engines=result.engines,
            deterministic=result.deterministic,
        )

    def _pool(self, pool: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        best = self.recorder.solution
        lifted = [self.reduction.lift(values) for values in pool]
        distinct = {solution.tobytes(): solution for solution in lifted}
        if best is not None:
            distinct.pop(best.tobytes(), None)
        return tuple(distinct.values())
