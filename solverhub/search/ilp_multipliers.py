"""The linear relaxation by a first-order method that runs a bit at a time.

Primal-dual hybrid gradient steps with diagonal step sizes (Pock and Chambolle 2011,
doi 10.1109/ICCV.2011.6126441), restarted from averages with a new weight between the two sides
as in PDLP (Applegate et al. 2021, arXiv 2106.04756).  Degenerate packings, whose vertices keep
the simplex method busy for many seconds, are within a percent of their optimum after some
hundred steps, and any multipliers of the rows prove a bound on the way.
"""

from __future__ import annotations

import time

import numpy as np
from numba import njit

from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_relaxation import Relaxation
from solverhub.search.ilp_share import IlpShare

SUFFICIENT, NECESSARY, LONG = 0.2, 0.8, 0.36
"""Share of the error at the last restart below which to restart, likewise once progress ends,
and share of all steps after which to restart anyhow."""
LOOK = 40
"""Steps between two looks at the errors."""

PART = 0.1
"""Share of one thread's time that a search gives the method."""
ENTRY_S, ROUND_S = 8e-9, 0.02
"""Seconds of a step an entry of the rows, before they are measured, and of a round where
rounds are counted."""
USEFUL, BETTER, ENOUGH = 1e-2, 0.2, 1e-5
"""Error from which a search is told, share of the last one from which it is told again, and
error at which the method ends."""
NEWS = 0.02
"""Share of the gap by which a bound must be better to be told."""


class Bursts:
    """The method beside a search, whose share gets relaxations and bounds as they come.

    Called in every round, it takes a tenth of the time; where rounds are counted, so are steps.
    """

    def __init__(self, share: IlpShare) -> None:
        self._share = share
        self._counted = share.recorder.budget.deterministic
        self._method = Multipliers(share.form)
        self._began, self._rounds, self._spent_s = time.monotonic(), 0, 0.0
        self._burst_s = ENTRY_S * LOOK * share.form.indices.size
        self._told, self._proved = np.inf, -np.inf
        self._done = share.form.m == 0

    def go_on(self) -> None:
        """Make some steps, unless enough time has gone into them for now."""
        self._rounds += 1
        started = time.monotonic()
        past_s = self._rounds * ROUND_S if self._counted else started - self._began
        if self._done or self._spent_s + self._burst_s > PART * past_s:
            return
        self._method.run()
        self._tell()
        if not self._counted:
            self._burst_s = time.monotonic() - started
        self._spent_s += self._burst_s

    def _tell(self) -> None:
        method, share = self._method, self._share
        self._done = method.error <= ENOUGH
        if method.error <= USEFUL and (self._done or method.error <= BETTER * self._told):
            self._told = method.error
            reduced = share.form.cost - share.form.program.A.T @ method.row_dual
            share.relaxation = Relaxation(method.values, reduced, method.row_dual)
        gain = method.bound - self._proved
        if np.isfinite(method.bound) and gain > NEWS * max(0.0, share.worth - method.bound):
            self._proved = method.bound
            share.prove(share.form.program.sense.sign * method.row_dual)


