"""Metric nearness where shortest paths are the answer: distances that may only decrease, and the
largest change (linf).

Where x <= d is asked for, the lengths of shortest paths are the largest metric below d, and nearest
to it in every norm that grows with the change.

In the linf norm some metric is within t / w of d exactly if the closure of d + t / w is, which is
if no path is shorter than its pair:  d_uv - t / w_uv <= sum of d + t / w along any path.  So the
value is the largest

    (d_uv - d(P)) / (1 / w_uv + sum of 1 / w along P)   over pairs uv and paths P,

found by Dinkelbach's method (1967, doi:10.1287/mnsc.13.7.492): for t so far the shortest paths of
d + t / w, of which the best ratio is the next t.  Its cycle proves the value.

With bounds l <= x <= u it is the closure of min(d + t / w, u) that must not fall below
max(d - t / w, l).  What a cycle lacks of that is convex and decreasing in t, and a step of Newton's
method from the worst cycle is the next t.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Reason, Result, Sense
from solverhub.core.solver import Params
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
from solverhub.problems.metric_instance import MetricInstance

_ROUNDING = 1e-15


class MetricClosureSolver:
    """Shortest paths: distances that may only decrease, and the linf norm exactly."""

    name: ClassVar[str] = "metric-closure"
    title: ClassVar[str] = "Shortest paths, parametric for the largest change"
    guarantee: ClassVar[Guarantee] = Guarantee.EXACT
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: MetricInstance) -> str | None:
        """Why the instance is none of these, or None."""
        if instance.decrease_only or instance.norm == "linf":
            return None
        return f"shortest paths alone do not minimise the {instance.norm} norm"

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
        """Solve within the budget; see `Solver.solve`.  An iteration is a search for paths."""
        require(self, instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe)
        begin(self.problem, instance, recorder, warm_start)
        recorder.bound(0.0)
        with Crew(budget.threads) as crew:
            run = _Paths(self.problem, instance, recorder, crew)
            cycle = conflict(instance, run.oracle)
            if cycle is not None:
                return recorder.finish(None, reason=Reason.INFEASIBLE, evidence={"cycle": cycle})
            limit = run.go()
        return recorder.finish(limit, evidence=run.evidence)


class _Paths:
    """Closures of one instance."""

    def __init__(
        self, problem: Problem, instance: MetricInstance, recorder: Recorder, crew: Crew
    ) -> None:
        self.problem, self.instance, self.recorder = problem, instance, recorder
        self.oracle = oracle_of(instance, crew, self._stopped)
        self.part, self.kept = positive_part(instance)
        self.inner = oracle_of(self.part, crew, self._stopped)
        self.evidence: Mapping[str, Any] | None = None

    def go(self) -> Limit | None:
        """What the instance asks for."""
        if self.instance.decrease_only:
            return self.decrease()
        return self.newton() if self.instance.bounded else self.dinkelbach()

    def decrease(self) -> Limit | None:
        """The closure of the distances, or of upper bounds below them."""
        closed = None
        if self.recorder.limit() is None:
            closed = self.oracle.closure(np.minimum(self.instance.distances, self.instance.ceiling))
        if closed is not None:
            value = self.problem.objective(self.instance, closed)
            self.recorder.incumbent(value, closed)
            self.recorder.bound(value)
        return self.recorder.limit()

    def dinkelbach(self) -> Limit | None:
        """Raise t to the ratio of the worst path until none is left."""
        d, step = self.part.distances, 1.0 / self.part.pair_weights
        t, rounds = 0.0, 0
        while self.recorder.limit(rounds) is None and not self.recorder.proved():
            found = self.inner.beaten(d + t * step, d - t * step, _ROUNDING * self.part.largest)
            if self._stopped():
                break
            rounds += 1
            ratios = _ratios(found, d, step)
            worst = int(ratios.argmax()) if ratios.size else -1
            if worst < 0 or not ratios[worst] > t:
                self._close(d + t * step)
                break
            t = float(ratios[worst])
            if self.recorder.bound(t):
                self.evidence = self._cycle(found, worst)
            if rounds == 1:
                self._close(d + t * step)
        return self.recorder.limit(rounds)

    def newton(self) -> Limit | None:
        """Raise t until no cycle lacks anything between the bounds."""
        part, w = self.part, self.part.pair_weights
        d, floor, ceiling = part.distances, part.floor, np.maximum(part.floor, part.ceiling)
        t = float((w * np.abs(np.clip(d, floor, ceiling) - d)).max(initial=0.0))
        self.evidence = {name: np.zeros(0, np.int64) for name in ("cycles", "duals")}
        self.evidence["indptr"] = np.zeros(1, np.int64)
        self.recorder.bound(t)
        rounds = 0
        while self.recorder.limit(rounds) is None and not self.recorder.proved():
            reach = np.divide(t, w, out=np.full_like(w, np.inf), where=w > 0)
            lengths, limits = np.minimum(d + reach, ceiling), np.maximum(d - reach, floor)
            found = self.inner.beaten(lengths, np.minimum(limits, lengths), _ROUNDING * d.max())
            if self._stopped():
                break
            rounds += 1
            slopes = _slopes(found, w, d + reach < ceiling, d - reach > floor)
            steps = np.divide(found.excess, slopes, out=np.zeros_like(slopes), where=slopes > 0)
            worst = int(steps.argmax()) if steps.size else -1
            if worst < 0 or not t + steps[worst] > t:
                self._close(lengths)
                break
            t += float(steps[worst])
            if self.recorder.bound(t):
                self.evidence = self._cycle(found, worst)
            if rounds == 1:
                self._close(lengths)
        return self.recorder.limit(rounds)

    def _cycle(self, found: Found, row: int) -> dict[str, np.ndarray]:
        edges = found.edges[found.indptr[row] : found.indptr[row + 1]]
        indptr = np.array([0, edges.size])
        vertices = cycle_vertices(edges, indptr, *self.part.edge_index)
        return {"cycles": vertices, "indptr": indptr, "duals": np.ones(1)}

    def _close(self, lengths: np.ndarray) -> None:
        full = None
        if self.instance.bounded:
            x = self.instance.ceiling.copy()
            x[self.kept] = lengths
            full = within(self.instance, x, self.oracle)
        elif (closed := self.inner.closure(lengths)) is not None:
            full = extended(self.instance, self.kept, closed, self.oracle)
        if full is not None:
            self.recorder.incumbent(self.problem.objective(self.instance, full), full)

    def _stopped(self) -> bool:
        return self.recorder.limit() is not None


def _ratios(found: Found, d: np.ndarray, step: np.ndarray) -> np.ndarray:
    """What each cycle needs: (d of its edge less d of its path) / (sum of 1 / w)."""
    if found.excess.size == 0:
        return np.zeros(0)
    starts = found.indptr[:-1]
    saved = 2 * d[found.edges[starts]] - np.add.reduceat(d[found.edges], starts)
    return np.asarray(saved / np.add.reduceat(step[found.edges], starts))


def _slopes(found: Found, w: np.ndarray, rising: np.ndarray, falling: np.ndarray) -> np.ndarray:
    """How fast each cycle's lack falls with t: 1 / w of what still moves, float64 (c,)."""
    if found.excess.size == 0:
        return np.zeros(0)
    starts = found.indptr[:-1]
    step = np.divide(1.0, w, out=np.zeros_like(w), where=w > 0)
    along = np.where(rising, step, 0.0)[found.edges]
    along[starts] = np.where(falling, step, 0.0)[found.edges[starts]]
    return np.asarray(np.add.reduceat(along, starts))
