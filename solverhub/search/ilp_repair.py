"""Repair: solve a part of a program by HiGHS, for points better than a cutoff.

The part is given to the engine as arrays.  The cutoff is the engine's own limit on the
objective, which prunes as a row would and is in no LP.  A part is limited by nodes, and by
time where equal runs need not give equal answers.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solverhub.engines.ilp_answer import Answer, Status
from solverhub.problems.integer_program import IntegerProgram

if TYPE_CHECKING:
    from solverhub.engines.highs import Model, Run

MOST_NODES = 500
FEW = 0.02
"""Simplex iterations a column of a part below which presolve has solved nearly all of it."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of a part.

    - `values` float64 (k,): its best point, or None.
    - `finished`: nothing is left to find in it; `presolved`: presolve has found nearly all.
    - `wall_s`: the seconds that it took.
    """

    values: np.ndarray | None
    finished: bool
    presolved: bool
    wall_s: float


class HighsRepair:
    """HiGHS at the disposal of one thread; `stop` may be called from others."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._stopped = False

    def solve(
        self,
        program: IntegerProgram,
        cutoff: float,
        *,
        time_s: float,
        nodes: int,
        seed: int,
        first: bool = False,
        proof: bool = False,
    ) -> Repaired:
        """The best point of a program to minimise with an objective of at most `cutoff`.

        `first` is content with any point; with `proof` a run that did something known to be
        wrong is done again without presolve.
        """
        from solverhub.engines.highs import Model

        started = time.monotonic()
        model = Model(program)
        settings: dict[str, object] = {
            "threads": 1,
            "random_seed": seed % (2**31 - 1),
            "mip_max_nodes": nodes,
            "mip_rel_gap": 0.0,
            "time_limit": max(0.0, time_s) if math.isfinite(time_s) else 1e9,
        }
        if math.isfinite(cutoff):
            settings["objective_bound"] = cutoff
        if first:
            settings["mip_max_improving_sols"] = 1
        answer = self._answer(model, settings, proof=proof)
        if answer is not None and answer.status is Status.SUSPECT:
            answer = self._answer(model, {**settings, "presolve": "off"}, proof=False)
        if answer is None:
            return Repaired(None, False, False, time.monotonic() - started)
        done = answer.status in (Status.OPTIMAL, Status.INFEASIBLE)
        values = answer.values
        if values is not None and program.c @ values + program.offset > cutoff + 1e-9 * abs(cutoff):
            values = None
        few = answer.iterations is not None and answer.iterations <= FEW * program.n
        return Repaired(values, done, done and few, time.monotonic() - started)

    def _answer(self, model: Model, settings: dict[str, object], *, proof: bool) -> Answer | None:
        from solverhub.engines.highs import Run

        model.configure(settings, {})
        self._run = run = Run(model, trust_presolve=not proof)
        try:
            return None if self._stopped else run.solve()
        finally:
            self._run = None

    def stop(self) -> None:
        """End the solve under way, and all later ones at once."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()