class Multipliers:
    """Primal values and row multipliers under way; for one thread.

    - `values` float64 (n,): within the bounds, and nearly in the rows.
    - `row_dual` float64 (m,): those of the best bound that was met, `bound`, of the minimised
      objective; -inf where a column lacks a bound.
    - `error`: the largest of the relative gap and relative excess of the rows, of `values`.
    """

    def __init__(self, form: IlpForm) -> None:
        n, m = form.n, form.m
        self._form = form
        rows = np.repeat(np.arange(m), np.diff(form.indptr))
        size = np.abs(form.data)
        self._tau = 1.0 / np.maximum(np.bincount(form.indices, size, minlength=n), 1e-12)
        self._sigma = 1.0 / np.maximum(np.bincount(rows, size, minlength=m), 1e-12)
        self._x = np.clip(0.0, form.lower, form.upper)
        self._y = np.zeros(m)
        self._mean_x, self._mean_y = np.zeros(n), np.zeros(m)
        self._start_x, self._start_y = self._x.copy(), self._y.copy()
        cost, side = float(np.linalg.norm(form.cost)), float(np.linalg.norm(form.sides))
        self._weight = cost / side if cost > 0 and side > 0 else 1.0
        self._side = 1.0 + side
        self._since, self._last, self._before = 0, np.inf, np.inf
        self.steps = 0
        self.values, self.row_dual = self._x.copy(), self._y.copy()
        self.bound, self.error = -np.inf, np.inf

    def run(self) -> None:
        """Make `LOOK` steps."""
        form, program = self._form, self._form.program
        _steps(
            LOOK, self._x, self._y, self._mean_x, self._mean_y, self._since, self._weight,
            self._tau, self._sigma, form.cost, form.lower, form.upper,
            program.row_lower, program.row_upper, form.indptr, form.indices, form.data,
            form.col_indptr, form.col_indices, form.col_data,
        )  # fmt: skip
        self._since += LOOK
        self.steps += LOOK
        now, mean = self._judged(self._x, self._y), self._judged(self._mean_x, self._mean_y)
        x, y, error = (self._x, self._y, now) if now < mean else (self._mean_x, self._mean_y, mean)
        if error < self.error:
            self.values, self.error = x.copy(), error
        stalled = error <= NECESSARY * self._last and error > self._before
        if error <= SUFFICIENT * self._last or stalled or self._since >= LONG * self.steps:
            self._restart(x.copy(), y.copy())
            self._since, self._last, self._before = 0, error, np.inf
        else:
            self._before = error

    def _restart(self, x: np.ndarray, y: np.ndarray) -> None:
        far = float(np.linalg.norm(x - self._start_x)), float(np.linalg.norm(y - self._start_y))
        if min(far) > 1e-10:
            self._weight = far[1] / far[0]
        self._x, self._y = x, y
        self._start_x, self._start_y = x.copy(), y.copy()
        self._mean_x, self._mean_y = np.zeros_like(x), np.zeros_like(y)

    def _judged(self, x: np.ndarray, y: np.ndarray) -> float:
        """The error of a pair, whose bound counts."""
        form, program = self._form, self._form.program
        reduced = form.cost - program.A.T @ y
        activity = program.A @ x
        with np.errstate(invalid="ignore"):
            side = np.where(y > 0, y * program.row_lower, y * program.row_upper)
            least = np.where(reduced > 0, reduced * form.lower, reduced * form.upper)
        bound = float(side[y != 0].sum() + least[reduced != 0].sum())
        if bound > self.bound:
            self.bound, self.row_dual = bound, y.copy()
        worth = float(form.cost @ x)
        excess = np.maximum(
            np.maximum(program.row_lower - activity, activity - program.row_upper), 0
        )
        gap = (
            abs(worth - bound) / (1.0 + max(abs(worth), abs(bound))) if np.isfinite(bound) else 1.0
        )
        return max(gap, float(np.linalg.norm(excess)) / self._side)


@njit(cache=True, nogil=True)
def _steps(  # type: ignore[no-untyped-def]
    count, x, y, mean_x, mean_y, done, weight, tau, sigma, cost, lower, upper,
    row_lower, row_upper, indptr, indices, data, col_indptr, col_indices, col_data,
):  # fmt: skip
    """Some steps, in place; the means take `done` earlier ones in."""
    n, m = x.size, y.size
    ahead = np.empty(n)
    for t in range(count):
        share = 1.0 / (done + t + 1.0)
        for j in range(n):
            reduced = cost[j]
            for k in range(col_indptr[j], col_indptr[j + 1]):
                reduced -= col_data[k] * y[col_indices[k]]
            new = min(max(x[j] - tau[j] / weight * reduced, lower[j]), upper[j])
            ahead[j] = 2.0 * new - x[j]
            x[j] = new
            mean_x[j] += share * (new - mean_x[j])
        for i in range(m):
            activity = 0.0
            for k in range(indptr[i], indptr[i + 1]):
                activity += data[k] * ahead[indices[k]]
            step = sigma[i] * weight
            at = y[i] - step * activity
            new = 0.0
            if at + step * row_lower[i] > 0.0:
                new = at + step * row_lower[i]
            elif at + step * row_upper[i] < 0.0:
                new = at + step * row_upper[i]
            y[i] = new
            mean_y[i] += share * (new - mean_y[i])
