"""A heuristic for quadratic programs with integer columns: ADMM, many starts, then a finish.

Rounds of starts go through `binary_splitting`, by turns the projected and (where every
column is binary) the Lp-box form, with several rho.  Half of the starts of a round are random
in the box, half lie between a random point and the incumbent.  A binary program's points are
finished by flips and swaps (`binary_polish`).  The integers of any other are fixed and the
continuous columns solved for (`integer_completion`), and every other round tries neighbours
of the incumbent instead, which differ from it by one in a column or two.

One iteration of the budget is a start.  No bound: the guarantee is heuristic.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result
from solverhub.core.solver import Params
from solverhub.exact.binary_form import DiscreteForm, discrete_form
from solverhub.exact.binary_polish import Polish
from solverhub.exact.binary_splitting import Splitting
from solverhub.exact.incoming import adopt
from solverhub.exact.integer_completion import completed
from solverhub.exact.warm_start import begin
from solverhub.problems.quadratic_program import QuadraticProgram

_RHO = (0.3, 1.0, 0.1, 3.0)
_REACH = 10.0
"""How far from 0 a start lies in a column without bounds."""


@dataclass(frozen=True)
class BinaryAdmmParams(Params):
    """How to split.

    - `form`: "projected", "lp-box" (binary programs alone), or "both" by turns.
    - `starts`: points that go through the splitting together in a round.
    - `steps`: of ADMM for each start.
    - `patience`: rounds in a row without a better solution after which it ends; 0 for never.
    """

    form: Literal["both", "projected", "lp-box"] = "both"
    starts: int = 8
    steps: int = 100
    patience: int = 100

    def __post_init__(self) -> None:
        if self.form not in ("both", "projected", "lp-box"):
            raise InvalidParams(f"form is {self.form!r}", remedy="one of both, projected, lp-box")
        for name in ("starts", "steps"):
            if getattr(self, name) < 1:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 1 or more")
        if self.patience < 0:
            raise InvalidParams(f"patience is {self.patience}", remedy="give 0 or more")


class BinaryAdmmSolver:
    """Multi-start ADMM with projection on the whole numbers; see the module."""

    name: ClassVar[str] = "binary-admm"
    title: ClassVar[str] = "ADMM on whole numbers"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("clarabel", "qdldl")
    Params: ClassVar[type[BinaryAdmmParams]] = BinaryAdmmParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: QuadraticProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        return None if instance.integer.any() else "no column is integer"

    def solve(
        self,
        instance: QuadraticProgram,
        budget: Budget,
        *,
        params: BinaryAdmmParams | None = None,
        seed: int = 0,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `core.solver.Solver` for errors."""
        why = self.serves(instance)
        if why is not None:
            raise InvalidInstance(
                f"{self.name} cannot take this program: {why}", remedy="choose interior-point"
            )
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, self.problem.sense(instance), observe, integral=integral)
        begin(self.problem, instance, recorder, warm_start)
        search = BinarySearch(self.problem, instance, recorder, params or BinaryAdmmParams(), seed)
        limit = search.run()
        return recorder.finish(limit, deterministic=budget.threads == 1 or budget.deterministic)


