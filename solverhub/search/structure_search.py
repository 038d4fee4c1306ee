"""`structure-search`: integer programs that are independent sets, vertex covers or set covers.

What `reductions.ilp_structure` sees in the rows goes to the search of that problem, and every
solution comes back as a point of the program: packings and vertex covers to `vertex-cover-search`,
set covers to the row-weighting search of `dominating-set-search`.  A step of the budget's
`iterations` is one of theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidSolution
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.problems import families
from solverhub.problems.integer_program import IntegerProgram
from solverhub.reductions.ilp_structure import Structure, objective_bound, structure_of
from solverhub.search.set_cover_search import search_set_cover, set_cover_kernel
from solverhub.search.subset_params import SubsetSearchParams
from solverhub.search.vertex_cover_search import VertexCoverSearchSolver


class StructureSearchSolver:
    """The search of the problem that a program's rows are."""

    name: ClassVar[str] = "structure-search"
    title: ClassVar[str] = "Graph and set searches for packing and covering programs"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[SubsetSearchParams]] = SubsetSearchParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: IntegerProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        found = structure_of(instance)
        return found if isinstance(found, str) else None

    def load(self) -> None:
        """Load the compiled kernels of both searches."""
        VertexCoverSearchSolver(families.get("maximum-independent-set")).load()
        few = Budget.start(iterations=64, threads=1, deterministic=True)
        self.solve(_small_cover(), few)

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: SubsetSearchParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        structure = structure_of(instance)
        if isinstance(structure, str):
            raise InvalidInstance(
                f"{self.name} cannot take this program: {structure}", remedy="choose auto"
            )
        recorder = Recorder(budget, instance.sense, observe, integral=instance.integral)
        run = _Run(self.problem, instance, structure, recorder, params or SubsetSearchParams())
        run.begin(warm_start)
        limit = recorder.limit()
        threads = 1 if budget.deterministic else budget.threads
        if limit is None:
            search = run.cover if structure.kind == "set-cover" else run.independent
            limit = search(threads, seed)
        return recorder.finish(limit, deterministic=threads == 1)


class _Run:
    """One solve: between the program and what its rows are."""

    def __init__(
        self,
        problem: Problem,
        program: IntegerProgram,
        structure: Structure,
        recorder: Recorder,
        params: SubsetSearchParams,
    ) -> None:
        self.problem, self.program = problem, program
        self.structure, self.recorder, self.params = structure, recorder, params

    def begin(self, warm_start: np.ndarray | None) -> None:
        """Record a warm start that is feasible; `InvalidSolution` for one of the wrong form."""
        if warm_start is None:
            return
        dtype, shape = self.problem.solution_form(self.program)
        found = getattr(warm_start, "dtype", None), getattr(warm_start, "shape", None)
        if found != (dtype, shape):
            raise InvalidSolution(
                f"the warm start is {found[0]} {found[1]}", remedy=f"give {dtype} {shape}"
            )
        if not self.problem.violations(self.program, warm_start):
            self._record(warm_start)

    def independent(self, threads: int, seed: int) -> Limit | None:
        """Search for independent sets."""
        graph, known = self.structure.graph(), self.recorder.solution
        budget = self.recorder.budget
        # Targets and gaps are those of the program, which the recorder watches.
        inner = budget.replace(
            threads=threads, target=None, gap=0.0, cancel=_Stop(self.recorder), incoming=self._heard
        )
        solver = VertexCoverSearchSolver(families.get("maximum-independent-set"))
        result = solver.solve(
            graph,
            inner,
            params=self.params,
            seed=seed,
            warm_start=None if known is None else self.structure.lower(known),
            observe=self._told,
        )
        if result.solution is not None:
            self.take(result.solution)
        limit = self.recorder.limit()
        return result.termination.limit if limit is None else limit

    def cover(self, threads: int, seed: int) -> Limit | None:
        """Search for set covers."""
        kernel = set_cover_kernel(self.structure.rows, self.structure.value)
        known = self.recorder.solution
        return search_set_cover(
            kernel,
            self.recorder,
            self.take,
            self.hear,
            None if known is None else self.structure.lower(known),
            threads=threads,
            seed=seed,
            patience_s=self.params.patience_s,
        )

    def take(self, chosen: np.ndarray) -> bool:
        """Record an independent set or cover; True if it is the best so far."""
        return self._record(self.structure.lift(chosen))

    def hear(self, event: Event) -> np.ndarray | None:
        """Take in what others found of the program; in terms of the structure, if it is better."""
        if event.kind is EventKind.BOUND and event.bound is not None:
            self.recorder.bound(event.bound)
        point = event.solution
        if event.kind is not EventKind.INCUMBENT or point is None:
            return None
        if self.problem.violations(self.program, point) or not self._record(point):
            return None
        return self.structure.lower(point)

    def _record(self, point: np.ndarray) -> bool:
        return self.recorder.incumbent(self.problem.objective(self.program, point), point)

    def _told(self, event: Event) -> None:
        if event.kind is EventKind.INCUMBENT and event.solution is not None:
            self.take(event.solution)
        elif event.kind is EventKind.BOUND and event.bound is not None:
            bound = float(event.bound)
            self.recorder.bound(objective_bound(self.structure, self.program, bound))

    def _heard(self) -> list[Event]:
        found = []
        for event in self.recorder.budget.incoming():
            chosen = self.hear(event)
            if chosen is not None:
                found.append(replace(event, objective=None, solution=chosen))
        return found


class _Stop:
    """Ends the search of the graph when the program's own recorder is done."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def is_set(self) -> bool:
        return self.recorder.proved() or self.recorder.limit() is not None


def _small_cover() -> IntegerProgram:
    from scipy.sparse import csr_array

    from solverhub.core.result import Sense

    n = 12
    rows = csr_array(np.eye(n) + np.roll(np.eye(n), 1, 1) + np.roll(np.eye(n), 5, 1))
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=1.0 + np.arange(n),
        A=rows,
        row_lower=np.ones(n),
        row_upper=np.full(n, np.inf),
        lower=np.zeros(n),
        upper=np.ones(n),
        integer=np.ones(n, bool),
    )
