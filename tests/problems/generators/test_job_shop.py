"""Random job shops: the promised sizes and ranges, and the same shop from the same seed."""

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop import JobShop


def test_every_job_visits_every_machine_once() -> None:
    instance = random_job_shop(7, 5, seed=3, low=2, high=9)
    machines = instance.machine.reshape(7, 5)
    assert (np.sort(machines, axis=1) == np.arange(5)).all()
    assert instance.duration.min() >= 2
    assert instance.duration.max() <= 9


def test_the_seed_decides() -> None:
    digests = [JobShop().digest(random_job_shop(4, 4, seed)) for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "sizes", [(0, 3), (3, 0), (3, 3, 0, 5, 4), (3, 3, 0, -1, 4)], ids=lambda sizes: str(sizes)
)
def test_impossible_sizes_are_refused(sizes: tuple[int, ...]) -> None:
    n_jobs, n_machines, *rest = sizes
    with pytest.raises(InvalidParams):
        random_job_shop(n_jobs, n_machines, *(rest or [0]))
