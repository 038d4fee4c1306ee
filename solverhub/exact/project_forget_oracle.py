"""What Project and Forget asks of an instance: cycles that x violates, and the closure of x.

A complete instance is searched for triangles: for each pair the one that it violates most, from
one min-plus product.  A sparse one is searched by Dijkstra: for each pair its shortest path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solverhub.exact.project_forget_engine import Projection
from solverhub.ops import cycle_projections_cpu as kernels
from solverhub.ops.crew import Crew
from solverhub.ops.min_plus import detours, padded, shortest_paths
from solverhub.ops.shortcuts_cpu import shortcuts
from solverhub.problems.metric_instance import MetricInstance

_SOURCES = 32
_PARTS = 2
"""Triangles a pair may have from one search: fewer rounds for more rows."""

_PATHS = 64


@dataclass(frozen=True)
class Found:
    """Rows of violated cycles, `edges` int32 by `indptr` int64, and by how much, float64 (c,)."""

    edges: np.ndarray
    indptr: np.ndarray
    excess: np.ndarray

    @property
    def worst(self) -> float:
        """The largest violation, 0 without any."""
        return float(self.excess.max(initial=0.0))


class CompleteOracle:
    """Triangles of all pairs of n points."""

    def __init__(
        self, instance: MetricInstance, crew: Crew, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.n, self.crew, self.stopped = instance.n, crew, stopped
        self.u, self.v = instance.edge_index
        row = np.arange(self.n)
        self.offset = row * self.n - row * (row + 1) // 2 - row - 1

    def violated(self, x: np.ndarray, tolerance: float) -> Found:
        """For each pair the triangle that it violates most, of each half of the points."""
        form = padded(self._matrix(x))
        triples, excess = detours(
            form, self.n, tolerance, crew=self.crew, parts=_PARTS, stopped=self.stopped
        )
        i, j, k = triples.T
        rows = np.stack([self._edge(i, j), self._edge(i, k), self._edge(k, j)], axis=1)
        return Found(rows.astype(np.int32).reshape(-1), np.arange(0, rows.size + 1, 3), excess)

    def sampled(
        self,
        lengths: np.ndarray,
        limits: np.ndarray,
        tolerance: float,
        count: int,
        rng: np.random.Generator,
    ) -> Found:
        """Those of `count` random triangles whose pair's limit is beyond the other two."""
        ends = rng.integers(0, self.n, (3, count))
        i, j, k = ends[:, (ends[0] != ends[1]) & (ends[0] != ends[2]) & (ends[1] != ends[2])]
        rows = np.stack([self._edge(i, j), self._edge(i, k), self._edge(k, j)], axis=1)
        excess = limits[rows[:, 0]] - lengths[rows[:, 1]] - lengths[rows[:, 2]]
        rows, excess = rows[excess > tolerance], excess[excess > tolerance]
        return Found(rows.astype(np.int32).reshape(-1), np.arange(0, rows.size + 1, 3), excess)

    def beaten(self, lengths: np.ndarray, limits: np.ndarray, tolerance: float) -> Found:
        """Shortest paths that beat the limits of their pairs most, at most `_PATHS` of them."""
        matrix = self._matrix(lengths)
        closed = shortest_paths(matrix.copy(), crew=self.crew, stopped=self.stopped)
        if closed is None:
            return Found(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0))
        excess = limits - closed[self.u, self.v]
        worst = np.argsort(-excess, kind="stable")[:_PATHS]
        worst = worst[excess[worst] > tolerance]
        rows = [self._path(int(e), matrix, closed) for e in worst]
        sizes = np.array([len(row) for row in rows], np.int64)
        edges = np.array([e for row in rows for e in row], np.int32)
        return Found(edges, np.concatenate([[0], np.cumsum(sizes)]), excess[worst])

    def _path(self, edge: int, lengths: np.ndarray, closed: np.ndarray) -> list[int]:
        """The edge and then a shortest path between its ends, at most n - 1 steps of it."""
        at, end = int(self.u[edge]), int(self.v[edge])
        row, seen = [edge], {at}
        while at != end:
            through = lengths[at] + closed[:, end]
            through[list(seen)] = np.inf
            step = int(through.argmin())
            row.append(int(self._edge(np.array(at), np.array(step))))
            seen.add(step)
            at = step
        return row

    def closure(self, x: np.ndarray) -> np.ndarray | None:
        """Lengths of shortest paths, or None where it was stopped."""
        closed = shortest_paths(self._matrix(x), crew=self.crew, stopped=self.stopped)
        return None if closed is None else np.ascontiguousarray(closed[self.u, self.v])

    def _matrix(self, x: np.ndarray) -> np.ndarray:
        matrix = np.zeros((self.n, self.n))
        positive = np.maximum(x, 0.0)
        matrix[self.u, self.v] = positive
        matrix[self.v, self.u] = positive
        return matrix

    def _edge(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(self.offset[np.minimum(a, b)] + np.maximum(a, b))


class GraphOracle:
    """Cycles of a graph."""

    def __init__(
        self, instance: MetricInstance, crew: Crew, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.n, self.crew, self.stopped = instance.n, crew, stopped
        u, v = instance.edge_index
        ends = np.append(u, v)
        order = np.argsort(ends, kind="stable")
        self.indptr = np.zeros(self.n + 1, np.int64)
        np.cumsum(np.bincount(ends, minlength=self.n), out=self.indptr[1:])
        self.indices = np.append(v, u)[order]
        self.ids = np.append(np.arange(u.size), np.arange(u.size))[order]

    def violated(self, x: np.ndarray, tolerance: float) -> Found:
        """For each pair its shortest path, if that is shorter by more than the tolerance."""
        lengths = np.maximum(x, 0.0)
        return self.beaten(lengths, lengths, tolerance)

    def beaten(self, lengths: np.ndarray, limits: np.ndarray, tolerance: float) -> Found:
        """For each pair its shortest path, if that is shorter than the pair's limit."""
        return _joined(self._search(lengths, limits, tolerance))

    def sampled(
        self,
        lengths: np.ndarray,
        limits: np.ndarray,
        tolerance: float,
        count: int,
        rng: np.random.Generator,
    ) -> Found:
        """Shortest paths between the pairs of random vertices, about `count` pairs, that beat the
        pairs' limits."""
        pairs = max(1, self.indices.size // 2)
        sources = rng.integers(0, max(1, self.n), -(-count * self.n // pairs))
        graph = (self.indptr, self.indices, self.ids, lengths, limits)
        return _joined([shortcuts(*graph, s, s + 1, tolerance) for s in np.unique(sources)])

    def closure(self, x: np.ndarray) -> np.ndarray | None:
        """Lengths of shortest paths, or None where it was stopped."""
        lengths = np.maximum(x, 0.0)
        found = self._search(lengths, lengths, 0.0)
        if self.stopped():
            return None
        closed: np.ndarray = lengths.copy()
        for edges, rows, saved in found:
            closed[edges[rows[:-1]]] = lengths[edges[rows[:-1]]] - saved
        return closed

    def _search(
        self, lengths: np.ndarray, limits: np.ndarray, tolerance: float
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        def from_sources(s0: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            s1 = s0 if self.stopped() else min(self.n, s0 + _SOURCES)
            found: tuple[np.ndarray, np.ndarray, np.ndarray] = shortcuts(
                self.indptr, self.indices, self.ids, lengths, limits, s0, s1, tolerance
            )
            return found

        return self.crew.run(from_sources, [(s0,) for s0 in range(0, self.n, _SOURCES)])


def _joined(found: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Found:
    """One list of the rows of several searches."""
    if not found:
        return Found(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0))
    sizes = np.concatenate([np.diff(rows) for _, rows, _ in found])
    return Found(
        np.concatenate([edges for edges, _, _ in found]),
        np.concatenate([[0], np.cumsum(sizes)]),
        np.concatenate([saved for _, _, saved in found]),
    )


def oracle_of(
    instance: MetricInstance, crew: Crew, stopped: Callable[[], bool] = lambda: False
) -> CompleteOracle | GraphOracle:
    """The oracle of the instance's kind."""
    kind = CompleteOracle if instance.complete else GraphOracle
    return kind(instance, crew, stopped)


def new_rows(known: Projection, found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Those of the rows found that are not kept already."""
    new = kernels.unknown(
        kernels.marks(known.edges, known.indptr), kernels.marks(found.edges, found.indptr)
    )
    lengths = np.diff(found.indptr)
    edges = found.edges[np.repeat(new, lengths)]
    return edges, np.concatenate([[0], np.cumsum(lengths[new])])
