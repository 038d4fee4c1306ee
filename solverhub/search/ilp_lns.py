"""Large neighbourhood search for integer programs, on all threads, with a shared incumbent.

HiGHS repairs, parts that are cut out of the columns.  On seven families parts of some hundred
columns mostly take it 1 to 30 ms, loading included; CP-SAT is level with it on equations and
slower on packings and covers; SCIP, whose rows are built one by one, takes 14 to 300 ms; and one
kept model with changed bounds is presolved whole every time (figures in `docs/benchmarks.md`).

An iteration is a round: one neighbourhood freed and repaired.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Result
from solverhub.core.solver import Params
from solverhub.problems.dual_bound import proves_infeasible
from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.ilp_chain import LnsChain, WalkChain
from solverhub.search.ilp_first import find_first
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_neighbourhoods import (
    Costs,
    Crossover,
    LocalBranching,
    Neighbourhood,
    Random,
    ReducedCosts,
    Rens,
    Rins,
    Rows,
    RowWalk,
)
from solverhub.search.ilp_removal import Removal
from solverhub.search.ilp_repair import HighsRepair
from solverhub.search.ilp_share import IlpShare
from solverhub.search.ilp_walker import load_kernels

POLL_S = 0.02
GRACE_S = 2.0


@dataclass(frozen=True)
class LnsParams(Params):
    """Parameters of a large neighbourhood search.

    - `slice_s`: seconds that a repair may take at first; more while nothing is found.
    - `patience_s`: seconds without a better solution after which the search ends, so that a
      race can give its core to the other arms; None goes on to the end of the budget.
    """

    slice_s: float = 0.5
    patience_s: float | None = None

    def __post_init__(self) -> None:
        for name in ("slice_s", "patience_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InvalidParams(f"{name} is {value}", remedy="give a number of seconds above 0")


class LnsSolver:
    """A bandit over all neighbourhoods; `neighbourhoods` is what variants change."""

    name: ClassVar[str] = "lns"
    title: ClassVar[str] = "Large neighbourhood search (repair by HiGHS)"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ("highspy",)
    Params: ClassVar[type[LnsParams]] = LnsParams
    plain: ClassVar[bool] = False
    walks: ClassVar[bool] = True

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: IntegerProgram) -> str | None:
        """Why this solver cannot take the instance, or None if it can."""
        return None if instance.integer.any() else "no column is integer"

    def neighbourhoods(self, form: IlpForm) -> Sequence[Neighbourhood]:
        """The neighbourhoods of one thread."""
        return (
            Removal(),
            Random(),
            RowWalk(),
            Rows(),
            Costs(),
            Rins(),
            Rens(),
            ReducedCosts(),
            LocalBranching(),
            Crossover(),
        )

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: LnsParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        _require_form(self.problem, instance, warm_start)
        recorder = Recorder(budget, instance.sense, observe, integral=instance.integral)
        form = IlpForm.of(instance)
        share = IlpShare(self.problem, form, recorder)
        if warm_start is not None:
            share.offer(warm_start)
        if proves_infeasible(instance) or (form.lower > form.upper).any():
            return recorder.finish(None, reason=Reason.INFEASIBLE)
        if not share.over():
            self._search(share, params, seed)
        threads = _threads(budget)
        return recorder.finish(
            recorder.limit(share.done),
            evidence=share.evidence,
            engines=_engines(),
            deterministic=threads == 1,
        )

    def load(self) -> None:
        """Compile the kernels."""
        load_kernels()

    def chain(
        self, share: IlpShare, seed: np.random.SeedSequence, params: LnsParams, *, leads: bool
    ) -> LnsChain | WalkChain:
        """What one thread runs; one of them leads."""
        rules = self.neighbourhoods(share.form)
        return LnsChain(
            share,
            rules,
            seed,
            params.slice_s,
            plain=self.plain,
            walks=self.walks,
            leads=leads,
        )

    def _search(self, share: IlpShare, params: LnsParams, seed: int) -> None:
        first = HighsRepair()
        seeds = np.random.SeedSequence(seed).spawn(_threads(share.recorder.budget))
        chains = [self.chain(share, each, params, leads=i == 0) for i, each in enumerate(seeds)]
        Crew([lambda: find_first(share, first, seed)], [first.stop]).watch(share, None)
        if share.best is not None and not share.over():
            crew = Crew([chain.run for chain in chains], [chain.stop for chain in chains])
            crew.watch(share, params.patience_s)


class RandomLnsSolver(LnsSolver):
    """Random neighbourhoods alone, to measure against."""

    name: ClassVar[str] = "random-lns"
    title: ClassVar[str] = "Large neighbourhood search on random columns, to measure against"
    plain: ClassVar[bool] = True

    def neighbourhoods(self, form: IlpForm) -> Sequence[Neighbourhood]:
        """See `LnsSolver.neighbourhoods`."""
        return (Random(),)


class LocalMipSolver(LnsSolver):
    """Local search on the rows alone; programs of few columns are given to HiGHS whole."""

    name: ClassVar[str] = "local-mip"
    title: ClassVar[str] = "Local search on rows: lift, breakthrough and tight moves"

    def chain(
        self, share: IlpShare, seed: np.random.SeedSequence, params: LnsParams, *, leads: bool
    ) -> LnsChain | WalkChain:
        """See `LnsSolver.chain`."""
        return WalkChain(share, seed)


class Crew:
    """Calls in threads of their own, which `watch` ends with the budget."""

    def __init__(self, calls: Sequence, stops: Sequence) -> None:  # type: ignore[type-arg]
        self._stops = stops
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._guard, args=(call,), daemon=True) for call in calls
        ]

    def watch(self, share: IlpShare, patience_s: float | None) -> None:
        """Run until all calls have returned or the share is over; raises what a call raised."""
        for thread in self._threads:
            thread.start()
        deterministic = share.recorder.budget.deterministic
        while any(thread.is_alive() for thread in self._threads) and self._error is None:
            if not deterministic:
                share.listen()
            idle_s = time.monotonic() - share.better_at
            if share.over() or (patience_s is not None and idle_s > patience_s):
                break
            self._threads[0].join(POLL_S)
        for stop in self._stops:
            stop()
        end = time.monotonic() + GRACE_S
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        if self._error is not None:
            raise self._error

    def _guard(self, call) -> None:  # type: ignore[no-untyped-def]
        try:
            call()
        except BaseException as error:
            self._error = error


def _threads(budget: Budget) -> int:
    return 1 if budget.deterministic else budget.threads


def _engines() -> dict[str, str]:
    from solverhub.engines.highs import version

    return {"highs": version()}


def _require_form(problem: Problem, instance: IntegerProgram, start: np.ndarray | None) -> None:
    dtype, shape = problem.solution_form(instance)
    if start is not None and (start.dtype, start.shape) != (dtype, shape):
        raise InvalidSolution(
            f"the warm start is {start.dtype} {start.shape}", remedy=f"give {dtype} {shape}"
        )
