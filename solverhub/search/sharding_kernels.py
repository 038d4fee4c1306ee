"""Annealing of table placements: moves and swaps priced by the fused time of two devices.

Sums are float64 (K, 3) of loads, `free` float64 (K,) the memory left in bytes (exact below 2**53);
constants are `LatencyModel.constants`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

CALM = 1e-3
"""Weight of the mean of the devices' times beside the slowest, so that plateaus have a slope."""


@njit(cache=True)
def fused(work: float, repeats: float, link: float, constants: np.ndarray) -> float:
    """ms of a device with these sums; `LatencyModel.latency`."""
    idle = constants[1] * (1.0 - np.exp(-work / constants[2]))
    missed = repeats * repeats / (repeats + constants[3])
    return float(constants[0] + work + idle + missed + link)


@njit(cache=True)
def anneal(
    loads: np.ndarray,
    sizes: np.ndarray,
    constants: np.ndarray,
    capacity: float,
    device: np.ndarray,
    best: np.ndarray,
    k: int,
    trials: int,
    hot: float,
    cold: float,
    seed: int,
) -> float:
    """Anneal `device` on `k` devices in place; the best placement of `trials` goes to `best`.

    Temperatures fall geometrically from `hot` to `cold`, shares of the slowest time.  Every second
    trial begins on the slowest device.  Returns the time of `best`, which is never worse than the
    placement given.
    """
    np.random.seed(seed)
    n = loads.shape[0]
    sums, free, ms = _state(loads, sizes, constants, capacity, device, k)
    slowest = int(np.argmax(ms))
    total = ms.sum()
    least = ms[slowest]
    best[:] = device
    value = least + CALM * total / k
    cooling = (cold / hot) ** (1.0 / max(1, trials))
    heat = hot * least
    for trial in range(trials):
        heat *= cooling
        i = np.random.randint(n)
        if trial % 2 == 0:
            for _ in range(8):
                if device[i] == slowest:
                    break
                i = np.random.randint(n)
        a = device[i]
        j = np.random.randint(n + n // 2 + 1)
        if j >= n:
            j = -1
            b = np.random.randint(k)
        else:
            b = device[j]
        if a == b:
            continue
        moved = sizes[i] - (sizes[j] if j >= 0 else 0.0)
        if free[b] < moved or free[a] < -moved:
            continue
        d0 = loads[i, 0] - (loads[j, 0] if j >= 0 else 0.0)
        d1 = loads[i, 1] - (loads[j, 1] if j >= 0 else 0.0)
        d2 = loads[i, 2] - (loads[j, 2] if j >= 0 else 0.0)
        ta = fused(sums[a, 0] - d0, sums[a, 1] - d1, sums[a, 2] - d2, constants)
        tb = fused(sums[b, 0] + d0, sums[b, 1] + d1, sums[b, 2] + d2, constants)
        peak = max(ta, tb)
        for other in range(k):
            if other != a and other != b and ms[other] > peak:
                peak = ms[other]
        changed = total - ms[a] - ms[b] + ta + tb
        fresh = peak + CALM * changed / k
        if fresh > value and np.random.random() >= np.exp((value - fresh) / heat):
            continue
        value, total = fresh, changed
        sums[a, 0] -= d0
        sums[a, 1] -= d1
        sums[a, 2] -= d2
        sums[b, 0] += d0
        sums[b, 1] += d1
        sums[b, 2] += d2
        free[a] += moved
        free[b] -= moved
        ms[a], ms[b] = ta, tb
        device[i] = b
        if j >= 0:
            device[j] = a
        slowest = int(np.argmax(ms))
        if peak < least * (1 - 1e-12):
            least = peak
            best[:] = device
    return float(least)


@njit(cache=True)
def _state(
    loads: np.ndarray,
    sizes: np.ndarray,
    constants: np.ndarray,
    capacity: float,
    device: np.ndarray,
    k: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of loads, memory left and time of each device."""
    sums, free, ms = np.zeros((k, 3)), np.full(k, capacity), np.empty(k)
    for i in range(len(device)):
        sums[device[i]] += loads[i]
        free[device[i]] -= sizes[i]
    for a in range(k):
        ms[a] = fused(sums[a, 0], sums[a, 1], sums[a, 2], constants)
    return sums, free, ms
