"""The elite schedules that the chains of a search share.

A newcomer replaces the worst elite if it is better, and the elite next to it if it is closer to
that one than `crowding` of the usual distance, so that good schedules of one basin do not fill
the population (in the spirit of O. H. Constantino and C. Segura 2022,
doi:10.1007/s10489-021-02465-9).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from solverhub.search.job_shop_relink import distance
from solverhub.search.job_shop_state import Layout


@dataclass(slots=True, eq=False)
class Elite:
    """A schedule: topological order int32 (n_operations,), and its makespan."""

    order: np.ndarray
    makespan: int


@dataclass(slots=True)
class Population:
    """At most `size` elites, best first; every method may be called from any thread."""

    layout: Layout
    size: int
    elites: list[Elite] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, order: np.ndarray, makespan: int, crowding: float) -> bool:
        """Take the schedule in if it earns a place; True if it did."""
        with self.lock:
            found = Elite(order.copy(), makespan)
            if len(self.elites) >= self.size and makespan > self.elites[-1].makespan:
                return False
            distances = [self._distance(found, elite) for elite in self.elites]
            close = [
                elite
                for elite, away in zip(self.elites, distances, strict=True)
                if away <= crowding
            ]
            if any(elite.makespan <= makespan for elite in close):
                return False
            for elite in close:
                self.elites.remove(elite)
            self.elites.append(found)
            self.elites.sort(key=lambda elite: elite.makespan)
            del self.elites[self.size :]
            return True

    def two(self, generator: np.random.Generator) -> tuple[Elite, Elite, int] | None:
        """Two different elites at random and their distance; None while there are fewer."""
        with self.lock:
            if len(self.elites) < 2:
                return None
            i, k = generator.choice(len(self.elites), 2, replace=False)
            one, other = self.elites[i], self.elites[k]
        return one, other, self._distance(one, other)

    def restart(self) -> None:
        """Forget all but the best."""
        with self.lock:
            del self.elites[1:]

    def _distance(self, one: Elite, other: Elite) -> int:
        return int(distance(one.order, other.order, self.layout.machine, self.layout.first))
