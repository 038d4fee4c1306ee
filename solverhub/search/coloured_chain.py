"""One chain of the search for colourings: expansions to a local optimum, fused with the best.

A round takes a random 2-approximate solution, expands every colour once in random order, and
fuses what it has become with the best, both exactly by a minimum cut; a better result is
expanded until no colour gains.  Fusion never loses, so that the best parts of all rounds gather.
The first round starts from the majority vote.  With two colours one cut is the optimum, and its
flow the proof.
"""

from __future__ import annotations

import numpy as np

from solverhub.search.coloured_form import Incidence
from solverhub.search.coloured_fusion import LEFT, RIGHT
from solverhub.search.coloured_kernels import pitt
from solverhub.search.subset_random import random_state


class ColourChain:
    """Expansion and fusion; see `subset_chains.Chain` for its use.  A step is one cut.

    `shares` float64 (s,): the flow that proves the best, or None.
    """

    finished = False

    def __init__(self, incidence: Incidence, *seed: int) -> None:
        self.incidence = incidence
        self.rng = np.random.default_rng(seed)
        self.state = random_state(*seed)
        self.shares: np.ndarray | None = None
        self._chosen = incidence.chosen(incidence.vote)
        self._value = incidence.value(self._chosen)
        self._settling = True
        self._current = self._chosen
        self._colours: list[int] = []
        if incidence.n_colours > 2:
            self._queue()

    def best(self) -> np.ndarray:
        """The colours of the best solution so far, int64 (n,)."""
        return self.incidence.labels(self._chosen)

    def adopt(self, solution: np.ndarray) -> None:
        """Fuse a colouring of others with the best."""
        self._fuse(self.incidence.chosen(solution))

    def run(self, steps: int) -> bool:
        """Make `steps` cuts; True if the best solution improved."""
        improved = False
        for _ in range(steps):
            if self.finished:
                break
            improved = self._step() or improved
        return improved

    def _step(self) -> bool:
        if self.incidence.n_colours <= 2:
            return self._exact()
        if self._colours:
            return self._expand()
        improved = self._fuse(self._current) if not self._settling else False
        self._settling = improved
        if improved:
            self._current = self._chosen
        else:
            order = self.rng.permutation(self.incidence.at.size - 1)
            drawn = (*self.incidence.arrays, order, self.state)
            self._current = pitt(*drawn)
        self._queue()
        return improved

    def _queue(self) -> None:
        self._colours = self.rng.permutation(self.incidence.n_colours).tolist()

    def _expand(self) -> bool:
        """Expand the next colour; while settling, a gain brings every colour up again."""
        colour = self._colours.pop()
        before = self.incidence.value(self._current)
        self._current = self.incidence.expanded(self._current, colour)
        value = self.incidence.value(self._current)
        if not self._settling or not _more(value, before):
            return False
        waiting = set(self._colours)
        again = [c for c in range(self.incidence.n_colours) if c not in waiting and c != colour]
        self._colours = [*self.rng.permutation(again).tolist(), *self._colours]
        return self._keep(self._current)

    def _fuse(self, chosen: np.ndarray) -> bool:
        return self._keep(self.incidence.combined(self._chosen, chosen))

    def _keep(self, chosen: np.ndarray) -> bool:
        value = self.incidence.value(chosen)
        if not _more(value, self._value):
            return False
        self._chosen, self._value = chosen, value
        return True

    def _exact(self) -> bool:
        """All edges of one colour against all of the other."""
        side = np.where(self.incidence.colour == 0, LEFT, RIGHT).astype(np.int8)
        chosen, self.shares = self.incidence.fused(side)
        self.finished = True
        return self._keep(chosen)


def _more(value: float, other: float) -> bool:
    return value > other + 1e-9 * (1.0 + abs(other))
