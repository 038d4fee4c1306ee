"""The elite schedules that the chains of a search share.

A newcomer replaces the worst elite if it is better, and the elites next to it if it is closer to
them than `crowding`, so that good schedules of one basin do not fill the population (in the
spirit of O. H. Constantino and C. Segura 2022, doi:10.1007/s10489-021-02465-9).

A small population gives good schedules early but converges.  Its best then joins the champions
and a new population starts; once there are enough champions they are the next population, and
the best of that is a champion of the next level.  So the search spends its time at the ends of
a tree first, and what it has learned is joined as in one large population.
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
    """At most `size` elites, best first; every method may be called from any thread.

    - `patience`: newcomers in a row that are turned away from a population that has converged.
    - `meeting`: champions of a level that make a population, which then fills up from itself.
    - `lost`: how many have been since the last that was not.
    - `epoch`: how many populations there were before; chains drop what they began in an earlier.
    """

    layout: Layout
    size: int
    patience: int
    meeting: int
    elites: list[Elite] = field(default_factory=list)
    champions: list[list[Elite]] = field(default_factory=lambda: [[]])
    level: int = 0
    lost: int = 0
    epoch: int = 0
    filling: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, order: np.ndarray, makespan: int, crowding: float, epoch: int) -> bool:
        """Take in the schedule, begun in `epoch`, if it earns a place; True if it did."""
        with self.lock:
            if epoch != self.epoch:
                return False
            taken = self._add(Elite(order.copy(), makespan), crowding)
            self.lost = 0 if taken else self.lost + 1
            if self.lost >= self.patience:
                self._turn()
            return taken

    def welcome(self, order: np.ndarray, makespan: int) -> None:
        """Take in a schedule that was found elsewhere, if it earns a place."""
        with self.lock:
            self._add(Elite(order.copy(), makespan), 0.0)

    def two(self, generator: np.random.Generator) -> tuple[Elite, Elite, int] | None:
        """Two different elites at random and their distance; None while more are needed."""
        with self.lock:
            if self.filling or len(self.elites) < 2:
                return None
            i, k = generator.choice(len(self.elites), 2, replace=False)
            one, other = self.elites[i], self.elites[k]
        return one, other, self._distance(one, other)

    def _add(self, found: Elite, crowding: float) -> bool:
        if len(self.elites) >= self.size and found.makespan >= self.elites[-1].makespan:
            return False
        close = [elite for elite in self.elites if self._distance(found, elite) <= crowding]
        if any(elite.makespan <= found.makespan for elite in close):
            return False
        self.elites = [elite for elite in self.elites if elite not in close]
        self.elites.append(found)
        self.elites.sort(key=lambda elite: elite.makespan)
        del self.elites[self.size :]
        self.filling = self.filling and len(self.elites) < self.size
        return True

    def _turn(self) -> None:
        """The best becomes a champion; the next population is new, or a full level of champions."""
        self.lost, self.epoch = 0, self.epoch + 1
        self.champions[self.level].append(self.elites[0])
        ready = self.champions[self.level]
        if len(ready) < self.meeting:
            self.level, self.elites, self.filling = 0, [], True
            return
        self.champions[self.level] = []
        self.level += 1
        if len(self.champions) == self.level:
            self.champions.append([])
        self.elites, self.filling = [], False
        for champion in sorted(ready, key=lambda elite: elite.makespan):
            self._add(champion, 0.0)

    def _distance(self, one: Elite, other: Elite) -> int:
        return int(distance(one.order, other.order, self.layout.machine, self.layout.first))
