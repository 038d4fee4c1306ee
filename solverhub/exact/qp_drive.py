"""Drive engines of convex programs through one solve, and believe none of them.

Whatever an engine calls its point, the pair of point and multipliers is measured on the
program as it was given (`problems.qp_residuals`), and that alone makes it optimal.
"Infeasible" and "unbounded" count when the engine's certificate proves it on the original
data (`problems.qp_certificates`), "unbounded" with a feasible point besides.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Literal

import numpy as np
from scipy.sparse import csc_matrix

from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Reason, Result, relative_gap
from solverhub.core.solver import Params
from solverhub.engines.qp_answer import QpAnswer, QpForm, Status
from solverhub.exact.engine_thread import EngineRun, EngineThread
from solverhub.exact.qp_descent import better_point
from solverhub.exact.qp_form import Conversion, convert
from solverhub.problems.qp_certificates import proves_no_point, proves_ray
from solverhub.problems.qp_residuals import Residuals, residuals
from solverhub.problems.quadratic_program import QuadraticProgram

MakeRun = Callable[[QpForm], EngineRun[QpAnswer]]

_DOUBT = 100
"""Times `eps`, relative: a step that lowers the objective by more refutes a claimed optimum."""


@dataclass(frozen=True)
class QpParams(Params):
    """What to reach.

    `eps`, `criterion`: the largest of the primal, dual and gap residual of the original
    program at which a pair counts as optimal.
    """

    eps: float = 1e-6
    criterion: Literal["relative", "absolute"] = "relative"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.eps) and self.eps > 0):
            raise InvalidParams(f"eps is {self.eps}", remedy="give a positive finite number")
        if self.criterion not in ("relative", "absolute"):
            raise InvalidParams(
                f"criterion is {self.criterion!r}", remedy="one of relative, absolute"
            )


@dataclass(frozen=True)
class QpEngineParams(QpParams):
    """The same, and `native`: the engine's own settings, which override what is set here."""

    native: Mapping[str, Any] = field(default_factory=dict)


def refusal(program: QuadraticProgram) -> str | None:
    """Why a solver of continuous programs cannot take this one, or None."""
    if program.integer.any():
        return f"{int(program.integer.sum())} columns are integer"
    return None


def require_continuous(program: QuadraticProgram, name: str) -> None:
    """Raise `InvalidInstance` for a program with integer columns."""
    why = refusal(program)
    if why is not None:
        raise InvalidInstance(f"{name} cannot take this program: {why}", remedy="choose scip")


@dataclass(frozen=True, eq=False)
class Pair:
    """A point float64 (n,), multipliers float64 (m,), and what they come to."""

    x: np.ndarray
    y: np.ndarray
    residuals: Residuals


