"""Expert data for the contrastive policy: local branching, and what is nearly as good or useless.

From an incumbent the expert looks for the best solution within a Hamming ball (Fischetti and Lodi
2003, doi:10.1007/s10107-003-0395-5).  Its solutions with at least half of the best improvement
are positives: the columns that they change.  A negative is a positive with some of its columns
swapped for random others, ever more of them, that leaves at most a twentieth of the improvement
when these columns alone are free (CL-LNS, Huang et al. 2023, arXiv:2302.01578).  SCIP solves both
kinds of sub-MIP.  Programs have binary columns alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Problem
from solverhub.exact.ilp_start import ilp_start
from solverhub.problems.integer_program import IntegerProgram

HALF, LITTLE = 0.5, 0.05
NEGATIVES = 9
SWAPS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of a positive that are swapped, in turn."""
POSITIVES = 4
SUB_S = 0.5
WAIT = 30
"""Seconds on the wall for one of the processor, on which the expert is measured."""


@dataclass(frozen=True, slots=True)
class State:
    """One decision: incumbents, the newest first, and sets of columns."""

    incumbents: list[np.ndarray]
    positives: list[np.ndarray]
    negatives: list[np.ndarray]


@dataclass(frozen=True, slots=True)
class Expert:
    """Local branching with balls of `radius` columns, `seconds` of processor time a step.

    A walk has at most `steps` and begins with a greedy solution for costs disturbed by a half.
    """

    problem: Problem
    radius: int
    seconds: float
    steps: int

    def walk(self, program: IntegerProgram, rng: np.random.Generator) -> Iterator[State]:
        """The decisions from a first solution on, each from the best solution of the last."""
        disturbed = replace(program, c=program.c * rng.uniform(0.5, 1.5, program.n))
        first = ilp_start(self.problem, disturbed)
        if first is None:
            return
        incumbents = [first]
        for _ in range(self.steps):
            state, best = self._step(program, incumbents, rng)
            if best is None:
                return
            if state is not None:
                yield state
            incumbents = [best, *incumbents][:3]

    def _step(
        self, program: IntegerProgram, incumbents: list[np.ndarray], rng: np.random.Generator
    ) -> tuple[State | None, np.ndarray | None]:
        x = incumbents[0]
        found = self._solve(_ball(program, x, self.radius), self.seconds, x, rng)
        gains = [self._gain(program, x, y) for y in found]
        if not gains or gains[-1] <= 0:
            return None, None
        good = [y for y, gain in zip(found, gains, strict=True) if gain >= HALF * gains[-1]]
        positives = [np.flatnonzero(y != x) for y in good[-POSITIVES:]]
        negatives = self._negatives(program, x, positives[-1], gains[-1], rng)
        if not negatives:
            return None, found[-1]
        return State(list(incumbents), positives, negatives), found[-1]

    def _negatives(
        self,
        program: IntegerProgram,
        x: np.ndarray,
        positive: np.ndarray,
        most: float,
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        others = np.setdiff1d(np.arange(program.n), positive)
        kept: list[np.ndarray] = []
        for share in SWAPS * 2:
            swapped = min(max(1, round(share * positive.size)), others.size)
            chosen = np.concatenate(
                [
                    rng.permutation(positive)[swapped:],
                    rng.choice(others, swapped, replace=False),
                ]
            )
            if self._freed(program, x, chosen, rng) <= LITTLE * most:
                kept.append(np.sort(chosen))
            if len(kept) == NEGATIVES:
                break
        return kept

    def _freed(
        self, program: IntegerProgram, x: np.ndarray, free: np.ndarray, rng: np.random.Generator
    ) -> float:
        """The improvement with only these columns free."""
        part = sub_program(program, x, free)
        found = self._solve(part, SUB_S, x[free], rng)
        if not found:
            return 0.0
        y = x.copy()
        y[free] = found[-1]
        return self._gain(program, x, y)

    def _gain(self, program: IntegerProgram, x: np.ndarray, y: np.ndarray) -> float:
        gain = self.problem.objective(program, x) - self.problem.objective(program, y)
        return program.sense.sign * float(gain)

    def _solve(
        self,
        program: IntegerProgram,
        seconds: float,
        start: np.ndarray | None,
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        """Improving solutions, the best last."""
        found: list[np.ndarray] = []

        def observe(event: Event) -> None:
            if event.kind is EventKind.INCUMBENT and event.solution is not None:
                found.append(event.solution)

        scip = catalog.solver("ilp", "scip")
        native = {"timing/clocktype": 1, "limits/time": seconds}
        scip.solve(
            program,
            Budget.start(WAIT * seconds, threads=1),
            params=scip.Params.from_mapping({"native": native}),
            seed=int(rng.integers(1 << 30)),
            warm_start=start,
            observe=observe,
        )
        return found


def _ball(program: IntegerProgram, x: np.ndarray, radius: int) -> IntegerProgram:
    """The program with one more row: at most `radius` columns differ from x."""
    one = x > 0.5
    row = csr_array(np.where(one, -1.0, 1.0)[None, :])
    return replace(
        program,
        A=vstack([program.A, row], format="csr"),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, radius - float(one.sum())),
    )


def sub_program(program: IntegerProgram, x: np.ndarray, free: np.ndarray) -> IntegerProgram:
    """The program in these columns alone, the others at x, without rows that have none of them."""
    kept = np.zeros(program.n, np.bool_)
    kept[free] = True
    inner = program.A[:, free]
    rows = np.flatnonzero(np.diff(inner.indptr) > 0)
    fixed = (program.A[rows] @ np.where(kept, 0.0, x)).round(9)
    return IntegerProgram(
        sense=program.sense,
        c=program.c[free],
        A=inner[rows],
        row_lower=program.row_lower[rows] - fixed,
        row_upper=program.row_upper[rows] - fixed,
        lower=program.lower[free],
        upper=program.upper[free],
        integer=program.integer[free],
    )
