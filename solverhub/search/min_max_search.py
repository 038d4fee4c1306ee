"""Local search for min-max correlation clustering, between a certified bound and a start.

Its start is the best of singletons, greedy contraction and, in complete instances, balls about the
worst vertices and the 4-approximation, so that its answer keeps that ratio.  The bound is a
refutation that the judge runs again.  An iteration is 1,000 tried moves of single vertices.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind, Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_form import Form, dense
from solverhub.search.min_max_chain import MinMaxChain
from solverhub.search.min_max_core import root_bound
from solverhub.search.min_max_form import Rows
from solverhub.search.min_max_start import within_four, worst_balls
from solverhub.search.subset_chains import run_chains

_FIRST_STEPS = 30


class MinMaxSearchSolver:
    """Annealing against a falling limit on every vertex."""

    name: ClassVar[str] = "min-max-search"
    title: ClassVar[str] = "4-approximation, annealing against a limit, certified bound"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def solve(
        self,
        instance: SignedGraph,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        integral = self.problem.integral(instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=integral)
        recorder.bound(0)
        if warm_start is None and quick_start(instance, recorder):
            return recorder.finish(recorder.limit())

        def take(labels: np.ndarray) -> bool:
            return recorder.incumbent(self.problem.objective(instance, labels), labels)

        def hear(event: Event) -> np.ndarray | None:
            if event.kind is EventKind.BOUND and event.bound is not None:
                recorder.bound(event.bound)
            if event.kind is EventKind.INCUMBENT and event.solution is not None:
                take(event.solution)
                return event.solution
            return None

        chain = first_chain(self.problem, instance, recorder, seed, warm_start)
        threads = 1 if budget.deterministic else budget.threads
        chains = [chain, *(chain.twin(seed, i) for i in range(1, threads))]
        stopped = partial(_stopped, recorder)
        found = root_bound(instance, recorder.objective or 0, stopped)
        evidence = None
        if found is not None and recorder.bound(found[0]):
            evidence = found[1]
        limit = recorder.limit()
        if limit is None and not recorder.proved():
            limit = run_chains(chains, recorder, take, hear, every_s=instance.n * 1e-6)
        return recorder.finish(limit, evidence=evidence, deterministic=threads == 1)


def quick_start(instance: SignedGraph, recorder: Recorder) -> bool:
    """Record the balls about the worst vertices; True if that is all there is budget for."""
    if instance.complete:
        labels, worst = worst_balls(instance.graph.indptr, instance.graph.indices)
        recorder.incumbent(worst, labels)
    return recorder.limit() is not None


def first_chain(
    problem: Problem,
    instance: SignedGraph,
    recorder: Recorder,
    seed: int,
    warm_start: np.ndarray | None = None,
) -> MinMaxChain:
    """A chain from the better quick start, run briefly; what it finds is recorded, and the
    4-approximation is adopted where it is better still."""
    for labels in _starts(instance, warm_start):
        recorder.incumbent(problem.objective(instance, labels), labels)
        if recorder.limit() is not None:
            break
    rows = Rows.of(instance)
    best = np.zeros(0, np.int64) if recorder.solution is None else recorder.solution
    chain = MinMaxChain(rows, dense(best), 1.0 if recorder.integral else 0.0, seed)
    _run_briefly(problem, instance, recorder, chain)
    if instance.complete and recorder.limit() is None:
        labels = within_four(instance)
        if recorder.incumbent(problem.objective(instance, labels), labels):
            chain.adopt(labels)
    return chain


def _run_briefly(
    problem: Problem, instance: SignedGraph, recorder: Recorder, chain: MinMaxChain
) -> None:
    for _ in range(_FIRST_STEPS):
        if recorder.limit() is not None or chain.finished:
            return
        if chain.run(1):
            recorder.incumbent(problem.objective(instance, chain.best()), chain.best())


def _stopped(recorder: Recorder) -> bool:
    return recorder.limit() is not None


def _starts(instance: SignedGraph, warm_start: np.ndarray | None) -> Iterator[np.ndarray]:
    """Clusterings made quickly, the simplest first."""
    if warm_start is not None:
        yield warm_start
    yield np.arange(instance.n)
    yield dense(Form.of(instance).greedy())
