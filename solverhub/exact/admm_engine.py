"""The engine: splitting first, polish on guessed active sets, Newton steps where it stalls.

Every pair that any part makes is measured on the original problem, and the best one is
kept; that measure alone ends a solve.  Differences of iterates are tried as certificates
of infeasibility on the original data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NoReturn

import numpy as np
from scipy.sparse import eye_array

from solverhub.exact.admm_certificates import Certificates
from solverhub.exact.admm_linear import make_system
from solverhub.exact.admm_newton import Newton
from solverhub.exact.admm_polish import mark_sides, polish
from solverhub.exact.admm_scaling import scale
from solverhub.exact.admm_settings import AdmmParams
from solverhub.exact.admm_splitting import Splitting
from solverhub.exact.admm_steps import Steps, row_classes
from solverhub.problems.qp_residuals import Residuals, residuals
from solverhub.problems.quadratic_program import QuadraticProgram

GUESSES = 5
NEWTON_FIRST = 200
NEWTON_AFTER, POLISH_AFTER = 20.0, 4.0

Pair = tuple[np.ndarray, np.ndarray]
Start = tuple[np.ndarray, np.ndarray | None]


def _never(iterations: int) -> bool:
    return False


def _untold(x: np.ndarray, y: np.ndarray, error: float) -> None:
    pass


class Status(StrEnum):
    """How a solve of the engine ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    STOPPED = "stopped"


@dataclass(frozen=True, eq=False)
class Answer:
    """What a solve of the engine gives, in the units of the problem.

    `x` float64 (n,) and `y` float64 (m,) are the best pair measured, with their `residuals`.
    `certificate` is Farkas multipliers float64 (m,) of an infeasible problem or a ray
    float64 (n,) of an unbounded one, of which x is then a feasible point.  `iterations`
    counts solves of a linear system with a new right side: steps of the splitting, of
    Newton's method, and guesses of the polish.
    """

    status: Status
    x: np.ndarray
    y: np.ndarray
    residuals: Residuals
    certificate: np.ndarray | None
    iterations: int
    newton: int
    polished: int
    factorisations: int


class Workspace:
    """A problem prepared once: scaling, pattern and ordering, and the last factorisation.

    `update` changes q, l or u, after which `solve` starts with all of that in place.  Linear
    systems are solved on `device`, "cpu" or "cuda".
    """

    def __init__(
        self, qp: QuadraticProgram, params: AdmmParams | None = None, device: str = "cpu"
    ) -> None:
        self.qp, self.params, self.device = qp, params or AdmmParams(), device
        self.scaled = scale(qp, self.params.scaling)
        self.linear = make_system(self.scaled, self.params.linear_system, device)
        self.steps = self._first_steps()

    def _first_steps(self) -> Steps:
        return Steps(self.scaled.l, self.scaled.u, self.params.rho, self.params.equality)

    def update(
        self,
        q: np.ndarray | None = None,
        l: np.ndarray | None = None,  # noqa: E741
        u: np.ndarray | None = None,
    ) -> None:
        """Change vectors; `InvalidInstance` if they do not fit."""
        given: dict[str, Any] = {"q": q, "l": l, "u": u}
        self.qp = replace(self.qp, **{k: v for k, v in given.items() if v is not None})
        s = self.scaled
        self.scaled = replace(s, q=s.c * s.D * self.qp.q, l=s.E * self.qp.l, u=s.E * self.qp.u)
        if not np.array_equal(self.steps.classes, row_classes(self.scaled.l, self.scaled.u)):
            self.steps = self._first_steps()

    def solve(
        self,
        warm: Start | None = None,
        *,
        stopped: Callable[[int], bool] = _never,
        improved: Callable[[np.ndarray, np.ndarray, float], None] = _untold,
    ) -> Answer:
        """Solve from the pair `warm`, of which the multipliers may be None, or from 0.

        `stopped` is asked after every step with the number of iterations; `improved` is told
        of every pair that is the best so far, with its largest residual.
        """
        return _Run(self, warm, stopped, improved).run()


class _Ended(Exception):
    """Ends a run from any depth; holds the status and the certificate."""

    def __init__(self, status: Status, certificate: np.ndarray | None = None) -> None:
        super().__init__(status)
        self.status, self.certificate = status, certificate


