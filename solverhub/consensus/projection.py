"""The nearest point of a polyhedron: the dual active set method of Goldfarb and Idnani.

    minimise 1/2 |y - y0|^2   subject to   G y >= h, with equality in the first `equal` rows

Mathematical Programming 27 (1983), doi:10.1007/BF02591962.  Starting from y0, the most
violated row joins the active set by a step along which the others of it stay met; a row whose
multiplier would turn negative leaves first.  Every full step raises the dual objective, so
the method is finite; the last point is computed anew from its active set.  Dense and small:
each step solves a least-squares problem over the active rows.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidInstance, SolverFailed

_TOLERANCE = 1e-11
_DEPENDENT = 1e-20
"""Squared length of what is left of a unit row, from where on it depends on the active ones."""


def nearest(y0: np.ndarray, G: np.ndarray, h: np.ndarray, equal: int = 0) -> np.ndarray:
    """The point y float64 (n,), for G (k, n) of rows of length 1 and h (k,) finite.

    Raises `InvalidInstance` where no point meets the rows, `SolverFailed` where rounding keeps
    the method from its end.
    """
    allowed = _TOLERANCE * (1.0 + np.abs(h) + np.abs(y0).max(initial=0.0))
    y, multipliers = y0.copy(), np.zeros(0)
    active: list[int] = []
    signs = np.ones(len(h))
    for _ in range(10 * (len(h) + len(y0)) + 100):
        slack = G @ y - h
        slack[:equal] = -np.abs(slack[:equal])
        slack[active] = 0.0
        if not (slack < -allowed).any():
            return _exactly(y0, G, h, active) if active else y
        entering = int(np.argmin(slack / allowed))
        if entering < equal:
            signs[entering] = -np.sign(G[entering] @ y - h[entering])
        y, active, multipliers = _enter(y, G, h, signs, equal, active, multipliers, entering)
    raise SolverFailed("the active set method did not end")


def _enter(
    y: np.ndarray,
    G: np.ndarray,
    h: np.ndarray,
    signs: np.ndarray,
    equal: int,
    active: list[int],
    multipliers: np.ndarray,
    entering: int,
) -> tuple[np.ndarray, list[int], np.ndarray]:
    """Meet the entering row, dropping active ones as their multipliers reach 0."""
    row = signs[entering] * G[entering]
    gained = 0.0
    while True:
        normals = signs[active, None] * G[active]
        pull = np.linalg.lstsq(normals.T, row, rcond=None)[0] if active else np.zeros(0)
        rest = row - normals.T @ pull
        length = float(rest @ rest)
        droppable = (pull > _TOLERANCE) & (np.array(active, dtype=np.int64) >= equal)
        ratio = np.full(len(active), np.inf)
        ratio[droppable] = np.maximum(multipliers[droppable], 0.0) / pull[droppable]
        partial = float(ratio.min(initial=np.inf))
        missing = signs[entering] * h[entering] - row @ y
        full = missing / length if length > _DEPENDENT else np.inf
        step = min(partial, full)
        if not np.isfinite(step):
            raise InvalidInstance("its constraints contradict each other")
        if np.isfinite(full):
            y = y + step * rest
        multipliers = multipliers - step * pull
        gained += step
        if step == full:
            return y, [*active, entering], np.append(multipliers, gained)
        leaving = int(ratio.argmin())
        active = active[:leaving] + active[leaving + 1 :]
        multipliers = np.delete(multipliers, leaving)


def _exactly(y0: np.ndarray, G: np.ndarray, h: np.ndarray, active: list[int]) -> np.ndarray:
    """The nearest point to y0 that meets the active rows as equations."""
    rows = G[active]
    return np.asarray(y0 + np.linalg.lstsq(rows, h[active] - rows @ y0, rcond=None)[0])
