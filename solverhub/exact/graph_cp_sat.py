"""CP-SAT for the graph families; importable where OR-Tools is not installed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result
from solverhub.exact.cp_sat_params import CpSatParams
from solverhub.exact.graph_start import graph_start, load
from solverhub.exact.warm_start import begin
from solverhub.problems.graph import Graph


class GraphCpSatSolver:
    """CP-SAT for independent set, clique, vertex cover, dominating set and maximum cut."""

    name: ClassVar[str] = "cp-sat"
    title: ClassVar[str] = "CP-SAT (OR-Tools) on clauses, cliques and edge Booleans"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("ortools",)
    Params: ClassVar[type[CpSatParams]] = CpSatParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Import the engine, and load the kernels of the start."""
        import solverhub.exact.cp_sat_drive
        import solverhub.exact.graph_cp_sat_model  # noqa: F401

        load(self.problem.name)

    def solve(
        self,
        instance: Graph,
        budget: Budget,
        *,
        params: CpSatParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`, `cp_sat_drive` and `graph_cp_sat_model`."""
        from solverhub.exact.cp_sat_drive import drive
        from solverhub.exact.graph_cp_sat_model import encode

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
        encoding = encode(problem, instance, recorder.solution)
        return drive(problem, instance, encoding, recorder, params=params, seed=seed)
