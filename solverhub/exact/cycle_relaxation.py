"""The linear relaxation of correlation clustering, its rows made as they are needed.

The covering program of `conflict_program`: conflict cycles, which imply all cycle inequalities
(Chopra and Rao 1993, doi:10.1007/BF01581239; Demaine et al. 2006, doi:10.1016/j.tcs.2006.05.008),
and stars once few cycles are violated.

Interior point without crossover: its points lie inside the optimal face, from where violated
rows cut deeper than from a vertex, and a re-solve costs the same in every round, while the
dual simplex method degenerates as rows gather.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.engines.highs import Model, Run
from solverhub.engines.ilp_answer import Answer
from solverhub.exact.conflict_program import ConflictProgram
from solverhub.exact.engine_thread import EngineThread
from solverhub.ops import packing
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.signed_graph import SignedGraph

_TOLERANCE = 1e-3
_SETTINGS = {
    "solver": "ipm",
    "run_crossover": "off",
    "ipm_optimality_tolerance": 1e-5,
    "presolve": "off",
    "threads": 1,
}
_FEW = 0.1
"""Of the rows there are, the new cycles below which stars are looked for."""
_SLACK = 0.1
"""A row that loose without a multiplier is dropped."""


class CycleRelaxation:
    """The relaxation of one instance, solved in rounds of `separate` and `solve`.

    - `program`: its columns and rows, with the last point and multipliers.
    - `stars`: whether stars are separated, or cycles alone.
    """

    def __init__(
        self,
        instance: SignedGraph,
        seed: int,
        stopped: Callable[[], bool] = lambda: False,
        *,
        stars: bool = True,
    ) -> None:
        self.program = ConflictProgram(instance, seed, stopped)
        self.stopped, self.stars = stopped, stars

    def separate(self, most: int) -> int:
        """Add up to about `most` violated rows of a kind; how many in all."""
        program = self.program
        few = _FEW * program.rows.need.size
        found = program.add_cycles(_TOLERANCE, most)
        if self.stars and found <= few:
            found += program.add_stars(_TOLERANCE, most)
        return found

    def solve(self, until: float) -> bool:
        """Solve the rows so far; False if it did not come to an end before `until`."""
        program = self.program
        rows, cost = program.rows, program.cost
        model = Model(_covering(*rows.arrays, cost))
        model.configure(_SETTINGS, {})
        thread: EngineThread[Answer] = EngineThread()
        answer = thread.watch(Run(model), lambda: self.stopped() or time.monotonic() > until)
        if answer is None or answer.row_dual is None or answer.values is None:
            return False
        program.x = np.clip(answer.values, 0.0, 1.0)
        duals = np.maximum(answer.row_dual, 0.0)
        duals[duals < 1e-9] = 0.0
        load = packing.loads(rows.indptr, rows.columns, duals, cost.size)
        packing.ascend(*rows.arrays, duals, load, cost, passes=2)
        rows.duals = duals
        inside = np.add.reduceat(program.x[rows.columns], rows.indptr[:-1])
        program.keep((duals > 0.0) | (inside <= rows.need + _SLACK))
        return True

    @property
    def evidence(self) -> dict[str, np.ndarray]:
        """The rows and multipliers of the last solve, as the judge wants them."""
        return self.program.evidence(self.program.rows.duals)


def _covering(
    indptr: np.ndarray, columns: np.ndarray, need: np.ndarray, cost: np.ndarray
) -> IntegerProgram:
    """min cost x over 0 <= x <= 1 with x(R) >= need of each row R."""
    m, n = need.size, cost.size
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=cost,
        offset=0.0,
        A=csr_array((np.ones(columns.size), columns, indptr), (m, n)),
        row_lower=need,
        row_upper=np.full(m, np.inf),
        lower=np.zeros(n),
        upper=np.ones(n),
        integer=np.zeros(n, np.bool_),
    )