class QpDrive:
    """One solve of a program: `attempt` runs until one says that nothing is left to ask."""

    def __init__(
        self, problem: Problem, program: QuadraticProgram, recorder: Recorder, params: QpParams
    ) -> None:
        self.problem, self.program = problem, program
        self.recorder, self.params = recorder, params
        self.conversion: Conversion = convert(program)
        self.best: Pair | None = None
        self.verdict: tuple[Reason, Mapping[str, Any] | None] | None = None
        self.limit: Limit | None = None
        self.iterations = 0
        self._settle_at_once()

    @property
    def form(self) -> QpForm:
        """What the engines are given."""
        return self.conversion.form

    @property
    def done(self) -> bool:
        """True if the criterion is met, a verdict stands or a limit is reached."""
        return self.verdict is not None or self.met or self.stopped()

    @property
    def met(self) -> bool:
        """True if the best pair meets the criterion."""
        return self.best is not None and self._size(self.best) <= self.params.eps

    def stopped(self) -> bool:
        """True once a limit of the budget is reached."""
        return self.recorder.limit(self.iterations) is not None

    def remaining_iterations(self) -> int | None:
        """How many iterations the budget leaves, None for any number."""
        allowed = self.recorder.budget.iterations
        return None if allowed is None else max(0, allowed - self.iterations)

    def attempt(self, make: MakeRun, *, until: Callable[[], bool] = lambda: False) -> bool:
        """Run an engine, until the budget or `until` ends it; `done` afterwards."""
        if self.done:
            return True
        answer = self._run(make(self.form), until)
        if answer is not None:
            self._count(answer, make)
        return self.done

    def attempt_together(self, makes: Sequence[MakeRun]) -> bool:
        """Run engines at once, each in its thread, until one leaves nothing to ask."""
        if self.done:
            return True
        ended = threading.Event()
        answers: SimpleQueue[tuple[MakeRun, QpAnswer | Exception | None]] = SimpleQueue()

        def watch(make: MakeRun) -> None:
            try:
                answers.put((make, self._run(make(self.form), ended.is_set)))
            except Exception as error:
                answers.put((make, error))

        threads = [threading.Thread(target=watch, args=(make,), daemon=True) for make in makes]
        for thread in threads:
            thread.start()
        failures = []
        for _ in threads:
            make, answer = answers.get()
            if isinstance(answer, Exception):
                failures.append(answer)
            elif answer is not None and not self.done:
                self._count(answer, make)
            if self.done:
                ended.set()
        if len(failures) == len(makes):
            raise failures[0]
        return self.done

    def finish(self, engines: Mapping[str, str], *, deterministic: bool = True) -> Result:
        """The result, unjudged, of all attempts."""
        limit = self.recorder.limit(self.iterations) or self.limit
        reason, evidence = self.verdict or (None, None)
        if reason is None and self.best is not None:
            reason, evidence = self._conclude(self.best)
        return self.recorder.finish(
            limit, reason=reason, evidence=evidence, engines=engines, deterministic=deterministic
        )

    def consider(self, x: np.ndarray, y: np.ndarray) -> Residuals:
        """Measure a pair, and keep it if it is the best so far."""
        found = Pair(x, y, residuals(self.program, x, y))
        if self.best is None or self._size(found) < self._size(self.best):
            self.best = found
            if not self.problem.violations(self.program, x):
                self.recorder.incumbent(self.problem.objective(self.program, x), x)
        return found.residuals

    def refute(self, farkas: np.ndarray) -> None:
        """Take multipliers float64 (m,) as a verdict if they prove the program infeasible."""
        if proves_no_point(self.program, farkas):
            self.verdict = Reason.INFEASIBLE, {"farkas": farkas}

    def _settle_at_once(self) -> None:
        farkas = self.conversion.contradiction
        if farkas is not None:
            self.refute(farkas)
        elif not len(self.conversion.free):
            answer = QpAnswer(
                Status.OPTIMAL,
                np.zeros(0),
                np.zeros(len(self.form.b)),
                np.zeros(len(self.form.low)),
                np.zeros(0),
            )
            self._pair(answer)

    def _run(self, run: EngineRun[QpAnswer], until: Callable[[], bool]) -> QpAnswer | None:
        return EngineThread[QpAnswer]().watch(run, lambda: self.stopped() or until())

    def _count(self, answer: QpAnswer, make: MakeRun) -> None:
        self.iterations += answer.iterations
        self._take(answer, make)

    def _take(self, answer: QpAnswer, make: MakeRun) -> None:
        if answer.status is Status.ITERATIONS and self.recorder.budget.iterations is not None:
            self.limit = Limit.ITERATIONS
        if answer.status is Status.INFEASIBLE and answer.whole:
            self.refute(self.conversion.multipliers(answer, np.zeros(self.program.n)))
        elif answer.status is Status.UNBOUNDED and answer.x is not None:
            self._doubt_unbounded(self.conversion.direction(answer), make)
        elif answer.whole:
            self._pair(answer)

    def _pair(self, answer: QpAnswer) -> None:
        x = self.conversion.values(answer)
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = self.program.P @ x + self.program.q
            y = self.conversion.multipliers(answer, gradient)
        self.consider(x, y)

    def _doubt_unbounded(self, ray: np.ndarray, make: MakeRun) -> None:
        if not (np.isfinite(ray).all() and proves_ray(self.program, ray)):
            return
        form = self.form
        empty = csc_matrix(form.P.shape)
        question = QpForm(
            empty, np.zeros(form.n), form.E, form.b, form.G, form.low, form.high, form.lower,
            form.upper,
        )  # fmt: skip
        answer = self._run(make(question), lambda: False)
        if answer is None or not answer.whole:
            return
        if answer.status is Status.INFEASIBLE:
            self._take(answer, make)
            return
        point = self.conversion.values(answer)
        if not self.problem.violations(self.program, point):
            self.recorder.incumbent(self.problem.objective(self.program, point), point)
            self.verdict = Reason.UNBOUNDED, {"ray": ray, "point": point}

    def _conclude(self, best: Pair) -> tuple[Reason | None, Mapping[str, Any]]:
        """Put the best pair in the place of the incumbent, with its bound if it is optimal."""
        recorder, measured = self.recorder, best.residuals
        evidence = {"row_dual": best.y, "point": best.x}
        if self.problem.violations(self.program, best.x):
            return None, evidence
        objective = self.problem.objective(self.program, best.x)
        if not self.met:
            recorder.incumbent(objective, best.x)
            return None, evidence
        worth = _DOUBT * self.params.eps * (1 + abs(float(objective)))
        refuted = better_point(self.program, best.x, worth)
        if refuted is not None and not self.problem.violations(self.program, refuted):
            recorder.incumbent(self.problem.objective(self.program, refuted), refuted)
            return None, evidence
        recorder.incumbent(objective, best.x)
        recorder.objective, recorder.solution = objective, best.x
        bound = min(measured.dual_objective, float(objective))
        gap = relative_gap(objective, bound)
        if gap is None or gap > recorder.budget.gap >= measured.gap_relative:
            # An objective near 0, of which the gap is relative to 1 and not to itself.
            bound = float(objective)
        recorder.bound(bound)
        return None, evidence

    def _size(self, pair: Pair) -> float:
        return pair.residuals.largest(self.params.criterion)
