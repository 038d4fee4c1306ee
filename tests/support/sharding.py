"""Sharding tasks for tests, and their best placements by trying every one."""

import itertools

import numpy as np

from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.problems.sharding_model import LatencyModel
from solverhub.problems.table_sharding import TableSharding


def random_task(rng, *, tight=False):
    """3 to 7 tables on 2 or 3 devices, some of which use no memory to speak of."""
    n, devices = int(rng.integers(3, 8)), int(rng.integers(2, 4))
    dim = rng.choice([4, 16, 64], n)
    rows = rng.integers(1, 1_000_000, n)
    reuse = rng.dirichlet(np.full(17, 0.3), n)
    total, largest = int((4 * dim * rows).sum()), int((4 * dim * rows).max())
    memory = max(largest, int(total / devices * rng.uniform(1.0, 1.3))) if tight else total
    model = LatencyModel(idle_ms=float(rng.uniform(0, 3)), cache_ms=float(rng.uniform(0.1, 5)))
    pooling = rng.uniform(0, 60, n)
    return ShardingInstance.of(dim, rows, pooling, reuse, devices, memory, model)


def placements(instance):
    """Every placement within the memory as an int64 (n,) array."""
    problem = TableSharding()
    for chosen in itertools.product(range(instance.devices), repeat=instance.n):
        device = np.array(chosen, dtype=np.int64)
        if not problem.violations(instance, device):
            yield device


def best_ms(instance):
    """The least time of the slowest device, or None where no placement has the memory."""
    return min((float(instance.device_ms(d).max()) for d in placements(instance)), default=None)
