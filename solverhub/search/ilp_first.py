"""A first feasible point of an integer program."""

from __future__ import annotations

import math

import numpy as np

from solverhub.search.ilp_part import part_of
from solverhub.search.ilp_repair import HighsRepair
from solverhub.search.ilp_share import IlpShare
from solverhub.search.ilp_unlocked import unlocked

FIRST_NODES = 10_000


def find_first(share: IlpShare, repair: HighsRepair, seed: int) -> None:
    """Offer a first point: by unlocked bounds, else by the engine on the program without costs."""
    form = share.form
    point = unlocked(form)
    if point is not None:
        share.offer(point)
    if share.best is not None or share.over():
        return
    centre = form.pin(np.where(np.isfinite(form.lower), form.lower, 0.0))
    part = part_of(form, centre, np.flatnonzero(form.lower < form.upper))
    if part is None:
        return
    repaired = repair.solve(
        part.program,
        math.inf,
        time_s=share.recorder.budget.remaining_s,
        nodes=FIRST_NODES,
        seed=seed,
        first=True,
    )
    if repaired.values is not None:
        share.offer(part.lift(repaired.values))
