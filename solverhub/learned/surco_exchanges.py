"""Exchanges between two devices of a table placement: what SurCo's prior hears of, and its teacher.

An exchange trades a table of one device for a table of another, or for none.  Of every two devices
the exchange counts that leaves the slower of the two as fast as it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from solverhub.problems.sharding_instance import ShardingInstance

_MOST_TABLES = 1_000
"""Of more tables, whose pairs are too many, only moves are looked at."""


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Of a placement on K devices.

    - `reached`: float64 (n, K), ms of the slower of the table's device and the other after the
      best exchange in which the table goes there; infinite on its own device, and without memory.
    - `partner`: int64 (n, K), the table that comes back; -1 for none.
    """

    reached: np.ndarray
    partner: np.ndarray

    def between(self, device: np.ndarray) -> np.ndarray:
        """float64 (K, K): what the best exchange of two devices reaches, infinite for none."""
        k = self.reached.shape[1]
        least = np.full((k, k), np.inf)
        np.minimum.at(least, device, self.reached)
        least[np.arange(k), np.arange(k)] = np.inf
        either: np.ndarray = np.minimum(least, least.T)
        return either

    def best(self, device: np.ndarray) -> np.ndarray:
        """bool (n, K): whether it is the best exchange of the two devices, seen from either."""
        found: np.ndarray = np.isfinite(self.reached) & (
            self.reached <= self.between(device)[device]
        )
        return found


def exchanges(instance: ShardingInstance, device: np.ndarray) -> Exchanges:
    """Those of a placement, int64 (n,): each of the n^2, up to a thousand tables."""
    n, k = instance.n, instance.devices
    loads, sizes, rows = instance.loads, instance.bytes, np.arange(n)
    sums = np.zeros((k, loads.shape[1]))
    np.add.at(sums, device, loads)
    used = np.array(instance.device_bytes(device))
    joined = instance.model.latency(sums[None] + loads[:, None])
    joined[used + sizes[:, None] > instance.memory_bytes] = np.inf
    left = instance.model.latency(sums[device] - loads)
    reached, partner = np.maximum(joined, left[:, None]), np.full((n, k), -1)
    if n > _MOST_TABLES:
        reached[rows, device] = np.inf
        return Exchanges(reached, partner)
    # traded[i, j]: the device of table i with table j in its place
    traded = instance.model.latency((sums[device] - loads)[:, None] + loads[None])
    traded[(used[device] - sizes)[:, None] + sizes > instance.memory_bytes] = np.inf
    traded = np.maximum(traded, traded.T)
    for a in range(k):
        there = np.flatnonzero(device == a)
        if there.size:
            at = there[traded[:, there].argmin(axis=1)]
            better = traded[rows, at] < reached[:, a]
            reached[better, a] = traded[rows, at][better]
            partner[better, a] = at[better]
    reached[rows, device] = np.inf
    return Exchanges(reached, partner)


def improved(instance: ShardingInstance, device: np.ndarray) -> np.ndarray:
    """int64 (n,): the least slowest device by the best exchanges of one or two pairs of devices."""
    found = exchanges(instance, device)
    trades: list[tuple[set[int], np.ndarray, np.ndarray]] = []
    for i, a in np.argwhere(found.best(device)):
        j = int(found.partner[i, a])
        tables = np.array([i] if j < 0 else [i, j])
        trades.append(
            ({int(device[i]), int(a)}, tables, np.array([a] if j < 0 else [a, device[i]]))
        )
    best, least = device, float(instance.device_ms(device).max())
    sets: list[tuple[tuple[set[int], np.ndarray, np.ndarray], ...]] = [(t,) for t in trades]
    sets += [(p, q) for p, q in combinations(trades, 2) if not p[0] & q[0]]
    for chosen in sets:
        tried = device.copy()
        for _, tables, to in chosen:
            tried[tables] = to
        ms = float(instance.device_ms(tried).max())
        if ms < least:
            best, least = tried, ms
    return best
