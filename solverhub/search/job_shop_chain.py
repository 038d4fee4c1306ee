"""One chain of the search: makes schedules, improves them, shares them.

A chain starts from random active schedules until the population is full.  Then it walks from
one elite towards another and improves what lies between them, as TS/PR does (B. Peng, Z. Lu,
T. C. E. Cheng 2015, doi:10.1016/j.cor.2014.08.006).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solverhub.problems.job_shop import ShopInstance
from solverhub.search.job_shop_descent import MORE, OPTIMAL, begin, search
from solverhub.search.job_shop_orders import order_of, random_order
from solverhub.search.job_shop_population import Population
from solverhub.search.job_shop_relink import walk
from solverhub.search.job_shop_state import BEST, ITERATION, Layout, new_state

SLICE_S = 0.02
MOST_SLICE = 1 << 20
"""A search that finds no move to make returns at once, whatever number it may make."""

LARGE = 100_000_000
"""Operations times jobs from which a start is made without looking at all jobs a step."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a chain searches; see `JobShopTabuParams`."""

    patience: int
    crowding: float
    noise: int


class Chain:
    """A schedule in work and the way to the next one.

    `report(order, makespan)` takes what it finds; `permit(moves)` gives how many of the moves
    asked for it may make (0 ends it); `floor()` is the makespan at which nothing is left to do.
    """

    def __init__(
        self,
        shop: ShopInstance,
        layout: Layout,
        population: Population,
        plan: Plan,
        seed: int,
        *,
        report: Callable[[np.ndarray, int], None],
        permit: Callable[[int], int],
        floor: Callable[[], int],
    ) -> None:
        self.shop, self.layout, self.population, self.plan = shop, layout, population, plan
        self.state = new_state(layout, seed)
        self.generator = np.random.default_rng(seed)
        self.moves = np.zeros((4 * len(layout.node) + 8, 2), np.int32)
        self.report, self.permit, self.floor = report, permit, floor
        self.slice = 64

    def run(self) -> None:
        """Search until `permit` gives no more moves or the floor is met."""
        while True:
            epoch = self.population.epoch
            crowding = self.propose()
            ended = self.improve()
            makespan = int(self.state.control[BEST])
            self.population.add(self.state.best, makespan, crowding, epoch)
            if ended:
                return

    def propose(self) -> float:
        """Load a new schedule; returns the distance below which elites are too alike."""
        pair = self.population.two(self.generator)
        if pair is None:
            order, crowding = self.start(), 0.0
        else:
            one, other, apart = pair
            order = one.order.copy()
            steps = int(apart * self.generator.uniform(0.3, 0.7))
            walk(order, other.order, self.layout.machine, steps, self.state.random)
            crowding = self.plan.crowding * apart
        begin(self.state, order, self.layout.machine, self.layout.first)
        return crowding

    def start(self) -> np.ndarray:
        """A random active schedule, or for a huge shop all jobs side by side."""
        if self.shop.n_operations * self.shop.n_jobs > LARGE:
            before = np.cumsum(self.shop.duration) - self.shop.duration
            heads = before - before[self.shop.indptr[self.shop.job]]
            return order_of(self.shop, self.layout, heads)
        return random_order(self.shop, self.layout, self.plan.noise, self.state.random)

    def improve(self) -> bool:
        """Tabu search from the loaded schedule; True if the whole search has to end."""
        control = self.state.control
        self.report(self.state.best, int(control[BEST]))
        while True:
            allowed = self.permit(self.slice)
            if allowed == 0:
                return True
            made, began = int(control[ITERATION]), time.perf_counter()
            ended = search(self.state, self.moves, allowed, self.plan.patience, self.floor())
            spent = time.perf_counter() - began
            self.report(self.state.best, int(control[BEST]))
            self.permit(int(control[ITERATION]) - made - allowed)
            # Slices bound the time between two looks at the budget, and change nothing else.
            if allowed == self.slice:
                longer = int(self.slice * min(2.0, SLICE_S / max(spent, 1e-6)))
                self.slice = min(max(1, longer), MOST_SLICE)
            if control[BEST] <= self.floor() or ended == OPTIMAL:
                return True
            if ended != MORE:
                # A search without a move to make counts as one, so that budgets end.
                if control[ITERATION] == 0:
                    self.permit(1)
                return False
