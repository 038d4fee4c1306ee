"""Which columns a large neighbourhood search sets free: the interface, and the plain rules.

The rules follow Rothberg 2007 (doi 10.1287/ijoc.1060.0189: mutation, here `random`, and
crossover), Danna, Rothberg and Le Pape 2005 (doi 10.1007/s10107-004-0518-7: RINS), Berthold
2014 (doi 10.1007/s12532-013-0060-9: RENS), and the neighbourhoods of rows and objective in
Balans (Cai, Kadioglu and Dilkina 2024, arXiv 2412.14382).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numba import njit

from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_relaxation import Relaxation

NEAR = 1e-3
"""Distance within which a value of a relaxation, which may not be exact, counts as another."""


@dataclass(frozen=True, slots=True)
class LnsState:
    """Where a search stands; nothing of it may be written to.

    - `point` float64 (n,): the incumbent to be improved, of minimised objective `worth`.
    - `elites`: the best points met, best first; `recent`: the latest incumbents, newest first.
    - `relaxation`: of the root, or None as long as it is not known.
    - `ball`: gives the values of the relaxation within a distance of a point, or None.
    """

    form: IlpForm
    point: np.ndarray
    worth: float
    elites: list[np.ndarray] = field(default_factory=list)
    recent: list[np.ndarray] = field(default_factory=list)
    relaxation: Relaxation | None = None
    ball: Callable[[np.ndarray, float], np.ndarray | None] | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Columns to set free, int64 (k,), distinct; the others stay at `centre` (None: the point)."""

    free: np.ndarray
    centre: np.ndarray | None = None


class Neighbourhood(Protocol):
    """A rule that chooses which columns to set free."""

    name: ClassVar[str]

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """About `size` integer columns of `state.form.whole`, or None where it has no answer.

        Continuous columns need not be named: they are always free.
        """
        ...


class Random:
    """Columns at random."""

    name: ClassVar[str] = "random"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        whole = state.form.whole
        return Proposal(rng.choice(whole, min(size, whole.size), replace=False))


class RowWalk:
    """Columns within reach of a random one, breadth first over the rows."""

    name: ClassVar[str] = "row-walk"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        form = state.form
        allowed = np.zeros(form.n, np.bool_)
        allowed[form.whole] = True
        free = _walk(
            rng.choice(form.whole),
            min(size, form.whole.size),
            allowed,
            form.indptr,
            form.indices,
            form.col_indptr,
            form.col_indices,
            int(rng.integers(2**31)),
        )
        return Proposal(free)


class Rows:
    """All columns of some random rows, tight ones first: what they could exchange."""

    name: ClassVar[str] = "rows"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        form = state.form
        if form.m == 0:
            return None
        activity = form.program.A @ state.point
        tight = activity >= form.program.row_upper - form.slack
        tight |= activity <= form.program.row_lower + form.slack
        order = np.argsort(rng.random(form.m) - tight)
        chosen = np.zeros(form.n, np.bool_)
        mine = np.zeros(form.n, np.bool_)
        mine[form.whole] = True
        count = 0
        for row in order:
            columns = form.indices[form.indptr[row] : form.indptr[row + 1]]
            new = columns[mine[columns] & ~chosen[columns]]
            chosen[new] = True
            count += new.size
            if count >= size:
                break
        return Proposal(_cut(np.flatnonzero(chosen), size, rng))


class Costs:
    """Columns drawn by what they cost above their cheapest value, and some at random."""

    name: ClassVar[str] = "costs"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        form, whole = state.form, state.form.whole
        cost = form.cost[whole]
        cheapest = np.where(cost > 0, form.lower[whole], form.upper[whole])
        with np.errstate(invalid="ignore"):
            lost = np.where(cost == 0, 0.0, cost * (state.point[whole] - cheapest))
        lost[~np.isfinite(lost)] = np.abs(cost[~np.isfinite(lost)])
        if not lost.any():
            return None
        return Proposal(
            _drawn(whole, lost / lost.max() + 0.1 * lost.mean() / lost.max(), size, rng)
        )


class Rins:
    """Columns in which the incumbent and the relaxation differ."""

    name: ClassVar[str] = "rins"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        if state.relaxation is None:
            return None
        whole = state.form.whole
        away = np.abs(state.relaxation.values[whole] - state.point[whole]) > NEAR
        return Proposal(_filled(whole, away, size, rng))


