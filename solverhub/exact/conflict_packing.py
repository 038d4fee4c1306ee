"""Lower bounds on correlation clustering: conflict cycles and stars, packed by proximal steps.

A round finds violated rows of the covering program (`conflict_program`), makes some passes of
projections over all rows and moves the proximal centre (`ops.packing.project`), and turns the
multipliers into a packing that no single row can improve (`ops.packing.ascend`), whose value is
the bound.  Rows whose multiplier fell to 0 are forgotten.  The order of things is that of
Project and Forget (Sonthalia and Gilbert, JMLR 23, 2022, arXiv:2005.03853), whose projections
solve a regularised problem; with the moving centre the same passes go to the linear program
itself.

The first packing takes milliseconds: of wedges found in one sweep over the graph, or, in a sparse
instance, of cycles that share nothing (`conflict_start`), a part of the pairs a round.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solverhub.exact.conflict_program import ConflictProgram
from solverhub.ops import packing
from solverhub.problems.signed_graph import SignedGraph

_STEP, _RELAX, _PASSES = 0.3, 1.5, 10
_MOST_ROWS = 50_000
_LOOSE, _TIGHT = 3e-2, 5e-3
"""Least violation of a new row, and when no more are found."""
_FIRST = 3
"""Rounds with the rows alone that are found the fastest."""
_FEW = 5
"""New rows below which the next separation waits longer."""
_LONGEST_WAIT = 8
_WORK = 2_000_000
"""Entries of rows that one call visits, so that it returns in about 20 ms."""
_START_WORK = 20_000_000
"""Entries of the graph that a round of the first packing reads: some tenths of a second."""


class ConflictPacking:
    """Rounds on one instance.

    - `bound`: float, the best value so far; `duals`, `evidence` are of that round.
    - `done`: no row was violated and the bound met the value of the point.
    """

    def __init__(
        self,
        instance: SignedGraph,
        seed: int,
        stopped: Callable[[], bool] = lambda: False,
        device: str = "cpu",
    ) -> None:
        self.program = ConflictProgram(instance, seed, stopped)
        self.stopped, self.device = stopped, device
        self.bound, self.done = 0.0, self.program.n < 3
        self.evidence: dict[str, np.ndarray] = self.program.evidence(np.zeros(0))
        self._passes = None if instance.complete or self.done else self.program.passes()
        self._rounds = self._wait = 0
        self._gap = 1
        self._tolerance = _LOOSE

    def round(self) -> bool:
        """Separate, project and bound; True if the bound rose."""
        found = None
        if self._passes is not None:
            self.program.add_disjoint(self._passes, _START_WORK)
            self._pack()
        else:
            found = self._separate()
            self._rounds += 1
            if self._rounds == 1 and self.program.complete:
                self._pack()
        if self._passes is not None and self._passes.done:
            self._passes = None
        if self._passes is None and not self.stopped():
            self._project()
        better = self._bound()
        self._look_back(found)
        return better

    def _separate(self) -> int | None:
        """New rows, or None where it was not yet time to look for all kinds."""
        program, first = self.program, self._rounds < _FIRST
        if first:
            add = program.add_wedges if program.complete else program.add_cycles
            add(self._tolerance, _MOST_ROWS)
            return None
        if self._wait > 0:
            self._wait -= 1
            return None
        found = program.add_cycles(self._tolerance, _MOST_ROWS)
        found += program.add_stars(self._tolerance, _MOST_ROWS)
        self._gap = 1 if found > _FEW else min(_LONGEST_WAIT, 2 * self._gap)
        self._wait = self._gap - 1
        return found

    def _pack(self) -> None:
        """The greedy packing of the first rows, from which the projections go on."""
        rows, program = self.program.rows, self.program
        load = packing.loads(rows.indptr, rows.columns, rows.duals, program.cost.size)
        packing.ascend(*rows.arrays, rows.duals, load, program.cost, passes=2)

    def _project(self) -> None:
        program, rows = self.program, self.program.rows
        usual = float(np.median(program.cost)) if program.cost.size else 1.0
        steps = _STEP / np.sqrt(usual * program.cost)
        load = packing.loads(rows.indptr, rows.columns, rows.duals, steps.size)
        point = program.x - steps * (program.cost - load)
        some = int(np.clip(_WORK // max(1, rows.columns.size), 1, _PASSES))
        for _ in range(0, _PASSES, some):
            packing.project(
                *rows.arrays, rows.duals, point, steps,
                passes=some, relax=_RELAX, device=self.device,
            )  # fmt: skip
            if self.stopped():
                break
        program.x = np.clip(point, 0.0, 1.0)

    def _bound(self) -> bool:
        program, rows = self.program, self.program.rows
        duals = rows.duals.copy()
        load = packing.loads(rows.indptr, rows.columns, duals, program.cost.size)
        packing.ascend(*rows.arrays, duals, load, program.cost, passes=2)
        value = packing.value(rows.need, duals, load, program.cost)
        if value <= self.bound:
            return False
        self.bound, self.evidence = value, program.evidence(duals)
        return True

    def _look_back(self, found: int | None) -> None:
        """Forget what is of no use; end, or look closer, where the bound met the point."""
        program = self.program
        if self._gap > 1 or self._rounds % 4 == 0:
            program.forget()
        value = float(program.cost @ program.x)
        if found == 0 and value - self.bound <= 1e-5 * (1.0 + value):
            self.done = self._tolerance <= _TIGHT
            self._tolerance = _TIGHT
