"""Lower bounds on `metric-nearness` with bounds on distances, from loads y = A'z of multipliers.

Every metric x has y'x <= 0, and some nearest one is within l <= x <= u, u being the finite
`MetricInstance.ceiling`.  The best multipliers of the bounds follow from y, pair by pair:

    l2     sum of  min over l <= x <= u of  w (x - d)^2 + 2 y x
    l1     sum of  min over l <= x <= u of  w |x - d| + y x
    linf   the least t from max w |x - d| over the clipped d on, for which the least y'x over
           |x - d| <= t / w and l <= x <= u is not positive

The last is convex and decreasing in t, so that Newton's steps from below stay below its zero.
The rounding of the terms is given up.
"""

from __future__ import annotations

import math

import numpy as np

from solverhub.problems.metric_instance import MetricInstance

_EPS = 2.0**-50
_STEPS = 100


def box_value(instance: MetricInstance, y: np.ndarray) -> float:
    """The bound of loads y float64 (E,)."""
    d, w = instance.distances, instance.pair_weights
    low = instance.floor
    high = np.maximum(low, instance.ceiling)
    if instance.norm == "linf":
        return _least_change(d, w, low, high, y)
    flat = np.where(y > 0, low, np.where(y < 0, high, np.clip(d, low, high)))
    if instance.norm == "l2":
        moved = d - np.divide(y, w, out=np.zeros_like(y), where=w > 0)
        x = np.where(w > 0, np.clip(moved, low, high), flat)
        terms, load = w * (x - d) ** 2, 2 * y
    else:
        x = np.where(np.abs(y) <= w, np.clip(d, low, high), flat)
        terms, load = w * np.abs(x - d), y
    spread = terms + w * np.abs(x - d) * (np.abs(x) + d) if instance.norm == "l2" else w * (x + d)
    error = _EPS * math.fsum(spread + np.abs(load * x))
    return max(0.0, math.fsum(terms + load * x) - error)


def _least_change(
    d: np.ndarray, w: np.ndarray, low: np.ndarray, high: np.ndarray, y: np.ndarray
) -> float:
    nearest = np.clip(d, low, high)
    t = float((w * np.abs(nearest - d)).max(initial=0.0)) * (1 - 4 * _EPS)
    used = y != 0
    d, w, low, high, y = d[used], w[used], low[used], high[used], y[used]
    for _ in range(_STEPS):
        reach = np.divide(t, w, out=np.full_like(w, np.inf), where=w > 0)
        x = np.where(y > 0, np.maximum(d - reach, low), np.minimum(d + reach, high))
        free = np.where(y > 0, d - reach > low, d + reach < high)
        size = np.abs(y) * (np.abs(x) + d)
        above = math.fsum(y * x) - _EPS * math.fsum(size)
        slope = math.fsum(np.abs(y[free]) / w[free])
        if above <= 0 or slope <= 0:
            break
        raised = t + above / slope * (1 - 4 * _EPS)
        if raised <= t:
            break
        t = raised
    return t