class _Run:
    def __init__(
        self,
        space: Workspace,
        warm: Start | None,
        stopped: Callable[[int], bool],
        improved: Callable[[np.ndarray, np.ndarray, float], None],
    ) -> None:
        self.space, self.params, self.qp = space, space.params, space.qp
        self.s, self.linear = space.scaled, space.linear
        self.warm, self._stopped, self._improved = warm, stopped, improved
        self.certificates = Certificates(self.qp, self.params.eps_infeasible)
        self.split_steps = self.newton_steps = self.polished = 0
        self.best: Pair = (np.zeros(self.qp.n), np.zeros(self.qp.m))
        self.best_residuals = residuals(self.qp, *self.best)
        self.best_error = np.inf

    @property
    def iterations(self) -> int:
        return self.split_steps + self.newton_steps + self.polished

    def run(self) -> Answer:
        before = self.linear.factorisations
        try:
            self._go()
        except _Ended as end:
            return Answer(
                end.status,
                *self.best,
                self.best_residuals,
                end.certificate,
                self.iterations,
                self.newton_steps,
                self.polished,
                self.linear.factorisations - before,
            )

    def _go(self) -> NoReturn:
        s, params = self.s, self.params
        given, dual = (np.zeros(self.qp.n), None) if self.warm is None else self.warm
        x, y = s.inward(given, np.zeros(self.qp.m) if dual is None else dual)
        self._measure(x, y)
        self._poll()
        z = np.clip(s.A @ x, s.l, s.u)
        if self.warm is not None and params.polish:
            self._polish(x, z, mark_sides(s, z) if dual is None else y, GUESSES)
            x, y = s.inward(*self.best)
        split = Splitting(s, self.linear, self.space.steps, params, x, y)
        quota, newton_quota = params.newton, NEWTON_FIRST
        while True:
            self._split(split, quota)
            if params.newton:
                self._newton(split, newton_quota)
            quota, newton_quota = 2 * quota, 2 * newton_quota

    def _measure(self, x: np.ndarray, y: np.ndarray) -> float:
        pair = self.s.original(x, y)
        found = residuals(self.qp, *pair)
        error = found.largest(self.params.criterion)
        if error < self.best_error:
            self.best, self.best_residuals, self.best_error = pair, found, error
            self._improved(*pair, error)
        if error <= self.params.eps:
            raise _Ended(Status.OPTIMAL)
        return error

    def _poll(self) -> None:
        if self._stopped(self.iterations):
            raise _Ended(Status.STOPPED)

    def _refute(self, dx: np.ndarray, dy: np.ndarray) -> None:
        dx, dy = self.s.original(dx, dy)
        farkas = self.certificates.farkas(dy)
        if farkas is not None:
            raise _Ended(Status.INFEASIBLE, farkas)
        ray = self.certificates.ray(dx)
        if ray is not None:
            self._find_point(ray)

    def _find_point(self, ray: np.ndarray) -> None:
        """Unbounded if there is a feasible point, which the same engine looks for."""
        nearest = replace(self.qp, P=eye_array(self.qp.n, format="csc"), q=np.zeros(self.qp.n))
        spent = self.iterations
        found = Workspace(nearest, replace(self.params, criterion="relative")).solve(
            stopped=lambda steps: self._stopped(spent + steps)
        )
        self.split_steps += found.iterations
        if found.status is Status.OPTIMAL:
            self.best = found.x, np.zeros(self.qp.m)
            self.best_residuals = residuals(self.qp, *self.best)
            raise _Ended(Status.UNBOUNDED, ray)
        raise _Ended(found.status, found.certificate)

    def _split(self, split: Splitting, rounds: int) -> None:
        """Steps of the splitting; after `rounds` of them, dear factorisations apart, return."""
        params, done = self.params, 0
        look = 1
        next_adapt = next_polish = 0.0
        while True:
            for _ in range(look):
                split.step()
                self.split_steps += 1
                done += 1
                self._poll()
            cost = self.linear.cost
            look = min(2 * look, params.check)
            next_polish = next_polish or max(2 * params.check, POLISH_AFTER * cost)
            split.settle()
            self._measure(split.x, split.y)
            self._refute(split.dx, split.dy)
            if params.polish and done >= next_polish:
                self._polish(split.x, split.z, split.y, 1 + int(done / (POLISH_AFTER * cost)))
                next_polish = 2 * done
            if params.adaptive_rho and done >= max(next_adapt, params.check):
                changed = split.adapt()
                next_adapt = max(1.5 * done, done + cost) if changed else done + params.check
            if rounds and done >= rounds * max(1.0, cost / NEWTON_AFTER):
                return

    def _polish(self, x: np.ndarray, z: np.ndarray, y: np.ndarray, most: int) -> None:
        for pair in polish(self.qp, self.s, self.linear, x, z, y, min(most, GUESSES)):
            self.polished += 1
            self._measure(*pair)
            self._poll()

    def _newton(self, split: Splitting, quota: int) -> None:
        newton = Newton(self.s, self.linear, split.x, split.y, split.steps.weight)
        x, y = newton.x, newton.y
        for whole in newton.run():
            if whole:
                self._measure(newton.x, newton.y)
                self._refute(newton.x - x, newton.y - y)
                x, y = newton.x, newton.y
            else:
                self.newton_steps += 1
            self._poll()
            if newton.steps >= quota:
                break
        split.place(newton.x, newton.y)
