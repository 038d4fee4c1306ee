"""Correlation clustering by Project and Forget (Sonthalia and Gilbert, JMLR 23, 2022,
arXiv:2005.03853): the metric relaxation with a quadratic term, by projections on the cycles found.

    minimise  sum |w_e| (d_e + d_e^2 / (2 gamma)),   d(C) >= 1 for conflict cycles C,   0 <= d <= 1

is the paper's program in the disagreements d (of a positive edge its length, of a negative pair
1 less it), where a cycle inequality covers.  A round asks the oracle for violated cycles, projects
on all rows in turn with their multipliers (`ops.packing.project`, whose clipping to [0, 1] is the
projection on the box), and forgets the rows whose multiplier is 0.  The value of that program is no
bound; any multipliers z >= 0 prove

    constant + sum of min(0, c_e + (A'z)_e)  <=  optimum,

which the judge recomputes.  The point is rounded by balls, pivots and joins; what the best
clustering costs over the bound is its ratio a posteriori.

`sample` is the truly stochastic variant: a round adds at most so many cycles, from random vertices
or pairs, and the oracle is never asked for all.  `cycle-packing` moves the centre of the quadratic
term and adds stars, and so goes on to the linear program itself; this solver stays with the paper.
An iteration is a round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.conflict_program import ConflictProgram
from solverhub.exact.conflict_rounding import rounded
from solverhub.exact.incoming import adopt
from solverhub.exact.warm_start import begin
from solverhub.ops import packing
from solverhub.problems.cycle_bound import cycle_packing
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_form import Form
from solverhub.search.clustering_search import NO_CYCLES

_MOST_ROWS = 50_000
_TOLERANCE = 1e-2
_SWEEPS = 10
_WORK = 2_000_000
"""Entries of rows that one call visits, so that it returns in about 20 ms."""
_ROUND_EVERY = 5
_QUIET = 20
"""Rounds of a sample without a violated cycle after which it ends."""


@dataclass(frozen=True)
class ProjectForgetParams(Params):
    """Parameters of the projections.

    - `gamma`: the larger, the nearer to the linear program, and the slower.
    - `sample`: most cycles that a round adds; None asks for all violated ones.
    """

    gamma: float = 5.0
    sample: int | None = None

    def __post_init__(self) -> None:
        """Check ranges."""
        if not (math.isfinite(self.gamma) and self.gamma > 0):
            raise InvalidParams(f"gamma is {self.gamma}", remedy="give a positive number")
        if self.sample is not None and self.sample < 1:
            raise InvalidParams(f"sample is {self.sample}", remedy="give at least 1")


class ClusteringProjectForgetSolver:
    """Project and Forget on the metric relaxation of correlation clustering."""

    name: ClassVar[str] = "project-forget"
    title: ClassVar[str] = "Project and Forget on the metric relaxation, rounded"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = ProjectForgetParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: SignedGraph,
        budget: Budget,
        *,
        params: ProjectForgetParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        recorder = Recorder(
            budget, Sense.MINIMISE, observe, integral=self.problem.integral(instance)
        )
        recorder.bound(0)
        begin(self.problem, instance, recorder, warm_start)
        run = _Rounds(self.problem, instance, recorder, params, seed)
        limit = run.go()
        return recorder.finish(limit, evidence=run.evidence)


class _Rounds:
    """Oracle, projections, forgetting, and a clustering now and then."""

    def __init__(
        self,
        problem: Problem,
        instance: SignedGraph,
        recorder: Recorder,
        params: ProjectForgetParams,
        seed: int,
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.params, self.form = params, Form.of(instance)
        self.program = ConflictProgram(instance, seed, self._stopped)
        self.evidence: dict[str, np.ndarray] = NO_CYCLES
        self.rounds = 0

    def go(self) -> Limit | None:
        """Rounds until a limit, a proof, or all cycles found hold."""
        start = self.form.greedy()
        self._take(start)
        quiet = 0
        while not self._over():
            found = self.program.add_cycles(_TOLERANCE, self.params.sample or _MOST_ROWS)
            lack = self._project()
            self._bound()
            self.program.forget()
            self.rounds += 1
            quiet = 0 if found or lack > _TOLERANCE else quiet + 1
            if quiet >= (_QUIET if self.params.sample else 1):
                break
            if self.rounds % _ROUND_EVERY == 0:
                self._round()
            self._hear()
        if not self._over():
            self._round()
        self._tell()
        return self.recorder.limit(self.rounds)

    def _project(self) -> float:
        """Sweep over the rows; the largest lack in the last sweep."""
        program, rows = self.program, self.program.rows
        steps = self.params.gamma / program.cost
        load = packing.loads(rows.indptr, rows.columns, rows.duals, steps.size)
        point = steps * (load - program.cost)
        some, lack = int(np.clip(_WORK // max(1, rows.columns.size), 1, _SWEEPS)), 0.0
        for _ in range(0, _SWEEPS, some):
            lack = packing.project(*rows.arrays, rows.duals, point, steps, passes=some)
            if self._stopped():
                break
        program.x = np.clip(point, 0.0, 1.0)
        return lack

    def _bound(self) -> None:
        evidence = self.program.evidence(self.program.rows.duals)
        bound = cycle_packing(self.instance, evidence)
        if bound is not None and self.recorder.bound(bound):
            self.evidence = evidence

    def _round(self) -> None:
        for labels in rounded(self.program, self.form, self.program.rng):
            self._take(labels)

    def _take(self, labels: np.ndarray) -> None:
        self.recorder.incumbent(self.problem.objective(self.instance, labels), labels)

    def _tell(self) -> None:
        """The ratio a posteriori."""
        best, bound = self.recorder.objective, self.recorder.best_bound
        if best is not None and bound is not None and bound > 0:
            self.recorder.log(f"ratio a posteriori: {float(best) / float(bound):.4f}", keep=True)

    def _hear(self) -> None:
        if not self.recorder.budget.deterministic:
            for event in self.recorder.budget.incoming():
                adopt(self.problem, self.instance, self.recorder, event)

    def _over(self) -> bool:
        return self.recorder.limit(self.rounds) is not None or self.recorder.proved()

    def _stopped(self) -> bool:
        return self.recorder.limit() is not None
