"""Project and Forget: the projection of a point on the metrics, by cycle inequalities kept while
they matter (Sonthalia and Gilbert 2022, arXiv 2005.03853).

    minimise  sum w (x - d)^2   subject to   A x <= 0,

one row of A a cycle that has been found, is the dual program  max 2 z'A d - |A'z|^2_{1/w}  over
z >= 0, with x = d - A'z / w.  The paper projects on the rows in turn (`sweep`), which is
coordinate ascent and slow in the tail.  Here sweeps only find which multipliers are positive;
between them conjugate gradients solve for these, and a step along their direction, clipped at
z = 0 and halved until the dual rises, takes the result (gradient projection with conjugate
gradients, Moré and Toraldo 1991, doi:10.1137/0801008).  Rows whose multiplier is 0 are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solverhub.ops import cycle_projections_cpu as kernels
from solverhub.ops.crew import Crew

_HALVINGS = 12


class Projection:
    """x, the rows kept and their multipliers.

    - `d`, `scale`: float64 (E,), the point and 1 / w.
    - `edges` int32 (k,), `indptr` int64 (c + 1,), `z` float64 (c,): the rows.
    """

    def __init__(
        self,
        d: np.ndarray,
        scale: np.ndarray,
        crew: Crew,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.d, self.scale, self.crew, self.stopped = d, scale, crew, stopped
        self.x = d.copy()
        self.edges, self.indptr = np.zeros(0, np.int32), np.zeros(1, np.int64)
        self.z = np.zeros(0)

    @property
    def n_rows(self) -> int:
        """Number of rows kept."""
        return int(self.z.size)

    def add(self, edges: np.ndarray, indptr: np.ndarray) -> None:
        """Append rows with multiplier 0."""
        self.edges = np.concatenate([self.edges, edges])
        self.indptr = np.concatenate([self.indptr, self.indptr[-1] + indptr[1:]])
        self.z = np.concatenate([self.z, np.zeros(indptr.size - 1)])

    def sweep(self, times: int) -> float:
        """Project on every row in turn; the largest change of the last time."""
        change = 0.0
        for _ in range(times):
            if self.stopped():
                break
            change = kernels.sweep(self.edges, self.indptr, self.scale, self.z, self.x)
        return change

    def forget(self) -> None:
        """Drop the rows whose multiplier is 0."""
        kept = self.z > 0
        if kept.all():
            return
        lengths = np.diff(self.indptr)
        self.edges = self.edges[np.repeat(kept, lengths)]
        self.indptr = np.concatenate([[0], np.cumsum(lengths[kept])])
        self.z = self.z[kept]

    def newton(self, most: int, tolerance: float) -> int:
        """Solve for the positive multipliers by up to `most` conjugate gradients; their number.

        They end once the residual of the rows is below `tolerance` times what it was.
        """
        self.forget()
        if self.n_rows == 0:
            return 0
        residual = self._gather(self.x, self.z)[0]
        direction, step = residual.copy(), np.zeros(self.n_rows)
        square = first = float(residual @ residual)
        count = 0
        while count < most and square > tolerance**2 * first and not self.stopped():
            load = self._scatter(direction)
            load *= self.scale
            image, curvature = self._gather(load, direction)
            count += 1
            if not curvature > 0:
                break
            length = square / curvature
            step += length * direction
            residual -= length * image
            before, square = square, float(residual @ residual)
            direction *= square / before
            direction += residual
        self._take(step)
        return count

    def _take(self, step: np.ndarray) -> None:
        value, length = self.dual(self.x), 1.0
        for _ in range(_HALVINGS):
            z = np.maximum(self.z + length * step, 0.0)
            x = self.point(z)
            if self.dual(x) > value:
                self.z, self.x = z, x
                return
            length /= 2

    def point(self, z: np.ndarray) -> np.ndarray:
        """x of multipliers."""
        load = self._scatter(z)
        load *= self.scale
        return np.asarray(self.d - load)

    def dual(self, x: np.ndarray) -> float:
        """The value of the dual at multipliers whose point is x: sum of w (d^2 - x^2)."""
        return float(((self.d - x) * (self.d + x) / self.scale).sum())

    def _scatter(self, z: np.ndarray) -> np.ndarray:
        pieces = [(np.zeros(self.d.size), t0, t1) for t0, t1 in self.crew.halves(self.n_rows)]

        def add(load: np.ndarray, t0: int, t1: int) -> None:
            kernels.scatter(self.edges, self.indptr, t0, t1, z, load)

        self.crew.run(add, pieces)
        total = pieces[0][0]
        for load, _, _ in pieces[1:]:
            total += load
        return total

    def _gather(self, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, float]:
        above = np.empty(self.n_rows)

        def read(t0: int, t1: int) -> float:
            found: float = kernels.gather(self.edges, self.indptr, t0, t1, x, z, above)
            return found

        return above, sum(self.crew.run(read, self.crew.halves(self.n_rows)))
