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
from typing import ClassVar

import numpy as np

from solverhub.ops import cycle_projections_cpu as kernels
from solverhub.ops.crew import Crew

_HALVINGS = 12
_DAMPING = 1e-2
"""Of the largest scale: rows whose entries are all clipped have no curvature of their own."""


class Projection:
    """x, the rows kept and their multipliers.

    - `d`, `scale`: float64 (E,), the point and 1 / w.
    - `edges` int32 (k,), `indptr` int64 (c + 1,), `z` float64 (c,): the rows.
    - `free` float64 (E,): `scale` of the entries that multipliers move, else 0.
    - `sweeps`, `steps`: after conjugate gradients, and the most of these, that pay in a round.
    """

    sweeps: ClassVar[int] = 3
    steps: ClassVar[int] = 320

    def __init__(
        self,
        d: np.ndarray,
        scale: np.ndarray,
        crew: Crew,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.d, self.scale, self.crew, self.stopped = d, scale, crew, stopped
        self.x = d.copy()
        self.free, self.damping = scale, 0.0
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
        direction, step = np.zeros(self.n_rows), np.zeros(self.n_rows)
        square = first = float(residual @ residual)
        count, factor = 0, 0.0
        while count < most and square > tolerance**2 * first and not self.stopped():
            load = self._turned(direction, residual, factor)
            image, curvature = self._gather(load, direction, self.damping)
            count += 1
            if not curvature > 0:
                break
            before, square = (
                square,
                self._advance(square / curvature, direction, image, step, residual),
            )
            factor = square / before
        self._take(step)
        return count

    def _take(self, step: np.ndarray) -> None:
        value, length = self.value(), 1.0
        for _ in range(_HALVINGS):
            z = np.maximum(self.z + length * step, 0.0)
            if self.move(z, value):
                return
            length /= 2

    def move(self, z: np.ndarray, value: float) -> bool:
        """Go to the multipliers z if the dual is above `value` there."""
        load = self._scatter(z)
        load *= self.scale
        x = self.d - load
        better = self._dual(x) > value
        if better:
            self.z, self.x = z, x
        return better

    def value(self) -> float:
        """The value of the dual: sum of w (d^2 - x^2)."""
        return self._dual(self.x)

    def _dual(self, x: np.ndarray) -> float:
        return float(((self.d - x) * (self.d + x) / self.scale).sum())

    def _scatter(self, z: np.ndarray) -> np.ndarray:
        return self._summed(lambda t0, t1: z)

    def _turned(self, direction: np.ndarray, residual: np.ndarray, factor: float) -> np.ndarray:
        """The free load of the next direction, which replaces the last."""

        def turn(t0: int, t1: int) -> np.ndarray:
            kernels.turn(t0, t1, residual, factor, direction)
            return direction

        load = self._summed(turn)
        load *= self.free
        return load

    def _summed(self, values: Callable[[int, int], np.ndarray]) -> np.ndarray:
        """A'z float64 (E,), z being what `values` gives for a range of rows."""

        def add(t0: int, t1: int) -> np.ndarray:
            load = np.zeros(self.d.size)
            kernels.scatter(self.edges, self.indptr, t0, t1, values(t0, t1), load)
            return load

        total, *others = self.crew.run(add, self.crew.halves(self.n_rows))
        for load in others:
            total += load
        return np.asarray(total)

    def _gather(
        self, x: np.ndarray, z: np.ndarray, damping: float = 0.0
    ) -> tuple[np.ndarray, float]:
        above = np.empty(self.n_rows)

        def read(t0: int, t1: int) -> float:
            found: float = kernels.gather(self.edges, self.indptr, t0, t1, x, z, damping, above)
            return found

        return above, sum(self.crew.run(read, self.crew.halves(self.n_rows)))

    def _advance(self, length: float, *vectors: np.ndarray) -> float:
        def go(t0: int, t1: int) -> float:
            square: float = kernels.advance(t0, t1, length, *vectors)
            return square

        return float(sum(self.crew.run(go, self.crew.halves(self.n_rows))))


class BoxProjection(Projection):
    """The same within low <= x <= high, whose multipliers are the best for those of the rows.

    With p = d - A'z / w, x is p clipped, and the dual the sum of the least w (x - d)^2 + 2 x (A'z)
    within the bounds, smooth and of at most the curvature it has without; so the steps of `sweep`
    raise it too, and conjugate gradients, damped, leave out what is clipped.  An entry of scale 0
    is fixed.
    """

    sweeps: ClassVar[int] = 20
    steps: ClassVar[int] = 40

    def __init__(
        self,
        d: np.ndarray,
        scale: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        crew: Crew,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(d, scale, crew, stopped)
        self.low, self.high = low, high
        self.damping = _DAMPING * float(scale.max(initial=0.0))
        self.w = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
        self._place(d.copy())

    def sweep(self, times: int) -> float:
        """Raise the dual along every multiplier in turn; the largest change of the last time."""
        change = 0.0
        for _ in range(times):
            if self.stopped():
                break
            change = kernels.sweep_box(
                self.edges, self.indptr, self.scale, self.z, self.p, self.low, self.high
            )
        self._place(self.p)
        return change

    def move(self, z: np.ndarray, value: float) -> bool:
        """Go to the multipliers z if the dual is above `value` there."""
        load = self._scatter(z)
        p = self.d - load * self.scale
        better = self._least(load, np.clip(p, self.low, self.high)) > value
        if better:
            self.z = z
            self._place(p)
        return better

    def value(self) -> float:
        """The value of the dual."""
        load = self._scatter(self.z)
        return self._least(load, np.clip(self.d - load * self.scale, self.low, self.high))

    def _least(self, load: np.ndarray, x: np.ndarray) -> float:
        return float((self.w * (x - self.d) ** 2 + 2 * load * x).sum())

    def _place(self, p: np.ndarray) -> None:
        self.p, self.x = p, np.clip(p, self.low, self.high)
        self.free = np.where((self.low < p) & (p < self.high), self.scale, 0.0)
