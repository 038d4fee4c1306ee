"""Cubic correlation clustering in the form that the search kernels take, and its contraction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.problems.cubic_instance import CubicInstance, costs_at, keys
from solverhub.search.cubic_moves import grow

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class CubicForm:
    """As `CubicInstance`, with costs in float64: a sum that search tells is a hint."""

    n: int
    pairs: np.ndarray
    pair_costs: np.ndarray
    triples: np.ndarray
    triple_costs: np.ndarray

    @classmethod
    def of(cls, instance: CubicInstance) -> CubicForm:
        """The form of an instance."""
        costs = instance.pair_costs.astype(float), instance.triple_costs.astype(float)
        return cls(instance.n, instance.pairs, costs[0], instance.triples, costs[1])

    @cached_property
    def rows(self) -> Rows:
        """What is incident to each vertex x, ending at `indptr` int64 (n + 1,).

        (indptr, other, cost) of its pairs and (indptr, first, second, cost) of its triples.
        """
        (u, v), (i, j, k) = self.pairs, self.triples
        ends, indptr = _by_vertex(self.n, np.concatenate([u, v]))
        other, cost = np.concatenate([v, u])[ends], np.tile(self.pair_costs, 2)[ends]
        ends, at = _by_vertex(self.n, np.concatenate([i, j, k]))
        first, second = np.concatenate([j, i, i])[ends], np.concatenate([k, k, j])[ends]
        return indptr, other, cost, at, first, second, np.tile(self.triple_costs, 3)[ends]

    @cached_property
    def scale(self) -> float:
        """The square root of the mean over vertices of the squared costs at them."""
        squares = 2 * float(self.pair_costs @ self.pair_costs)
        squares += 3 * float(self.triple_costs @ self.triple_costs)
        return float(np.sqrt(squares / max(1, self.n)))

    def value(self, labels: np.ndarray) -> float:
        """The sum of the costs within clusters."""
        (a, b), (i, j, k) = labels[self.pairs], labels[self.triples]
        within = float(self.pair_costs[a == b].sum())
        return within + float(self.triple_costs[(i == j) & (j == k)].sum())

    def greedy(self) -> np.ndarray:
        """Labels int64 (n,) within 0..n-1: clusters grown from the pairs and triples that cost
        least, triples with their pairs."""
        i, j, k = self.triples
        known = keys(self.n, self.pairs)
        together = self.triple_costs.copy()
        for two in ((i, j), (i, k), (j, k)):
            together += costs_at(known, self.pair_costs, keys(self.n, np.stack(two)))
        seeds = np.concatenate([self.triples, np.stack([*self.pairs, self.pairs[0]])], axis=1)
        score = np.concatenate([together, self.pair_costs])
        order = np.argsort(score, kind="stable")
        order = order[score[order] < 0]
        labels: np.ndarray = grow(*self.rows, np.ascontiguousarray(seeds[:, order]))
        return labels

    def contracted(self, groups: np.ndarray) -> CubicForm:
        """The problem whose vertices are `groups`, int64 (n,) within 0..k-1, all in use.

        A triple with two vertices in one group becomes a pair; what lies within one group is
        left out.
        """
        size = int(groups.max(initial=-1)) + 1
        two = np.sort(groups[self.pairs], axis=0)
        three = np.sort(groups[self.triples], axis=0)
        left = three[0] != three[1]
        right = three[1] != three[2]
        half = left ^ right
        pairs = np.concatenate([two, three[[0, 2]][:, half]], axis=1)
        costs = np.concatenate([self.pair_costs, self.triple_costs[half]])
        apart = pairs[0] != pairs[1]
        whole = left & right
        return CubicForm(
            size,
            *_summed(size, pairs[:, apart], costs[apart]),
            *_summed(size, three[:, whole], self.triple_costs[whole]),
        )


def _summed(n: int, ids: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct items and their total costs."""
    _, first, at = np.unique(keys(n, ids), return_index=True, return_inverse=True)
    sums = np.bincount(at.reshape(-1), costs, first.size)
    return ids[:, first], sums.astype(np.float64)  # of nothing: integers


def _by_vertex(n: int, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=n), out=indptr[1:])
    return np.argsort(ends, kind="stable"), indptr
