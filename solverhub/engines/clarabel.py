"""Clarabel: a homogeneous interior point method for cones, here for quadratic programs.

Goulart and Chen 2024, arXiv:2405.12762.  Of its two factorisations of the KKT system the
simplicial `qdldl` is quicker where the factor is sparse, the supernodal, parallel `faer`
where it fills; `auto` of Clarabel looks at the matrix alone and often takes `faer` where it
loses, so the choice is made here by the size of the factor, known after its analysis.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import clarabel
import numpy as np
import scipy.sparse as sp

from solverhub.core.errors import InvalidParams
from solverhub.engines.qp_answer import QpAnswer, QpForm, Status

FILLED_S = 0.2
"""Estimated seconds of a simplicial factorisation from where on `faer` is used."""

LOOK_AHEAD = 1.3
"""How much longer than the last iteration the next one may take."""

_STATUS = {
    "Solved": Status.OPTIMAL,
    "AlmostSolved": Status.SUSPECT,
    "PrimalInfeasible": Status.INFEASIBLE,
    "DualInfeasible": Status.UNBOUNDED,
    "MaxIterations": Status.ITERATIONS,
    "MaxTime": Status.TIME,
    "CallbackTerminated": Status.STOPPED,
}

_FORBIDDEN = frozenset({"verbose", "pardiso_verbose"})


def version() -> str:
    """Version of the installed package."""
    return metadata.version("clarabel")


def check(native: Mapping[str, Any]) -> None:
    """Raise `InvalidParams` unless Clarabel takes these settings."""
    _apply(clarabel.DefaultSettings(), native)


class Run:
    """One solve.  `stop` may be called from any thread; it is heard between two iterations.

    It ends by itself before the iteration that would pass `time_s`, with the point it has.
    `eps` bounds the relative residuals and the relative gap that end the solve.
    """

    def __init__(
        self,
        form: QpForm,
        *,
        eps: float,
        iterations: int | None = None,
        time_s: float = np.inf,
        threads: int = 1,
        native: Mapping[str, Any] | None = None,
    ) -> None:
        self._form, self._stop = form, False
        self._end = math.inf
        self._last: float | None = None
        self._limits = eps, iterations, time_s, threads
        self._native = dict(native or {})

    def stop(self) -> None:
        """Ask the solve to end after its present iteration."""
        self._stop = True

    def solve(self) -> QpAnswer:
        """Run to the end."""
        form = self._form
        rows, sides, cones = _cones(form)
        upper = sp.triu(form.P, format="csc")
        solver = self._loaded(upper, rows, sides, cones)
        self._end, self._last = time.monotonic() + self._limits[2], None
        solver.set_termination_callback(lambda info: self._stop or self._late())
        return _answer(form, solver.solve())

    def _late(self) -> bool:
        now = time.monotonic()
        late = self._last is not None and now + LOOK_AHEAD * (now - self._last) > self._end
        self._last = now
        return late

    def _loaded(self, upper: Any, rows: Any, sides: np.ndarray, cones: list[Any]) -> Any:
        data = (upper, self._form.q, rows, sides, cones)
        solver = clarabel.DefaultSolver(*data, self._settings("qdldl"))
        chosen = "direct_solve_method" in self._native
        if not chosen and _seconds(solver, sum(rows.shape)) > FILLED_S:
            solver = clarabel.DefaultSolver(*data, self._settings("faer"))
        return solver

    def _settings(self, method: str) -> clarabel.DefaultSettings:
        eps, iterations, time_s, threads = self._limits
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.direct_solve_method = method
        settings.max_threads = threads
        settings.time_limit = time_s
        settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = eps
        if iterations is not None:
            settings.max_iter = min(iterations, 2**31 - 1)
        _apply(settings, self._native)
        return settings


def _apply(settings: clarabel.DefaultSettings, native: Mapping[str, Any]) -> None:
    for name, value in native.items():
        if name in _FORBIDDEN:
            raise InvalidParams(
                f"native parameter {name!r} prints", remedy="use the events of the solve"
            )
        if name.startswith("_") or not hasattr(settings, name):
            raise InvalidParams(
                f"Clarabel has no setting {name!r}", remedy="see the settings in its manual"
            )
        try:
            setattr(settings, name, _typed(value, getattr(settings, name)))
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidParams(
                f"Clarabel does not take {value!r} for its setting {name}",
                remedy="see its type in the manual",
            ) from error


def _typed(value: Any, example: Any) -> Any:
    """The value, where it was typed as text, in the type that the setting has."""
    if not isinstance(value, str) or isinstance(example, str):
        return value
    if isinstance(example, bool):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
    return type(example)(value)


def _cones(form: QpForm) -> tuple[sp.csc_matrix, np.ndarray, list[Any]]:
    """All constraints as rows M x + s = side: s zero for the first, nonnegative for the rest."""
    identity = sp.identity(form.n, format="csr")
    inequalities = (
        *((sign * form.G.tocsr(), sign * side) for sign, side in ((1, form.high), (-1, form.low))),
        *((sign * identity, sign * side) for sign, side in ((1, form.upper), (-1, form.lower))),
    )
    kept = [(rows[np.isfinite(side)], side[np.isfinite(side)]) for rows, side in inequalities]
    stacked = sp.csc_matrix(sp.vstack([form.E.tocsr(), *(rows for rows, _ in kept)]))
    sides = np.concatenate([form.b, *(side for _, side in kept)])
    k = len(sides) - len(form.b)
    cones = [clarabel.ZeroConeT(len(form.b))] if len(form.b) else []
    cones += [clarabel.NonnegativeConeT(k)] if k else []
    return stacked, sides, cones


def factor_seconds(form: QpForm) -> float:
    """A rough estimate of the seconds of one simplicial factorisation and its solves."""
    rows, sides, cones = _cones(form)
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.direct_solve_method = False, "qdldl"
    upper = sp.triu(form.P, format="csc")
    solver = clarabel.DefaultSolver(upper, form.q, rows, sides, cones, settings)
    return _seconds(solver, sum(rows.shape))


def _seconds(solver: Any, size: int) -> float:
    """From the entries of the factor: n columns of c entries take n c^2 operations."""
    entries = float(solver.get_info().linsolver.nnzL)
    return 1e-6 + 2e-8 * entries + 2.5e-9 * entries * entries / max(1, size)


def _answer(form: QpForm, solution: Any) -> QpAnswer:
    words = str(solution.status)
    x, z = np.array(solution.x), np.array(solution.z)
    place = len(form.b)
    parts = []
    for upper, lower in ((form.high, form.low), (form.upper, form.lower)):
        part = np.zeros(len(upper))
        for side, sign in ((upper, 1.0), (lower, -1.0)):
            kept = np.isfinite(side)
            count = int(kept.sum())
            part[kept] += sign * z[place : place + count]
            place += count
        parts.append(part)
    status = _STATUS.get(words, Status.FAILED)
    equal = z[: len(form.b)]
    return QpAnswer(status, x, equal, parts[0], parts[1], int(solution.iterations), words)
