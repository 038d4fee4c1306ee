"""The cheapest placement of tables on devices with limited memory, for linear costs.

Generalised assignment with equal sizes on every device.  Most often the cheapest device of every
table leaves memory to spare and that is the optimum.  Else Lagrange multipliers of the memory
(Fisher 1981, doi:10.1287/mnsc.27.1.1) give a bound, and a depth-first search over the tables,
large ones first, finds the optimum; after `NODES` nodes it ends with the best placement met.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NODES = 20_000
_ROUNDS = 60


def place(costs: np.ndarray, sizes: np.ndarray, capacity: int) -> np.ndarray | None:
    """int64 (n,): a device for each table of least cost, (n, K); None where none was found.

    `sizes`, int64 (n,), and `capacity` are in bytes, their sums exact up to 2**53.
    """
    device: np.ndarray = np.argmin(costs, axis=1)
    if _fits(device, sizes, costs.shape[1], capacity):
        return device
    order = np.argsort(-sizes, kind="stable")
    found, chosen = _search(costs[order], sizes[order].astype(np.float64), float(capacity), NODES)
    if not found:
        return None
    device[order] = chosen
    return device


def _fits(device: np.ndarray, sizes: np.ndarray, devices: int, capacity: int) -> bool:
    return bool((np.bincount(device, sizes, devices) <= capacity).all())


@njit(cache=True)
def _multipliers(costs: np.ndarray, sizes: np.ndarray, capacity: float) -> np.ndarray:
    """float64 (K,): prices of memory by subgradient steps."""
    n, k = costs.shape
    prices, best = np.zeros(k), np.zeros(k)
    highest = -np.inf
    step = np.abs(costs).max() / max(1.0, sizes.max())
    for round_ in range(_ROUNDS):
        used = np.zeros(k)
        value = -capacity * prices.sum()
        for i in range(n):
            at = 0
            for a in range(1, k):
                if costs[i, a] + prices[a] * sizes[i] < costs[i, at] + prices[at] * sizes[i]:
                    at = a
            value += costs[i, at] + prices[at] * sizes[i]
            used[at] += sizes[i]
        if value > highest:
            highest = value
            best[:] = prices
        norm = float(np.sqrt(((used - capacity) ** 2).sum())) / capacity + 1e-12
        for a in range(k):
            slope = (used[a] - capacity) / capacity / norm
            prices[a] = max(0.0, prices[a] + step * 0.93**round_ * slope)
    return best


@njit(cache=True)
def _search(
    costs: np.ndarray, sizes: np.ndarray, capacity: float, nodes: int
) -> tuple[bool, np.ndarray]:
    """Depth first in the order given, devices by priced cost; whether a placement was found."""
    n, k = costs.shape
    prices = _multipliers(costs, sizes, capacity)
    priced = costs + sizes.reshape(-1, 1) * prices.reshape(1, -1)
    order = np.empty((n, k), np.int64)
    rest = np.zeros(n + 1)
    for i in range(n):
        order[i] = np.argsort(priced[i])
    for i in range(n - 1, -1, -1):
        rest[i] = rest[i + 1] + priced[i, order[i, 0]]
    constant = capacity * prices.sum()
    free = np.full(k, capacity)
    place_, chosen, turn = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    spent, true = np.zeros(n + 1), np.zeros(n + 1)
    least, found, depth = float(np.inf), False, 0
    slack = 1e-12 * (np.abs(costs).sum() + 1.0)
    for _ in range(nodes):
        if depth < 0:
            break
        if depth == n:
            if true[n] < least:
                least, found = float(true[n]), True
                chosen[:] = place_
            depth -= 1
            free[place_[depth]] += sizes[depth]
            continue
        advanced = False
        while turn[depth] < k:
            a = order[depth, turn[depth]]
            turn[depth] += 1
            bound = spent[depth] + priced[depth, a] + rest[depth + 1] - constant
            if found and bound >= least - slack:
                turn[depth] = k
                break
            if sizes[depth] <= free[a]:
                free[a] -= sizes[depth]
                place_[depth] = a
                spent[depth + 1] = spent[depth] + priced[depth, a]
                true[depth + 1] = true[depth] + costs[depth, a]
                advanced = True
                break
        if advanced:
            depth += 1
            if depth < n:
                turn[depth] = 0
        else:
            depth -= 1
            if depth >= 0:
                free[place_[depth]] += sizes[depth]
    return found, chosen