class BinarySearch:
    """The rounds of one solve; also the start of exact solvers."""

    def __init__(
        self,
        problem: Problem,
        program: QuadraticProgram,
        recorder: Recorder,
        params: BinaryAdmmParams,
        seed: int,
    ) -> None:
        self.problem, self.program, self.recorder = problem, program, recorder
        self.params, self.seed = params, seed
        self.form: DiscreteForm = discrete_form(program)
        mixed = abs(self.form.G) @ (~self.form.integer).astype(float)
        alone = np.flatnonzero(mixed == 0)
        self._whole_rows = self.form.G[alone], self.form.low[alone], self.form.high[alone]
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._known: set[bytes] = set()
        self._ended = False
        self._done = self._idle = 0

    def run(self, until: Callable[[], bool] = lambda: False) -> Limit | None:
        """Rounds until the budget, their number or `until` ends them; the limit reached."""
        if self.form.contradictory or self._limit() is not None:
            return self._limit()
        self._splitting = Splitting(self.form)
        self._polish = Polish(self.form) if self.form.binary else None
        stop = self._stopping(until)
        budget = self.recorder.budget
        others = 0 if budget.deterministic else budget.threads - 1
        threads = [threading.Thread(target=self._work, args=(stop,)) for _ in range(others)]
        for thread in threads:
            thread.start()
        try:
            self._work(stop)
        finally:
            for thread in threads:
                thread.join()
        return self._limit()

    def _limit(self) -> Limit | None:
        return self.recorder.limit(self._done)

    def _stopping(self, until: Callable[[], bool]) -> Callable[[], bool]:
        def stop() -> bool:
            if not self._ended:
                with self._lock:
                    for event in self.recorder.budget.incoming():
                        adopt(self.problem, self.program, self.recorder, event)
                    # Starts under way belong to the iterations that were allowed.
                    self._ended = self.recorder.limit() is not None or until()
            return self._ended

        return stop

    def _work(self, stop: Callable[[], bool]) -> None:
        while not stop():
            with self._lock:
                number = next(self._numbers)
            if not self._round(number, stop):
                return

    def _round(self, number: int, stop: Callable[[], bool]) -> bool:
        """One round of starts; False if there is none left to do."""
        count, allowed = self.params.starts, self.recorder.budget.iterations
        if allowed is not None:
            count = min(count, allowed - number * count)
        if count <= 0 or (self.params.patience and self._idle >= self.params.patience):
            return False
        rng = np.random.default_rng([self.seed, number])
        reached = self._split(number, self._starts(rng, count), stop)
        if self._polish is not None:
            self._finish_binary(reached, rng, stop)
        else:
            self._finish_mixed(reached, stop)
        with self._lock:
            self._done += count
            self._idle += 1
        return True

    def _starts(self, rng: np.random.Generator, count: int) -> np.ndarray:
        form = self.form
        low = np.where(np.isfinite(form.lower), form.lower, np.minimum(form.upper, 0.0) - _REACH)
        high = np.where(np.isfinite(form.upper), form.upper, np.maximum(form.lower, 0.0) + _REACH)
        low, high = np.minimum(low, form.upper), np.maximum(high, form.lower)
        starts = low[:, None] + (high - low)[:, None] * rng.random((form.n, count))
        best = self.recorder.solution
        if best is not None:
            share = rng.random(count // 2)
            starts[:, : count // 2] += share * (best[:, None] - starts[:, : count // 2])
        return np.asarray(starts)

    def _split(self, number: int, starts: np.ndarray, stop: Callable[[], bool]) -> np.ndarray:
        best, odd = self.recorder.solution, number % 2 == 1
        if not self.form.binary and odd and best is not None:
            return self._neighbours(best, np.random.default_rng([self.seed, number, 1]), starts)
        both = self.params.form == "both" and odd
        if self.form.binary and (both or self.params.form == "lp-box"):
            return self._splitting.lp_box(starts, self.params.steps, stop)
        rho = _RHO[number // 2 % len(_RHO)]
        return self._splitting.projected(starts, rho, self.params.steps, stop)

    def _neighbours(
        self, best: np.ndarray, rng: np.random.Generator, starts: np.ndarray
    ) -> np.ndarray:
        """The incumbent with one whole number up, one down, or both."""
        form, whole = self.form, np.flatnonzero(self.form.integer)
        points = np.repeat(best[:, None], starts.shape[1], axis=1)
        for at in range(points.shape[1]):
            for step in ([1.0, -1.0], [1.0, -1.0], [1.0], [-1.0])[rng.integers(4)]:
                room = form.upper - best if step > 0 else best - form.lower
                movable = whole[room[whole] >= 1.0]
                if movable.size:
                    points[movable[rng.integers(movable.size)], at] += step
        return form.project(points)

    def _finish_binary(
        self, reached: np.ndarray, rng: np.random.Generator, stop: Callable[[], bool]
    ) -> None:
        assert self._polish is not None
        for point in self._fresh(reached):
            found = self._polish.improve(point, int(rng.integers(2**31)), stop)
            if found is not None:
                self._take(found)

    def _finish_mixed(self, reached: np.ndarray, stop: Callable[[], bool]) -> None:
        for point in self._fresh(reached):
            if stop():
                return
            if not self._whole_rows_hold(point):
                continue
            found = completed(self.problem, self.program, point, self.recorder.budget)
            if found is not None:
                self._take(found)

    def _fresh(self, reached: np.ndarray) -> list[np.ndarray]:
        """Points whose whole numbers have not been seen, best first."""
        order = np.argsort(self._splitting.merit(reached), kind="stable")
        points = []
        for at in order:
            key = reached[self.form.integer, at].tobytes()
            with self._lock:
                if key in self._known:
                    continue
                self._known.add(key)
            points.append(np.ascontiguousarray(reached[:, at]))
        return points

    def _whole_rows_hold(self, point: np.ndarray) -> bool:
        """False if a row of integer columns alone is broken, which no completion mends."""
        rows, low, high = self._whole_rows
        activity = rows @ point
        slack = 1e-6 * (1.0 + np.abs(activity))
        return bool(((activity >= low - slack) & (activity <= high + slack)).all())

    def _take(self, point: np.ndarray) -> None:
        if self.problem.violations(self.program, point):
            return
        objective = self.problem.objective(self.program, point)
        with self._lock:
            if self.recorder.incumbent(objective, point):
                self._idle = 0