class Rens:
    """Fractional columns of the relaxation, whose whole ones are kept as they are there."""

    name: ClassVar[str] = "rens"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        if state.relaxation is None:
            return None
        form, whole, values = state.form, state.form.whole, state.relaxation.values
        fractional = np.abs(values[whole] - np.rint(values[whole])) > NEAR
        if not 0 < fractional.sum() <= size:
            return None
        return Proposal(_filled(whole, fractional, size, rng), form.pin(values))


class ReducedCosts:
    """Columns drawn by how little the relaxation would lose if they changed."""

    name: ClassVar[str] = "reduced-costs"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        if state.relaxation is None:
            return None
        whole = state.form.whole
        loss = np.abs(state.relaxation.reduced_costs[whole])
        scale = np.median(loss[loss > 0]) if (loss > 0).any() else 1.0
        away = np.abs(state.relaxation.values[whole] - state.point[whole])
        return Proposal(_drawn(whole, (0.05 + away) / (1.0 + (loss / scale) ** 2), size, rng))


class LocalBranching:
    """Columns that the relaxation moves most within a distance of the incumbent (LB-RELAX)."""

    name: ClassVar[str] = "local-branching"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        if state.relaxation is None or state.ball is None:
            return None
        values, whole = state.ball(state.point, float(size)), state.form.whole
        if values is None:
            return None
        away = np.abs(values[whole] - state.point[whole]) + 1e-6 * rng.random(whole.size)
        size = min(size, whole.size)
        return Proposal(whole[np.argpartition(-away, size - 1)[:size]])


class Crossover:
    """Columns in which two elites differ."""

    name: ClassVar[str] = "crossover"

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        others = [elite for elite in state.elites if elite is not state.point]
        if not others:
            return None
        other, whole = others[int(rng.integers(len(others)))], state.form.whole
        return Proposal(_filled(whole, other[whole] != state.point[whole], size, rng))


def _cut(columns: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    return columns if columns.size <= size else rng.choice(columns, size, replace=False)


def _filled(
    whole: np.ndarray, wanted: np.ndarray, size: int, rng: np.random.Generator
) -> np.ndarray:
    """The wanted columns, cut down or filled up at random to `size`."""
    chosen = _cut(whole[wanted], size, rng)
    rest = whole[~wanted]
    more = min(size - chosen.size, rest.size)
    return np.concatenate([chosen, rng.choice(rest, more, replace=False)]) if more > 0 else chosen


def _drawn(
    whole: np.ndarray, weights: np.ndarray, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Columns without repetition, with chances by weight (Efraimidis and Spirakis 2006)."""
    if size >= whole.size:
        return whole
    keys = rng.exponential(size=whole.size) / np.maximum(weights, 1e-12)
    return whole[np.argpartition(keys, size)[:size]]


@njit(cache=True, nogil=True)
def _walk(start, size, allowed, indptr, indices, col_indptr, col_indices, seed):  # type: ignore[no-untyped-def]
    """Up to `size` allowed columns breadth first from `start`; rows and columns in random order.

    A walk that has no way on begins again elsewhere.
    """
    np.random.seed(seed)
    n, m = col_indptr.size - 1, indptr.size - 1
    seen, rows_seen = np.zeros(n, np.bool_), np.zeros(m, np.bool_)
    found = np.empty(n, np.int64)
    found[0], seen[start] = start, True
    count, head = 1, 0
    while count < size:
        if head == count:
            left = np.flatnonzero(allowed & ~seen)
            if left.size == 0:
                break
            fresh = left[np.random.randint(left.size)]
            found[count], seen[fresh] = fresh, True
            count += 1
        j = found[head]
        head += 1
        for i in np.random.permutation(col_indices[col_indptr[j] : col_indptr[j + 1]]):
            if rows_seen[i] or count >= size:
                continue
            rows_seen[i] = True
            for k in np.random.permutation(indices[indptr[i] : indptr[i + 1]]):
                if allowed[k] and not seen[k] and count < size:
                    found[count], seen[k] = k, True
                    count += 1
    return found[:count]
