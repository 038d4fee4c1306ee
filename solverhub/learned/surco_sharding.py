"""SurCo on table sharding: a cost for every pair of table and device, placed by `placements`.

The loss is the time of the slowest device.  Its gradient is that of a soft maximum, since the
gradient of a maximum says nothing of the devices that are nearly as slow.

A prior's network corrects the costs of a first placement, list scheduling by linearised times:
devices are equal, so that something has to tell them apart.  The network
chooses between which devices tables are exchanged, the best exchange of any two being given, and
is taught those that help most (`surco_exchanges`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from solverhub.core.recorder import Recorder
from solverhub.learned.surco import Objective, Oracle
from solverhub.learned.surco_exchanges import exchanges, improved
from solverhub.learned.surco_networks import ExchangeNetwork
from solverhub.problems.generators.sharding import random_tables
from solverhub.problems.sharding_bound import lower_bound
from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.search.placements import place
from solverhub.search.sharding_heuristics import balanced, first_placement

_SOFT = 0.02
"""Temperature of the soft maximum, in shares of the slowest time."""
_SIZES = (10, 60)
FEATURES = 7
_FINE = 50.0
"""Times are told as shares of the slowest beyond it, times this: differences are small."""


class Sharding:
    """The domain `table-sharding`; a point is the indicator of pairs, (n * K,)."""

    def oracle(self, instance: ShardingInstance) -> Oracle:
        """Placements of least cost within the memory."""

        def cheapest(costs: np.ndarray) -> np.ndarray | None:
            pairs = costs.reshape(instance.n, instance.devices)
            device = place(pairs, instance.bytes, instance.memory_bytes)
            return None if device is None else indicator(instance, device).ravel()

        return cheapest

    def loss(self, instance: ShardingInstance) -> Objective:
        """The slowest device's time."""
        return slowest(instance)

    def value(self, instance: ShardingInstance, x: np.ndarray) -> float:
        """The same from the model itself."""
        return float(instance.device_ms(self.solution(instance, x)).max())

    def lower(self, instance: ShardingInstance) -> float:
        """Costs may be negative."""
        return -math.inf

    def first(self, instance: ShardingInstance) -> np.ndarray | None:
        """Costs of the greedy placement: nothing where it is, linearised times elsewhere."""
        device = first_placement(instance)
        return None if device is None else _costs_of(instance, device).ravel()

    def rule(self, instance: ShardingInstance) -> None:
        """None: the prior corrects one already."""

    def solution(self, instance: ShardingInstance, x: np.ndarray) -> np.ndarray:
        """int64 (n,): the device of each table."""
        found: np.ndarray = x.reshape(instance.n, instance.devices).argmax(axis=1)
        return found.astype(np.int64)

    def bound(self, instance: ShardingInstance, recorder: Recorder) -> None:
        """That of the judge."""
        recorder.bound(lower_bound(instance))

    def features(self, instance: ShardingInstance) -> tuple[torch.Tensor, ...]:
        """Pairs of devices, float32 (K, K, FEATURES); where a table lies at first, (n, K); where
        the best exchange of two devices moves it, (n, K); the tables' linearised times, (n, 1)."""
        weights = linearised(instance)
        device = balanced(instance, weights)
        if device is None:
            device = np.zeros(instance.n, dtype=np.int64)
        found = exchanges(instance, device)
        pairs = pair_features(instance.device_ms(device), found.between(device))
        arrays = (pairs, indicator(instance, device), found.best(device), weights[:, None])
        return tuple(torch.tensor(array, dtype=torch.float32) for array in arrays)

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """A choice among exchanges between devices."""
        return ExchangeNetwork(FEATURES, int(config["width"]), int(config["rounds"]))

    def draw(self, rng: np.random.Generator) -> ShardingInstance:
        """10 to 60 tables on four devices, sometimes with little memory."""
        tables = int(rng.integers(_SIZES[0], _SIZES[1] + 1))
        memory = 5.0 if rng.random() < 0.8 else 2.0
        return random_tables(tables, int(rng.integers(1_000_000)), memory_gb=memory)

    def target(self, instance: ShardingInstance) -> np.ndarray | None:
        """The first placement after the exchanges that help most."""
        device = balanced(instance, linearised(instance))
        return None if device is None else indicator(instance, improved(instance, device)).ravel()

    def relaxed(self, instance: ShardingInstance, costs: np.ndarray, progress: float) -> None:
        """None: its prior is trained through the solves themselves."""

    def units(self, instance: ShardingInstance) -> np.ndarray:
        """The tables' linearised times."""
        return np.repeat(linearised(instance), instance.devices)

    def baseline(self, instance: ShardingInstance) -> float:
        """The lower bound."""
        return lower_bound(instance)


