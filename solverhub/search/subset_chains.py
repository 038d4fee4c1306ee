"""Run search chains in slices, each in its thread, until the budget ends or the best is proved.

Kernels let go of the interpreter, so threads of one process share the graph and the cores.
Only the caller's thread writes the recorder.  Slices are sized to take about 20 ms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit

SLICE_S = 0.02
FIRST_STEPS = 16
MOST_STEPS = 1 << 20


class Chain(Protocol):
    """A search that can be run a bit at a time.

    `run(steps)` says whether `best()`, bool (n,) in the order of the instance, improved;
    `adopt` takes over a solution of others; `finished` is True once more steps are of no use.
    """

    finished: bool

    def run(self, steps: int) -> bool:
        """Go on for this many steps."""
        ...

    def best(self) -> np.ndarray:
        """The best solution so far."""
        ...

    def adopt(self, solution: np.ndarray) -> None:
        """Go on from this solution if it is better than the chain's own."""
        ...


class _Pace:
    """Steps of the next slice, from the time that the last one took."""

    def __init__(self) -> None:
        self.steps = FIRST_STEPS

    def run(self, chain: Chain, most: float) -> tuple[bool, int]:
        """Run a slice of at most `most` steps; whether it improved, and its steps."""
        steps = int(min(self.steps, most))
        started = time.perf_counter()
        improved = chain.run(steps)
        took = max(time.perf_counter() - started, 1e-6)
        factor = min(4.0, max(0.25, SLICE_S / took))
        self.steps = int(min(MOST_STEPS, max(1, steps * factor)))
        return improved, steps


def run_chains(
    chains: Sequence[Chain],
    recorder: Recorder,
    take: Callable[[np.ndarray], bool],
    hear: Callable[[Event], np.ndarray | None],
    *,
    every_s: float = 0.0,
    patience_s: float | None = None,
) -> Limit | None:
    """Run to the limit of the recorder's budget, which is returned, or to the end of the chains.

    None is returned too once nothing better was found for `patience_s` seconds.

    `take` records a solution and says whether it is the best so far; `hear` takes in what
    others found and gives a solution to go on from.  `every_s` is the least time between two
    recorded solutions, for instances whose solutions are costly to copy and to check.  A
    single chain runs in the caller's thread, without hearing others if the budget asks for
    equal runs.
    """
    if len(chains) == 1:
        return _run_one(chains[0], recorder, take, hear, every_s, patience_s)
    return _Crew(chains, recorder.budget).run(recorder, take, hear, every_s, patience_s)


def _run_one(
    chain: Chain,
    recorder: Recorder,
    take: Callable[[np.ndarray], bool],
    hear: Callable[[Event], np.ndarray | None],
    every_s: float,
    patience_s: float | None,
) -> Limit | None:
    budget, pace, done = recorder.budget, _Pace(), 0
    told, waiting, better = -1e9, False, time.monotonic()
    while (limit := recorder.limit(done)) is None and not chain.finished:
        left = float("inf") if budget.iterations is None else budget.iterations - done
        improved, steps = pace.run(chain, left)
        done += steps
        waiting = waiting or improved
        now = time.monotonic()
        better = now if improved else better
        if waiting and now - told >= every_s:
            take(chain.best())
            told, waiting = now, False
        if patience_s is not None and now - better > patience_s:
            break
        if not budget.deterministic:
            _pass_on(budget, [chain], hear)
        if recorder.proved():
            break
    if waiting:
        take(chain.best())
    return recorder.limit(done) if limit is None else limit


def _pass_on(
    budget: Budget, chains: Sequence[Chain], hear: Callable[[Event], np.ndarray | None]
) -> None:
    for event in budget.incoming():
        solution = hear(event)
        if solution is not None:
            for chain in chains:
                chain.adopt(solution)


class _Crew:
    """Chains in threads; what they find waits under a lock for the caller's thread."""

    def __init__(self, chains: Sequence[Chain], budget: Budget) -> None:
        self.chains = chains
        self.budget = budget
        self.changed = threading.Condition()
        self.stopping = False
        self.done = 0
        self.running = len(chains)
        self.found: list[np.ndarray] = []
        self.given: list[list[np.ndarray]] = [[] for _ in chains]
        self.error: BaseException | None = None

    def run(
        self,
        recorder: Recorder,
        take: Callable[[np.ndarray], bool],
        hear: Callable[[Event], np.ndarray | None],
        every_s: float,
        patience_s: float | None,
    ) -> Limit | None:
        threads = [
            threading.Thread(target=self._work, args=(i,), daemon=True)
            for i in range(len(self.chains))
        ]
        for thread in threads:
            thread.start()
        try:
            limit = self._attend(recorder, take, hear, every_s, patience_s)
        finally:
            self.stopping = True
            for thread in threads:
                thread.join()
        for solution in self._collect():
            take(solution)
        if self.error is not None:
            raise self.error
        return limit

    def _attend(
        self,
        recorder: Recorder,
        take: Callable[[np.ndarray], bool],
        hear: Callable[[Event], np.ndarray | None],
        every_s: float,
        patience_s: float | None,
    ) -> Limit | None:
        told, better = -1e9, time.monotonic()
        while True:
            with self.changed:
                if not self.found and self.running:
                    self.changed.wait(SLICE_S)
            now = time.monotonic()
            if now - told >= every_s:
                for solution in self._collect():
                    if take(solution):
                        self._share(solution)
                        better = now
                    told = now
            for event in self.budget.incoming():
                heard = hear(event)
                if heard is not None:
                    self._share(heard)
            limit = recorder.limit(self.done)
            if patience_s is not None and now - better > patience_s:
                return limit
            if limit is not None or recorder.proved() or not self.running or self.error:
                return limit

    def _collect(self) -> list[np.ndarray]:
        with self.changed:
            found, self.found = self.found, []
        return found

    def _share(self, solution: np.ndarray) -> None:
        with self.changed:
            for given in self.given:
                given[:] = [solution]

    def _work(self, i: int) -> None:
        chain, pace = self.chains[i], _Pace()
        try:
            while not self.stopping and not chain.finished:
                with self.changed:
                    given, self.given[i] = self.given[i], []
                for solution in given:
                    chain.adopt(solution)
                improved, steps = pace.run(chain, float("inf"))
                found = [chain.best()] if improved else []
                with self.changed:
                    self.done += steps
                    self.found += found
                    if found:
                        self.changed.notify()
        except BaseException as error:
            self.error = error
        finally:
            with self.changed:
                self.running -= 1
                self.changed.notify()
