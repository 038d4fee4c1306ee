"""A lower bound on the slowest device's time, recomputed by the judge from the instance alone.

Suppose that every device takes at most t.  Then its work W lies between what the others cannot
take and a largest value; between these the concave idle term lies above its chord.  The missed
reads are convex, so that equal shares are the least.  Summed over the devices this gives a mean,
and no device is slowest below it: t >= B(t).  B falls in t, so the optimum is at least the t at
which the two meet, found by bisection from the refuted side.  No device is faster than its slowest
table alone, either, nor than the least pair among the K + 1 slowest tables.
"""

from __future__ import annotations

import math

import numpy as np

from solverhub.problems.sharding_instance import ShardingInstance

_ROUNDING = 1e-9
"""Relative error granted for the rounding of sums of up to some thousand terms."""
_HALVINGS = 60


def lower_bound(instance: ShardingInstance) -> float:
    """ms that no placement goes below."""
    totals = tuple(float(total) for total in instance.loads.sum(axis=0))
    rate = _least_rate(instance)
    low = max(float(instance.single.max()), _pairs(instance))
    high = max(_mean(instance, totals, rate, low), low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _mean(instance, totals, rate, middle) > middle:
            low = middle
        else:
            high = middle
    return low * (1 - _ROUNDING)


def _pairs(instance: ShardingInstance) -> float:
    """Two of the K + 1 tables that are slowest alone share a device."""
    if instance.n <= instance.devices:
        return 0.0
    top = instance.loads[np.argsort(-instance.single)[: instance.devices + 1]]
    both = instance.model.latency(top[:, None] + top[None])
    return float(both[~np.eye(len(top), dtype=bool)].min())


def _mean(instance: ShardingInstance, totals: tuple[float, ...], rate: float, t: float) -> float:
    """A lower bound on the mean time of the devices if none takes more than t."""
    model, k = instance.model, instance.devices
    work, repeats, link = totals
    most = min(work, _most_work(instance, rate, t))
    least = max(0.0, work - (k - 1) * most)
    idle = _idle(instance, least)
    if most > least:
        slope = (_idle(instance, most) - idle) / (most - least)
        idle += slope * (work / k - least)
    missed = (repeats / k) ** 2 / (repeats / k + model.cache_ms)
    return model.launch_ms + model.latency_ms + (work + link) / k + idle + missed


def _idle(instance: ShardingInstance, work: float) -> float:
    return -instance.model.idle_ms * math.expm1(-work / instance.model.fill_ms)


def _least_rate(instance: ShardingInstance) -> float:
    """The least of work and link time over work of any table."""
    work, _, link = instance.loads.T
    some = work > 0
    return 1 + float((link[some] / work[some]).min(initial=np.inf)) if some.any() else 1.0


def _most_work(instance: ShardingInstance, rate: float, t: float) -> float:
    """No device has more work than this within t, with the least link time its tables bring."""
    model = instance.model
    low, high = 0.0, max(0.0, t - model.launch_ms - model.latency_ms) / rate
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        spent = model.launch_ms + model.latency_ms + rate * middle + _idle(instance, middle)
        low, high = (middle, high) if spent <= t else (low, middle)
    return high
