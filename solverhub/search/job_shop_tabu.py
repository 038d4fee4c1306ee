"""Tabu search with N7 moves and path relinking for job shops.

The search of B. Peng, Z. Lu, T. C. E. Cheng, A tabu search/path relinking algorithm to solve the
job shop scheduling problem, Computers & Operations Research 53 (2015),
doi:10.1016/j.cor.2014.08.006, with these departures: heads and tails are updated over the part
of a topological order that a move touches (`job_shop_sweeps`); a visited schedule is tabu for
as long as a table remembers it, so there are no cycles; paths run through topological orders and
need no repair (`job_shop_relink`); each thread is a chain of its own on shared elites, few at a
time because seconds count (`job_shop_population`); the search ends with a proof where the
makespan meets the bound of the longest job or busiest machine.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Limit, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.job_shop_bound import lower_bound
from solverhub.search.job_shop_chain import Chain, Plan
from solverhub.search.job_shop_orders import order_of, starts_of
from solverhub.search.job_shop_population import Population
from solverhub.search.job_shop_small import MOST_OPERATIONS, enumerate_active
from solverhub.search.job_shop_state import Layout, lay_out

_OPEN = tuple(
    tuple(((2 * j + k * (j % 3 + 1)) % 7, 1 + (j * j + 10 * k) % 11) for k in range(7))
    for j in range(7)
)
"""A shop too large to enumerate and not solved at once, whose search comes to every kernel."""


@dataclass(frozen=True)
class JobShopTabuParams(Params):
    """Parameters of the search.

    - `patience`: moves without a better schedule after which a tabu search ends.
    - `population`: elites that the chains share.
    - `renewal`: schedules in a row that earn no place after which a new population starts.
    - `meeting`: bests of such populations that make one of their own.
    - `crowding`: share of the distance of its parents within which a schedule replaces an elite.
    - `noise`: share of chance, in percent, in the priorities of the first schedules.
    """

    patience: int = 12_500
    population: int = 5
    renewal: int = 5
    meeting: int = 3
    crowding: float = 0.1
    noise: int = 40

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.patience < 1:
            raise InvalidParams(f"patience is {self.patience}", remedy="give 1 or more")
        if self.population < 2:
            raise InvalidParams(f"population is {self.population}", remedy="give 2 or more")
        if self.renewal < 1:
            raise InvalidParams(f"renewal is {self.renewal}", remedy="give 1 or more")
        if self.meeting < 2:
            raise InvalidParams(f"meeting is {self.meeting}", remedy="give 2 or more")
        if not 0 <= self.crowding <= 1:
            raise InvalidParams(f"crowding is {self.crowding}", remedy="give 0 to 1")
        if not 0 <= self.noise <= 100:
            raise InvalidParams(f"noise is {self.noise}", remedy="give 0 to 100")


class JobShopTabuSolver:
    """Tabu search with path relinking; one iteration of the budget is one move."""

    name: ClassVar[str] = "job-shop-tabu"
    title: ClassVar[str] = "Tabu search with N7 moves and path relinking"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[JobShopTabuParams]] = JobShopTabuParams

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def load(self) -> None:
        """Load the compiled kernels, which takes a third of a second."""
        few = Budget.start(iterations=300, threads=1, deterministic=True)
        hasty = self.Params(patience=5, population=2)
        self.solve(ShopInstance.from_jobs(_OPEN), few, params=hasty, seed=0)
        self.solve(ShopInstance.from_jobs(_OPEN[:3]), few, params=hasty, seed=0)

    def solve(
        self,
        instance: ShopInstance,
        budget: Budget,
        *,
        params: JobShopTabuParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; a warm start that is no schedule is repaired."""
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=True)
        _require_form(self.problem, instance, warm_start)
        run = _Run(instance, lay_out(instance), recorder, params)
        if warm_start is not None:
            run.take(warm_start)
        if recorder.limit() is None:
            recorder.bound(lower_bound(instance))
            run.enumerate()
            run.chains(seed, 1 if budget.deterministic else budget.threads)
        return recorder.finish(run.limit, deterministic=budget.deterministic or run.alone)


