"""Metric nearness in the l1 norm: a linear program whose cycles are added as they are violated.

    minimise  sum of w (a + b),   x = d + a - b,   a, b >= 0,   x_e <= sum of x along paths

Bounds on distances are bounds on a and b.
A round solves the rows so far with HiGHS and adds, for each pair, its most violated triangle (in
a sparse instance its shortest path).  The row multipliers prove a bound that the judge recomputes,
the closure of x is an answer.  Rows that stay loose are dropped.  An iteration is a round.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Reason, Result, Sense
from solverhub.core.solver import Params
from solverhub.engines import highs
from solverhub.engines.highs import Model, Run
from solverhub.engines.ilp_answer import Answer
from solverhub.exact.engine_thread import EngineThread
from solverhub.exact.metric_pieces import (
    conflict,
    cycle_vertices,
    extended,
    positive_part,
    require,
    within,
)
from solverhub.exact.project_forget_oracle import Found, oracle_of
from solverhub.exact.warm_start import begin
from solverhub.ops.crew import Crew
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.metric_bound import dual_value
from solverhub.problems.metric_instance import MetricInstance

_TOLERANCE = 1e-9
_SLACK = 1e-3
"""A row that loose, relative to the largest distance, without a multiplier is dropped."""
_SETTINGS = {"presolve": "off", "solver": "simplex"}


class MetricCutsSolver:
    """Cutting planes for the l1 norm."""

    name: ClassVar[str] = "cycle-cuts"
    title: ClassVar[str] = "Cycle cuts on a linear program (HiGHS)"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("highspy",)
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: MetricInstance) -> str | None:
        """Why the instance has no such program, or None."""
        if instance.decrease_only:
            return "it does not hold distances down"
        return None if instance.norm == "l1" else f"the {instance.norm} norm is not linear in pairs"

    def solve(
        self,
        instance: MetricInstance,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        require(self, instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe)
        begin(self.problem, instance, recorder, warm_start)
        recorder.bound(0.0)
        with Crew(budget.threads) as crew:
            run = _Rounds(self.problem, instance, recorder, crew)
            cycle = conflict(instance, run.all_pairs)
            if cycle is not None:
                return recorder.finish(None, reason=Reason.INFEASIBLE, evidence={"cycle": cycle})
            limit = run.go()
        return recorder.finish(limit, evidence=run.evidence, engines={"highs": highs.version()})


class _Rounds:
    """The rounds of one solve, on distances divided by the largest."""

    def __init__(
        self, problem: Problem, instance: MetricInstance, recorder: Recorder, crew: Crew
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.part, self.kept = positive_part(instance)
        self.unit = self.part.largest or 1.0
        self.d, w = self.part.distances / self.unit, self.part.pair_weights
        self.oracle = oracle_of(self.part, crew, self._stopped)
        self.all_pairs = oracle_of(instance, crew, self._stopped)
        self.x = self.d.copy()
        self.edges, self.indptr = np.zeros(0, np.int32), np.zeros(1, np.int64)
        self.model = Model(_empty(np.append(w, w), *_changes(self.part, self.unit)))
        self.model.configure(_SETTINGS, {})
        self.evidence: dict[str, np.ndarray] | None = None

    def go(self) -> Limit | None:
        """Rounds until a limit, a proof, or nothing is violated."""
        rounds = 0
        self._close()
        while self.recorder.limit(rounds) is None and not self.recorder.proved():
            found = self.oracle.violated(self.x, _TOLERANCE)
            if self._stopped() or found.excess.size == 0:
                break
            self._add(found)
            answer = EngineThread[Answer]().watch(Run(self.model), self._stopped)
            if answer is None or answer.values is None or answer.row_dual is None:
                break
            rounds += 1
            m = self.d.size
            self.x = np.maximum(self.d + answer.values[:m] - answer.values[m:], 0.0)
            self._bound(np.maximum(-answer.row_dual, 0.0))
            self._close()
        return self.recorder.limit(rounds)

    def _add(self, found: Found) -> None:
        """The rows A (a - b) <= -A d, behind those that are kept."""
        starts = found.indptr[:-1]
        signs = np.full(found.edges.size, -1.0)
        signs[starts] = 1.0
        m, count = self.d.size, starts.size
        A = csr_array((signs, found.edges, found.indptr), shape=(count, m))
        right = -(A @ self.d)
        both = csr_array(_beside(A, m), shape=(count, 2 * m))
        self.model.add_rows(both, np.full(count, -np.inf), right)
        self.edges = np.concatenate([self.edges, found.edges])
        self.indptr = np.concatenate([self.indptr, self.indptr[-1] + found.indptr[1:]])

    def _bound(self, duals: np.ndarray) -> None:
        """What the multipliers prove; then drop the rows that are loose without one."""
        evidence = {
            "cycles": cycle_vertices(self.edges, self.indptr, *self.part.edge_index),
            "indptr": self.indptr,
            "duals": duals,
        }
        bound = dual_value(self.instance, evidence)
        if bound is not None and self.recorder.bound(bound):
            used = duals > 0
            kept = np.repeat(used, np.diff(self.indptr))
            self.evidence = {
                "cycles": evidence["cycles"][kept],
                "indptr": np.append(0, np.cumsum(np.diff(self.indptr)[used])),
                "duals": duals[used],
            }
        starts = self.indptr[:-1]
        slack = np.add.reduceat(self.x[self.edges], starts) - 2 * self.x[self.edges[starts]]
        loose = (slack > _SLACK) & (duals <= 0)
        if loose.any():
            self.model.delete_rows(np.flatnonzero(loose))
            lengths = np.diff(self.indptr)
            self.edges = self.edges[np.repeat(~loose, lengths)]
            self.indptr = np.append(0, np.cumsum(lengths[~loose]))

    def _close(self) -> None:
        full = None
        if self.instance.bounded:
            x = self.instance.ceiling.copy()
            x[self.kept] = self.x * self.unit
            full = within(self.instance, x, self.all_pairs)
        elif (closed := self.oracle.closure(self.x)) is not None:
            full = extended(self.instance, self.kept, closed * self.unit, self.all_pairs)
        if full is not None:
            self.recorder.incumbent(self.problem.objective(self.instance, full), full)

    def _stopped(self) -> bool:
        return self.recorder.limit() is not None


def _beside(A: csr_array, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Data, columns and row starts of [A, -A]."""
    lengths = np.diff(A.indptr)
    row = np.repeat(np.arange(lengths.size), lengths)
    order = np.argsort(np.append(row, row), kind="stable")
    data = np.append(A.data, -A.data)[order]
    columns = np.append(A.indices, A.indices + m)[order]
    return data, columns, 2 * A.indptr


def _changes(part: MetricInstance, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds on a and on b, one after the other, in units."""
    m = part.n_edges
    if not part.bounded:
        return np.zeros(2 * m), np.full(2 * m, np.inf)
    low, high = part.floor, np.maximum(part.floor, part.ceiling)
    up, down = part.distances - low, part.distances - high
    least, most = np.append(-up, down), np.append(-down, up)
    return np.maximum(least, 0.0) / unit, np.maximum(most, 0.0) / unit


def _empty(costs: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> IntegerProgram:
    """The program without rows."""
    n = costs.size
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=costs,
        offset=0.0,
        A=csr_array((0, n)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        lower=lower,
        upper=upper,
        integer=np.zeros(n, np.bool_),
    )
