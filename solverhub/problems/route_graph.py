"""Road graphs with uncertain travel times: the instances of the family `route-planning`.

The time of an edge is normal with a mean and a variance of its own, plus, where the instance
has `loadings`, its share of k common factors (weather, an event): edge e takes

    mean_e + sqrt(variance_e) * noise_e + loadings_e . factors,    noise, factors ~ N(0, 1).

Without loadings the times are independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.problems.graph_kernels import adjacency


@dataclass(frozen=True, eq=False)
class RouteInstance:
    """A road graph, two of its vertices and a deadline; build it with `RouteInstance.of`.

    - `tail`, `head`: int64 (E,), vertices 0..n-1; an undirected edge has tail < head.  Sorted by
      tail, head, mean and variance; edges in parallel are kept, loops and exact copies are not.
    - `mean`, `variance`: float64 (E,), at least 0, in the unit of the deadline and its square.
    - `loadings`: float64 (E, k), the effect of each common factor; k = 0 without correlation.
    - `curve`: further deadlines for which answers tell their chance; none counts in the objective.
    """

    n: int
    tail: np.ndarray
    head: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    loadings: np.ndarray
    source: int
    target: int
    deadline: float
    directed: bool
    curve: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        n: int,
        edges: np.ndarray,
        times: np.ndarray,
        ends: tuple[int, int],
        deadline: float,
        *,
        directed: bool = False,
        loadings: np.ndarray | None = None,
        curve: Sequence[float] = (),
        names: Sequence[object] | None = None,
    ) -> RouteInstance:
        """The canonical instance of `edges`, int64 (E, 2), and `times` (mean, variance), (E, 2).

        `ends` are source and target; `names` are how errors call the vertices.  Raises
        `InvalidInstance` for negative or non-finite data and for a deadline that is not
        positive and finite.
        """
        common = np.zeros((len(edges), 0)) if loadings is None else loadings
        _check(edges, times, common, deadline, names)
        for further in curve:
            _check_deadline(further)
        rows = edges if directed else np.sort(edges, axis=1)
        whole = np.column_stack([rows, times, common])
        whole = np.unique(whole[rows[:, 0] != rows[:, 1]], axis=0)
        pairs = whole[:, :2].astype(np.int64)
        tail, head, mean, variance = (np.ascontiguousarray(c) for c in (*pairs.T, *whole[:, 2:4].T))
        columns = (n, tail, head, mean, variance, whole[:, 4:], *ends)
        return cls(*columns, float(deadline), directed, tuple(float(t) for t in curve))

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)

    @property
    def edge_index(self) -> np.ndarray:
        """int64 (2, E): tails and heads."""
        return np.stack([self.tail, self.head])

    @property
    def independent(self) -> bool:
        """True if no two edges share a factor's effect."""
        return not self.loadings.any()

    @cached_property
    def links(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(indptr, neighbours, edges) of the ways out of each vertex, int64 CSR."""
        if not self.directed:
            indptr, neighbours, edges = adjacency(self.n, self.tail, self.head)
            return indptr, neighbours, edges
        counts = np.bincount(self.tail, minlength=self.n)
        return np.append(0, np.cumsum(counts)), self.head, np.arange(self.n_edges)

    @cached_property
    def links_in(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same of the ways into each vertex: neighbours are where they come from."""
        if not self.directed:
            return self.links
        order = np.argsort(self.head, kind="stable")
        counts = np.bincount(self.head, minlength=self.n)
        return np.append(0, np.cumsum(counts)), self.tail[order], order

    def moments(self, chosen: np.ndarray) -> tuple[float, float]:
        """Mean and variance of the time of a set of edges, bool (E,)."""
        mean, variance = math.fsum(self.mean[chosen]), math.fsum(self.variance[chosen])
        common = self.loadings[chosen].sum(axis=0)
        return mean, variance + float(common @ common)


def _check(
    edges: np.ndarray,
    times: np.ndarray,
    loadings: np.ndarray,
    deadline: float,
    names: Sequence[object] | None,
) -> None:
    for column, what in enumerate(("mean", "variance")):
        wrong = np.flatnonzero(~((times[:, column] >= 0) & np.isfinite(times[:, column])))
        if wrong.size:
            u, v = (names[x] if names else x for x in edges[wrong[0]].tolist())
            raise InvalidInstance(
                f"edge {u} - {v} has the {what} {times[wrong[0], column]:g}",
                remedy=f"give a finite {what} of 0 or more",
            )
    if not np.isfinite(loadings).all():
        raise InvalidInstance("a loading is not finite", remedy="give finite loadings")
    _check_deadline(deadline)


def _check_deadline(deadline: float) -> None:
    if not (math.isfinite(deadline) and deadline > 0):
        raise InvalidInstance(
            f"the deadline is {deadline:g}", remedy="give a finite time greater than 0"
        )
