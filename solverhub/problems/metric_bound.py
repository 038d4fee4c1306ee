"""Lower bounds on `metric-nearness`, recomputed from multipliers of cycle inequalities.

With A x <= 0 the cycle inequalities, z >= 0 and y = A'z (y_e adds z of the cycles that pair e
closes and subtracts z of those whose path uses it), every metric x has y'x <= 0, so that

    l2     sum w (x - d)^2  >=  sum of  2 y d - y^2 / w
    l1     sum w |x - d|    >=  sum of  y d,                  where |y| <= w
    linf   max w |x - d|    >=  sum of  y d  /  sum of |y| / w

Where distances are bounded, metric_box_bound has the form of this for each norm.

For l1, y is scaled down until |y| <= w.  A pair of weight 0 must have y = 0.  Any z proves its
own bound, so multipliers are rounded to multiples of a power of two first, after which y is
exact, and the rounding of the terms is given up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.problems.metric_box_bound import box_value
from solverhub.problems.metric_instance import MetricInstance

_BITS = 50
_EPS = 2.0**-50


def dual_value(instance: MetricInstance, evidence: Mapping[str, Any]) -> float | None:
    """The bound of `{"cycles", "indptr", "duals"}`, or None where the form is wrong.

    Cycle c has the vertices `cycles[indptr[c]:indptr[c + 1]]`, at least 3, of which adjacent
    ones and the first and the last are pairs of the instance; these last two close it.
    """
    y = loads(instance, evidence)
    if y is None:
        return None
    if instance.bounded:
        return box_value(instance, y)
    d, w = instance.distances, instance.pair_weights
    used = y != 0
    if not used.any():
        return 0.0
    if (w[used] == 0).any():
        return None
    y, d, w = y[used], d[used], w[used]
    if instance.norm == "l2":
        gain, cost = 2 * y * d, y * y / w
        return max(0.0, math.fsum(gain - cost) - _EPS * math.fsum(np.abs(gain) + cost))
    gain = math.fsum(y * d) - _EPS * math.fsum(np.abs(y) * d)
    size = np.abs(y) / w
    over = float(size.max()) if instance.norm == "l1" else math.fsum(size)
    if instance.norm == "l1" and over <= 1:
        return max(0.0, gain)
    return max(0.0, gain / over * (1 - 4 * _EPS))


def loads(instance: MetricInstance, evidence: Mapping[str, Any]) -> np.ndarray | None:
    """y = A'z float64 (E,), exact for multipliers rounded down to a grid; None if malformed."""
    form = _form(instance.n, evidence)
    if form is None:
        return None
    cycles, indptr, duals = form
    if duals.size == 0:
        return np.zeros(instance.n_edges)
    step = 2.0 ** (math.frexp(float(duals.sum()))[1] - _BITS)
    z = np.floor(duals / step)
    starts, ends = indptr[:-1], indptr[1:]
    inner = np.ones(cycles.size, np.bool_)
    inner[starts] = False
    after = np.flatnonzero(inner)
    closing = positions(instance, cycles[starts], cycles[ends - 1])
    along = positions(instance, cycles[after - 1], cycles[after])
    if closing is None or along is None:
        return None
    size = instance.n_edges
    y = np.bincount(closing, z, size)
    y -= np.bincount(along, np.repeat(z, ends - starts - 1), size)
    return np.asarray(y * step)


def positions(instance: MetricInstance, u: np.ndarray, v: np.ndarray) -> np.ndarray | None:
    """Positions of the pairs, or None where one is not of the instance."""
    n = instance.n
    a, b = np.minimum(u, v), np.maximum(u, v)
    if (a == b).any():
        return None
    if instance.complete:
        return np.asarray(a * n - a * (a + 1) // 2 + b - a - 1)
    known = instance.edge_index[0] * n + instance.edge_index[1]
    if known.size == 0:
        return None
    key = a * n + b
    at = np.minimum(np.searchsorted(known, key), known.size - 1)
    return at if bool((known[at] == key).all()) else None


def _form(n: int, evidence: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The three arrays, or None unless well-formed."""
    try:
        cycles = np.asarray(evidence["cycles"])
        indptr = np.asarray(evidence["indptr"])
        duals = np.asarray(evidence["duals"], np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    if duals.size == 0:
        return np.zeros(0, np.int64), np.zeros(1, np.int64), duals.reshape(-1)
    whole = cycles.dtype.kind == indptr.dtype.kind == "i"
    if not whole or cycles.ndim != 1 or duals.ndim != 1 or indptr.shape != (duals.size + 1,):
        return None
    if indptr[0] != 0 or indptr[-1] != cycles.size or (np.diff(indptr) < 3).any():
        return None
    if cycles.min() < 0 or cycles.max() >= n:
        return None
    if not bool(np.isfinite(duals).all() and (duals >= 0).all()):
        return None
    if not duals.any():
        return np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0)
    return cycles.astype(np.int64), indptr.astype(np.int64), duals
