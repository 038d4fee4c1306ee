"""A first feasible point of an integer program.

In turn: bounds that no row keeps a column from; columns fixed and propagated, and repaired by
a walk of tight moves and jumps, from several starts; the engine on the whole, for any point.
"""

from __future__ import annotations

import math

import numpy as np

from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_part import part_of
from solverhub.search.ilp_propagate import fixed_point
from solverhub.search.ilp_repair import HighsRepair
from solverhub.search.ilp_share import IlpShare
from solverhub.search.ilp_unlocked import unlocked, unlocked_bounds
from solverhub.search.ilp_walker import Walker

FIRST_NODES = 10_000
TRIES, BURSTS, STEPS = 6, 20, 2000
SMALL = 50
"""Integer columns up to which the engine is given the whole at once."""


def find_first(share: IlpShare, repair: HighsRepair, seed: int) -> None:
    """Offer a first point, unless the budget ends before one is found."""
    form = share.form
    if share.best is not None:
        return
    point = unlocked(form)
    if point is not None:
        share.offer(point)
    if share.best is None and form.whole.size > SMALL:
        _walk(share, repair, seed)
    if share.best is None and not share.over():
        solve_whole(share, repair, seed, first=True)


def solve_whole(share: IlpShare, repair: HighsRepair, seed: int, *, first: bool) -> bool:
    """Give the engine the whole program; True if it left nothing to find."""
    form = share.form
    centre = form.pin(np.where(np.isfinite(form.lower), form.lower, 0.0))
    part = part_of(form, centre, np.flatnonzero(form.lower < form.upper))
    if part is None:
        return True
    repaired = repair.solve(
        part.program,
        math.inf,
        time_s=share.recorder.budget.remaining_s,
        nodes=FIRST_NODES,
        seed=seed,
        first=first,
        proof=not first,
    )
    if repaired.values is not None:
        share.offer(part.lift(repaired.values))
        if repaired.finished and not first:
            share.bound(share.worth)
    return repaired.finished


def _walk(share: IlpShare, repair: HighsRepair, seed: int) -> None:
    form, rng = share.form, np.random.default_rng([seed, 5])
    for turn in range(TRIES):
        walker = Walker(form, fixed_point(form, _preferred(form, turn, rng), _order(form, rng)))
        for _ in range(BURSTS):
            if share.over() or share.best is not None:
                return
            if walker.run(STEPS, int(rng.integers(2**31))) and walker.best is not None:
                offer_walked(share, repair, walker.best)
                break


def offer_walked(share: IlpShare, repair: HighsRepair, point: np.ndarray) -> None:
    """Offer a point of a walk, and what becomes of it when its continuous columns are free."""
    share.offer(point)
    form = share.form
    part = part_of(form, form.pin(point), form.loose) if form.loose.size else None
    if part is None:
        return
    left_s = share.recorder.budget.remaining_s
    repaired = repair.solve(part.program, math.inf, time_s=left_s, nodes=1, seed=0)
    if repaired.values is not None:
        share.offer(part.lift(repaired.values))


def _preferred(form: IlpForm, turn: int, rng: np.random.Generator) -> np.ndarray:
    """Cheap values, values that few rows object to, or random ones, by turns."""
    near = np.clip(0.0, form.lower, form.upper)
    if turn % 3 == 0:
        cheap = np.where(form.cost > 0, form.lower, np.where(form.cost < 0, form.upper, near))
        return np.where(np.isfinite(cheap), cheap, near)
    if turn % 3 == 1:
        free = unlocked_bounds(form)
        return np.where(np.isfinite(free), free, near)
    low = np.where(np.isfinite(form.lower), form.lower, near)
    high = np.where(np.isfinite(form.upper), np.minimum(form.upper, low + 10), low + 1)
    return form.pin(low + rng.random(form.n) * (high - low))


def _order(form: IlpForm, rng: np.random.Generator) -> np.ndarray:
    """Integer columns first, those of many rows before others, ties at random."""
    columns = np.flatnonzero(form.lower < form.upper)
    weight = np.diff(form.col_indptr)[columns] * (0.5 + rng.random(columns.size))
    return columns[np.lexsort((-weight, ~form.program.integer[columns]))]
