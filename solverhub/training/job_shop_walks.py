"""Walks over random shops that never end: what the job-shop policy is trained on.

Each walk starts from an active schedule near FDD/MWKR of a new random shop (Taillard's kind)
and gets another shop after `length` steps; the first ones start at different ages, so that
every batch has early and late schedules.  All draws are seeded by what they are for, and the
whole state is a table of tensors, so that training goes on from a checkpoint as if it had
never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from solverhub.learned.job_shop_features import Evaluated
from solverhub.learned.job_shop_rollout import Recency, Shops, assess, swap
from solverhub.learned.job_shop_start import active_orders, priorities
from solverhub.problems.generators.job_shop import random_job_shop

_NOISE = 0.5
_TENURES = (6, 20)


class Walks:
    """`size` walks over shops of `n_jobs` x `n_machines`, each `length` steps long."""

    def __init__(
        self, n_jobs: int, n_machines: int, size: int, length: int, seed: int, device: str = "cpu"
    ) -> None:
        self.shape, self.length, self.seed, self.device = (n_jobs, n_machines), length, seed, device
        self.age = np.zeros(size, np.int64)
        self.episode = np.zeros(size, np.int64)
        n = n_jobs * n_machines
        self._duration = np.zeros((size, n), np.int64)
        self._after = torch.zeros((size, n), dtype=torch.int64, device=device)
        tenure = int(np.random.default_rng([seed, *self.shape]).integers(*_TENURES))
        self.recency = Recency(size, tenure, device)
        for row in range(size):
            self._begin(row)
            self.age[row] = row * length // size
        self._take_up()
        self.incumbent = self.state.makespan.clone()

    @property
    def size(self) -> int:
        """Number of walks."""
        return len(self.age)

    def step(self, action: torch.Tensor) -> None:
        """Make a swap in each walk, int64 (size,), and start those anew that are at their end."""
        self.recency.note(self.state, action)
        self._after = swap(self.state, action)
        self.age += 1
        over = np.flatnonzero(self.age >= self.length)
        for row in over:
            self.episode[row] += 1
            self._begin(int(row))
        if len(over):
            self.recency.forget(torch.from_numpy(over).to(self.device))
        self._take_up(renewed=len(over) > 0)
        self.incumbent = torch.minimum(self.incumbent, self.state.makespan)
        if len(over):
            self.incumbent[over] = self.state.makespan[over]

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that `restore` needs."""
        return {
            "age": torch.from_numpy(self.age),
            "episode": torch.from_numpy(self.episode),
            "duration": torch.from_numpy(self._duration),
            "after": self._after.cpu(),
            "incumbent": self.incumbent.cpu(),
            **self.recency.tensors(),
        }

    def restore(self, saved: Mapping[str, torch.Tensor]) -> None:
        """Go on where `tensors` was taken."""
        self.age, self.episode = saved["age"].numpy().copy(), saved["episode"].numpy().copy()
        self._duration = saved["duration"].numpy().copy()
        self._after = saved["after"].to(self.device)
        self.incumbent = saved["incumbent"].to(self.device)
        self.recency.restore(saved)
        self._take_up()

    def _begin(self, row: int) -> None:
        n_jobs, n_machines = self.shape
        rng = np.random.default_rng([self.seed, n_jobs, n_machines, row, int(self.episode[row])])
        shop = random_job_shop(n_jobs, n_machines, int(rng.integers(2**62)))
        priority = priorities(shop) + _NOISE * rng.random() * rng.standard_normal(shop.n_operations)
        self._duration[row] = shop.duration
        orders = torch.from_numpy(active_orders(shop, priority[None])[0])
        self._after[row] = orders.to(self.device)
        self.age[row] = 0

    def _take_up(self, renewed: bool = True) -> None:
        n_jobs, n_machines = self.shape
        if renewed:
            indptr = np.arange(n_jobs + 1) * n_machines
            self.shops = Shops.of(self._duration, indptr, self.device)
        self.state: Evaluated = assess(self.shops, self._after)
