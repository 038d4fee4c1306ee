"""A local search on rows that can be run a bit at a time; see `ilp_moves`."""

from __future__ import annotations

import numpy as np

from solverhub.search import ilp_moves
from solverhub.search.ilp_form import IlpForm


def load_kernels() -> None:
    """Run every kernel of the searches once, so that it is compiled."""
    from solverhub.problems.generators.ilp import set_cover
    from solverhub.search.ilp_multipliers import Multipliers
    from solverhub.search.ilp_neighbourhoods import LnsState, RowWalk
    from solverhub.search.ilp_part import part_of
    from solverhub.search.ilp_propagate import fixed_point
    from solverhub.search.ilp_removal import Removal
    from solverhub.search.ilp_unlocked import unlocked

    form = IlpForm.of(set_cover(12, 8, 0.3, seed=0))
    unlocked(form)
    columns = np.arange(form.n)
    part_of(form, np.ones(form.n), columns)
    point = fixed_point(form, np.zeros(form.n), columns)
    state, rng = LnsState(form, point, form.worth(point)), np.random.default_rng(0)
    for rule in (RowWalk(), Removal()):
        rule.propose(state, form.n // 2, rng)
    Walker(form, point).run(10, 0)
    Multipliers(form).run()


class Walker:
    """A point on its way, its weights, and the best feasible point that it met.

    `best` float64 (n,) or None, of minimised objective `worth`.  Without an incumbent the
    objective has no weight, and the walk only looks for feasibility.
    """

    def __init__(self, form: IlpForm, point: np.ndarray) -> None:
        n, m = form.n, form.m
        self.form = form
        costly = np.flatnonzero((form.cost != 0) & (form.lower < form.upper))
        self._costly = costly.astype(np.int64)
        self._scale = float(np.abs(form.cost[costly]).mean()) if costly.size else 1.0
        self._weights = np.ones(m)
        self._up, self._down = np.zeros(n), np.zeros(n)
        self._numbers = np.zeros(5)
        self._numbers[ilp_moves.BEST] = np.inf
        self._count: int = 0
        self._best = point.copy()
        self._columns = (
            form.cost,
            form.col_indptr,
            form.col_indices,
            form.col_data,
            form.program.row_lower,
            form.program.row_upper,
            form.slack,
        )
        self._rows = (form.indptr, form.indices, form.data)
        self.go_to(point)

    @property
    def best(self) -> np.ndarray | None:
        """A copy of the best point."""
        return self._best.copy() if np.isfinite(self.worth) else None

    @property
    def worth(self) -> float:
        """Minimised objective of the best point, inf without one."""
        return float(self._numbers[ilp_moves.BEST])

    @property
    def broken(self) -> int:
        """Rows that the present point breaks."""
        return self._count

    def go_to(self, point: np.ndarray) -> None:
        """Go on from this point."""
        self._point = self.form.pin(point)
        self._refresh()

    def beat(self, worth: float) -> None:
        """Look for points better than this from now on."""
        self._numbers[ilp_moves.BEST] = min(worth, self.worth)

    def run(self, steps: int, seed: int) -> bool:
        """Make some steps; True if a better point was found."""
        numbers = self._numbers
        numbers[ilp_moves.STEP] = self.form.step(self.worth) if np.isfinite(self.worth) else 0.0
        numbers[ilp_moves.FOUND] = 0.0
        count: int = ilp_moves.search(
            steps,
            seed,
            self._columns,
            self._rows,
            self.form.program.integer,
            self.form.lower,
            self.form.upper,
            self._costly,
            self._scale,
            self._point,
            self._activity,
            self._weights,
            self._broken,
            self._place,
            self._count,
            self._up,
            self._down,
            numbers,
            self._best,
        )
        self._count = count
        self._refresh()
        return bool(numbers[ilp_moves.FOUND])

    def _refresh(self) -> None:
        """Activities and broken rows anew, so that rounding does not add up."""
        program = self.form.program
        self._activity = program.A @ self._point
        excess = np.maximum(program.row_lower - self._activity, self._activity - program.row_upper)
        broken = np.flatnonzero(excess > self.form.slack)
        self._broken = np.zeros(self.form.m, np.int64)
        self._broken[: broken.size] = broken
        self._place = np.full(self.form.m, -1, np.int64)
        self._place[broken] = np.arange(broken.size)
        self._count = int(broken.size)
        self._numbers[ilp_moves.NOW] = self.form.worth(self._point)
