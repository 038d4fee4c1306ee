"""Where Project and Forget projects: the pairs of an instance, on distances divided by a power of
two near the largest, with the oracle that finds their violated cycles and closes them.

With bounds on distances the projection is the one within them.  A bounded pair of weight 0 is two
fixed entries then: its upper bound as a step of paths, its lower bound as the end of cycles, since
some value between them serves wherever all cycles through it, closed without it, hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from solverhub.exact.metric_pieces import cycle_vertices, extended, positive_part, within
from solverhub.exact.project_forget_engine import BoxProjection, Projection
from solverhub.exact.project_forget_oracle import Found, GraphOracle, oracle_of
from solverhub.ops.crew import Crew
from solverhub.problems.metric_instance import MetricInstance


class Space:
    """The pairs of positive weight, without bounds."""

    projection: Projection

    def __init__(self, instance: MetricInstance, crew: Crew, stopped: Callable[[], bool]) -> None:
        self.instance = instance
        self.part, self.kept = positive_part(instance)
        self.unit = 2.0 ** math.frexp(self.part.largest)[1]
        self.ends = self.part.edge_index
        self.oracle = oracle_of(self.part, crew, stopped)
        self.all_pairs = oracle_of(instance, crew, stopped)
        self._project(crew, stopped)

    def violated(self, tolerance: float) -> Found:
        """Cycles that the point violates."""
        return self.oracle.violated(self.projection.x, tolerance)

    def sampled(self, tolerance: float, count: int, rng: np.random.Generator) -> Found:
        """Those of some random cycles that the point violates."""
        x = self.projection.x
        return self.oracle.sampled(x, x, tolerance, count, rng)

    def closed(self) -> np.ndarray | None:
        """The closure of the point, on all pairs and in the distances given."""
        closed = self.oracle.closure(self.projection.x)
        if closed is None:
            return None
        return extended(self.instance, self.kept, closed * self.unit, self.all_pairs)

    def evidence(self) -> dict[str, np.ndarray]:
        """The rows and their multipliers, as the judge wants them."""
        projection = self.projection
        projection.forget()
        return {
            "cycles": cycle_vertices(projection.edges, projection.indptr, *self.ends),
            "indptr": projection.indptr,
            "duals": projection.z * self.unit,
        }

    def _project(self, crew: Crew, stopped: Callable[[], bool]) -> None:
        d = self.part.distances / self.unit
        self.projection = Projection(d, 1.0 / self.part.pair_weights, crew, stopped)


class BoxSpace(Space):
    """The pairs of positive weight or with a bound, within the bounds."""

    def violated(self, tolerance: float) -> Found:
        """Cycles that the point violates."""
        if self.fixed.size == 0:
            return super().violated(tolerance)
        return self._closed_by_ends(self.oracle.beaten(*self._lengths(), tolerance))

    def sampled(self, tolerance: float, count: int, rng: np.random.Generator) -> Found:
        """Those of some random cycles that the point violates."""
        found = self.oracle.sampled(*self._lengths(), tolerance, count, rng)
        return self._closed_by_ends(found)

    def closed(self) -> np.ndarray | None:
        """A metric within the bounds near the point, on all pairs and in the distances given."""
        x = self.instance.ceiling.copy()
        x[self.kept] = self.projection.x[: self.kept.size] * self.unit
        return within(self.instance, x, self.all_pairs)

    def _lengths(self) -> tuple[np.ndarray, np.ndarray]:
        """What pairs weigh in paths, and what cycles that they close must reach, float64 (E,)."""
        lengths = self.projection.x[: self.kept.size]
        limits = lengths.copy()
        limits[self.fixed] = self.projection.x[self.kept.size :]
        return lengths, limits

    def _closed_by_ends(self, found: Found) -> Found:
        edges, starts = found.edges.copy(), found.indptr[:-1]
        edges[starts] = self.entry[edges[starts]]
        return Found(edges, found.indptr, found.excess)

    def _project(self, crew: Crew, stopped: Callable[[], bool]) -> None:
        part, unit = self.part, self.unit
        self.fixed = np.flatnonzero(part.pair_weights == 0)
        size, ends = part.n_edges, self.fixed
        self.entry = np.arange(size, dtype=np.int32)
        self.entry[ends] = np.arange(size, size + ends.size)
        self.ends = np.append(part.edge_index, part.edge_index[:, ends], axis=1)
        low, high = part.floor / unit, np.maximum(part.floor, part.ceiling) / unit
        w = part.pair_weights
        scale = np.divide(1.0, w, out=np.zeros(size), where=w > 0)
        at = np.where(w > 0, part.distances / unit, high)
        if ends.size:
            self.oracle = GraphOracle(part, crew, stopped)
        self.projection = BoxProjection(
            np.append(at, low[ends]),
            np.append(scale, np.zeros(ends.size)),
            np.append(np.where(w > 0, low, high), low[ends]),
            np.append(high, low[ends]),
            crew,
            stopped,
        )


def space_of(instance: MetricInstance, crew: Crew, stopped: Callable[[], bool]) -> Space:
    """The space of the instance's kind."""
    kind = BoxSpace if instance.bounded else Space
    return kind(instance, crew, stopped)