def _require_form(problem: Problem, shop: ShopInstance, warm_start: np.ndarray | None) -> None:
    if warm_start is None:
        return
    dtype, shape = problem.solution_form(shop)
    if (getattr(warm_start, "dtype", None), np.shape(warm_start)) != (dtype, shape):
        found = f"{getattr(warm_start, 'dtype', type(warm_start).__name__)} {np.shape(warm_start)}"
        raise InvalidSolution(f"the warm start is {found}", remedy=f"give {dtype} {shape}")


class _Run:
    """What the chains of one solve share: the recorder, the count of moves, the elites."""

    def __init__(
        self, shop: ShopInstance, layout: Layout, recorder: Recorder, params: JobShopTabuParams
    ) -> None:
        self.shop, self.layout, self.recorder = shop, layout, recorder
        self.plan = Plan(params.patience, params.crowding, params.noise)
        self.population = Population(layout, params.population, params.renewal, params.meeting)
        self.lock = threading.Lock()
        self.moves = 0
        self.limit: Limit | None = recorder.limit()
        self.over = False
        self.alone = True
        self.failure: BaseException | None = None

    def enumerate(self) -> None:
        """Prove the optimum of a tiny shop, which leaves nothing to search."""
        shop, layout = self.shop, self.layout
        if shop.n_operations > MOST_OPERATIONS:
            return
        order = order_of(shop, layout, np.zeros(shop.n_operations, np.int64))
        self.report(order, int((starts_of(layout, order) + shop.duration).max()))
        first = (shop.indptr[:-1] + np.arange(shop.n_jobs) + 1).astype(np.int32)
        best = int(
            enumerate_active(
                layout.duration,
                layout.machine,
                first,
                len(layout.first) - 1,
                self.recorder.objective,
                order,
            )
        )
        if best >= 0:
            self.report(order, best)
            self.recorder.bound(best)

    def chains(self, seed: int, threads: int) -> None:
        """Run a chain in each thread, the first in this one."""
        self.alone = threads == 1
        seeds = np.random.SeedSequence(seed).generate_state(threads).tolist()
        others = [threading.Thread(target=self.chain, args=(own,)) for own in seeds[1:]]
        for thread in others:
            thread.start()
        try:
            self.chain(seeds[0])
        finally:
            self.over = True
            for thread in others:
                thread.join()
        if self.failure is not None:
            raise self.failure
        self.limit = self.limit or self.recorder.limit(self.moves)

    def chain(self, seed: int) -> None:
        """One chain; the end of one is the end of all."""
        try:
            Chain(
                self.shop,
                self.layout,
                self.population,
                self.plan,
                seed,
                report=self.report,
                permit=self.permit,
                floor=self.floor,
            ).run()
        except BaseException as error:
            self.failure = error
        finally:
            self.over = True

    def floor(self) -> int:
        """Makespan at which the search is over: the bound, or the caller's target."""
        bound, target = self.recorder.best_bound, self.recorder.budget.target
        known = [math.floor(value) for value in (bound, target) if value is not None]
        return max(known, default=0)

    def report(self, order: np.ndarray, makespan: int) -> None:
        """Tell of a schedule if it is the best so far."""
        with self.lock:
            best = self.recorder.objective
            if best is None or makespan < best:
                self.recorder.incumbent(makespan, starts_of(self.layout, order))

    def permit(self, moves: int) -> int:
        """Count moves to be made, or given back where negative; 0 once a limit is reached."""
        with self.lock:
            if moves <= 0:
                self.moves += moves
                return 0
            self.welcome()
            self.limit = self.limit or self.recorder.limit(self.moves)
            if self.over or self.limit is not None or self.recorder.proved():
                return 0
            most = self.recorder.budget.iterations
            allowed = moves if most is None else min(moves, most - self.moves)
            self.moves += allowed
            return allowed

    def welcome(self) -> None:
        """Take in what other solvers found."""
        for event in self.recorder.budget.incoming():
            if event.kind is EventKind.BOUND and event.bound is not None:
                self.recorder.bound(event.bound)
            elif event.solution is not None:
                self.take(event.solution)

    def take(self, start: np.ndarray) -> None:
        """A schedule from outside: told if it is the best, and one of the elites."""
        order = order_of(self.shop, self.layout, start)
        starts = starts_of(self.layout, order)
        makespan = int((starts + self.shop.duration).max())
        self.recorder.incumbent(makespan, starts)
        self.population.welcome(order, makespan)
