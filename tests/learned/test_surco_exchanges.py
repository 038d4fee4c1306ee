from itertools import permutations

import numpy as np
import pytest

from solverhub.learned.surco_exchanges import exchanges, improved
from solverhub.problems.generators.sharding import random_tables


def all_exchanges(instance, device):
    """(table, its new device, the table that comes back or -1, placement) of each exchange."""
    for i in range(instance.n):
        for a in set(range(instance.devices)) - {int(device[i])}:
            for j in [-1, *np.flatnonzero(device == a)]:
                changed = device.copy()
                changed[i] = a
                if j >= 0:
                    changed[j] = device[i]
                if max(instance.device_bytes(changed)) <= instance.memory_bytes:
                    yield i, a, j, changed


@pytest.fixture(params=[5.0, 0.7])
def task(request):
    instance = random_tables(10, 3, memory_gb=request.param)
    rng = np.random.default_rng(2)
    while True:
        device = rng.integers(0, instance.devices, instance.n)
        if max(instance.device_bytes(device)) <= instance.memory_bytes:
            return instance, device


def test_the_best_exchange_of_each_pair_is_found_by_trying_all(task):
    instance, device = task
    found = exchanges(instance, device)
    reached = np.full(found.reached.shape, np.inf)
    pairs = np.full((instance.devices, instance.devices), np.inf)
    for i, a, _, changed in all_exchanges(instance, device):
        two = [int(device[i]), a]
        ms = instance.device_ms(changed)[two].max()
        reached[i, a] = min(reached[i, a], ms)
        for b, c in permutations(two):
            pairs[b, c] = min(pairs[b, c], ms)
    np.testing.assert_allclose(found.reached, reached, rtol=1e-12)
    best = found.best(device)
    np.testing.assert_allclose(found.reached[best], pairs[device][best], rtol=1e-12)
    for i, a in np.argwhere(best):
        j = found.partner[i, a]
        assert j < 0 or best[j, device[i]]


def test_what_is_imitated_is_better_and_has_the_memory(task):
    instance, device = task
    after = improved(instance, device)
    assert max(instance.device_bytes(after)) <= instance.memory_bytes
    before = instance.device_ms(device).max()
    assert instance.device_ms(after).max() < before
    # no exchange that is the best between its devices does better alone
    found = exchanges(instance, device)
    best = found.best(device)
    for i, a, j, changed in all_exchanges(instance, device):
        if best[i, a] and found.partner[i, a] == j:
            assert instance.device_ms(after).max() <= instance.device_ms(changed).max() + 1e-12