def linearised(instance: ShardingInstance) -> np.ndarray:
    """float64 (n,): what each table adds to a device with an even share of all."""
    model = instance.model
    work, repeats, _ = instance.loads.sum(axis=0) / instance.devices
    slope = 1 + model.idle_ms / model.fill_ms * math.exp(-work / model.fill_ms)
    steep = repeats * (repeats + 2 * model.cache_ms) / (repeats + model.cache_ms) ** 2
    added: np.ndarray = instance.loads @ np.array([slope, steep, 1.0])
    return added


def indicator(instance: ShardingInstance, device: np.ndarray) -> np.ndarray:
    """float64 (n, K): 1 where a table lies."""
    x = np.zeros((instance.n, instance.devices))
    x[np.arange(instance.n), device] = 1
    return x


def _costs_of(instance: ShardingInstance, device: np.ndarray) -> np.ndarray:
    """float64 (n, K): costs of which the placement is the least."""
    costs: np.ndarray = linearised(instance)[:, None] * (1 - indicator(instance, device))
    return costs


def pair_features(ms: np.ndarray, between: np.ndarray) -> np.ndarray:
    """float64 (K, K, FEATURES): of every two devices, alike from either, their times (K,) and what
    the best exchange leaves, (K, K)."""
    k, most = len(ms), float(ms.max())
    slower, faster = np.maximum(ms[:, None], ms), np.minimum(ms[:, None], ms)
    alone = np.zeros((k, k))
    for slow in np.argsort(-ms)[2::-1]:
        apart = (np.arange(k)[:, None] != slow) & (np.arange(k) != slow)
        alone = np.where(apart, ms[slow], alone)
    after = np.maximum(between, alone)
    least = float(after.min()) if np.isfinite(between).any() else 0.0
    told = [
        _fine(slower / most),
        _fine(faster / most),
        _fine(between / most),
        _fine(between / slower),
        _fine(after / most),
        np.clip(_FINE * (least - after) / most, -3, 0),
        np.isfinite(between),
    ]
    return np.stack(told, axis=-1).astype(np.float64)


def _fine(share: np.ndarray) -> np.ndarray:
    told: np.ndarray = np.clip(_FINE * (1 - share), -3, 3)
    return told


def device_times(instance: ShardingInstance, x: torch.Tensor) -> torch.Tensor:
    """ms of each device, (K,), for shares of tables on devices, (n, K); `LatencyModel.latency`."""
    model = instance.model
    work, repeats, link = (x.T @ torch.from_numpy(instance.loads)).T
    idle = -model.idle_ms * torch.expm1(-work / model.fill_ms)
    missed = repeats**2 / (repeats + model.cache_ms)
    times: torch.Tensor = model.launch_ms + model.latency_ms + work + idle + missed + link
    return times


def slowest(instance: ShardingInstance) -> Objective:
    """The slowest device's time as a function of x, (n * K,) or (n, K), with a soft gradient."""

    def loss(x: torch.Tensor) -> torch.Tensor:
        times = device_times(instance, x.reshape(instance.n, instance.devices))
        most = times.max().detach()
        soft = torch.logsumexp(times / (_SOFT * most), 0) * (_SOFT * most)
        value: torch.Tensor = soft + (most - soft).detach()
        return value

    return loss
