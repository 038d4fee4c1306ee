"""Table sharding by one pass over the tables: the rules that other methods are measured against.

Tables in falling order of a weight, each to the device with the least sum of weights that has the
memory.  `greedy` weighs by the time of the table alone, `balance-by-dimension` by its dimension, as
DreamShard's baselines do (arXiv:2210.02023).  Neither sees that fused kernels are faster.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.search.one_pass import OnePassSolver
from solverhub.search.placements import place


def by_weight(instance: ShardingInstance, weights: np.ndarray) -> np.ndarray | None:
    """int64 (n,): the rule's placement by weights, float64 (n,); None where the memory is short."""
    sums = np.zeros(instance.devices)
    free = np.full(instance.devices, float(instance.memory_bytes))
    device = np.zeros(instance.n, dtype=np.int64)
    for i in np.argsort(-weights, kind="stable"):
        open_devices = np.flatnonzero(free >= instance.bytes[i])
        if not open_devices.size:
            return None
        k = open_devices[np.argmin(sums[open_devices])]
        device[i] = k
        sums[k] += weights[i]
        free[k] -= instance.bytes[i]
    return device


def balanced(instance: ShardingInstance, weights: np.ndarray) -> np.ndarray | None:
    """The rule's placement; where the memory is short on the way, the one nearest to the rule's
    without regard to memory, by the weight of the tables that lie elsewhere."""
    found = by_weight(instance, weights)
    if found is not None:
        return found
    free = by_weight(replace(instance, memory_bytes=int(instance.bytes.sum())), weights)
    costs = np.repeat(weights[:, None], instance.devices, axis=1)
    if free is not None:
        costs[np.arange(instance.n), free] = 0
    return place(costs, instance.bytes, instance.memory_bytes)


def first_placement(instance: ShardingInstance) -> np.ndarray | None:
    """The greedy placement, None where no placement was found."""
    return balanced(instance, instance.single)


class GreedySolver(OnePassSolver):
    """The slowest table first, each to the device with the least sum of single times."""

    name: ClassVar[str] = "greedy"
    title: ClassVar[str] = "Greedy by the times of single tables"

    def weights(self, instance: ShardingInstance) -> np.ndarray:
        """float64 (n,): what is balanced."""
        return instance.single

    def answer(self, instance: ShardingInstance, params: Any, seed: int) -> np.ndarray | None:
        """The rule's placement, None where the memory is short."""
        return balanced(instance, self.weights(instance))


class BalanceByDimensionSolver(GreedySolver):
    """The widest table first, each to the device with the least sum of dimensions."""

    name: ClassVar[str] = "balance-by-dimension"
    title: ClassVar[str] = "Greedy by the dimensions of tables"

    def weights(self, instance: ShardingInstance) -> np.ndarray:
        """float64 (n,): dimensions."""
        return instance.dim.astype(np.float64)
