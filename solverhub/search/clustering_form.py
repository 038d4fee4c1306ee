"""Correlation clustering in the one form that the search kernels take, and its contraction.

Wanted is the most of sum over pairs within a cluster of w_uv - kappa s_u s_v; see
`clustering_contraction`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_contraction import contract_greedily


@dataclass(frozen=True, eq=False)
class Form:
    """Weighted pairs `u < v` int64 (m,), `weights` float64 (m,), `size` float64 (n,), kappa."""

    u: np.ndarray
    v: np.ndarray
    weights: np.ndarray
    size: np.ndarray
    kappa: float

    @classmethod
    def of(cls, instance: SignedGraph) -> Form:
        """The form of an instance; a gain of 1 is a disagreement less."""
        u, v = (np.ascontiguousarray(ends) for ends in instance.graph.edge_index)
        weights = np.full(u.size, 2.0) if instance.complete else instance.weights.astype(float)
        return cls(u, v, weights, np.ones(instance.n), 1.0 if instance.complete else 0.0)

    @property
    def n(self) -> int:
        """Number of vertices."""
        return int(self.size.size)

    @cached_property
    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(indptr, indices, weights) of the symmetric adjacency."""
        ends, others = np.append(self.u, self.v), np.append(self.v, self.u)
        order = np.argsort(ends, kind="stable")
        indptr = np.zeros(self.n + 1, np.int64)
        np.cumsum(np.bincount(ends, minlength=self.n), out=indptr[1:])
        return indptr, others[order], np.append(self.weights, self.weights)[order]

    def greedy(self) -> np.ndarray:
        """Labels by greedy contraction, int64 (n,) within 0..n-1."""
        labels: np.ndarray = contract_greedily(
            self.n, self.u, self.v, self.weights, self.size, self.kappa
        )
        return labels

    def value(self, labels: np.ndarray) -> float:
        """What the clusters of `labels`, within 0..n-1, are worth."""
        inside = float(self.weights[labels[self.u] == labels[self.v]].sum())
        if not self.kappa:
            return inside
        mass = np.bincount(labels, self.size, self.n)
        pairs = (float(mass @ mass) - float(self.size @ self.size)) / 2
        return inside - self.kappa * pairs

    def contracted(self, groups: np.ndarray) -> Form:
        """The problem whose vertices are `groups`, int64 (n,) within 0..k-1, all in use."""
        k = int(groups.max(initial=-1)) + 1
        u, v = groups[self.u], groups[self.v]
        apart = u != v
        key = np.minimum(u, v)[apart] * k + np.maximum(u, v)[apart]
        pairs, at = np.unique(key, return_inverse=True)
        weights = np.bincount(at.reshape(-1), self.weights[apart], pairs.size)
        first, second = np.divmod(pairs, max(k, 1))
        return Form(first, second, weights, np.bincount(groups, self.size, k), self.kappa)

    def pulled(self) -> tuple[Form, np.ndarray]:
        """The problem without vertices that no positive edge pulls anywhere, which are best alone,
        and the vertices it has, int64 ascending."""
        pull = self.weights > 0
        active = np.zeros(self.n, np.bool_)
        active[self.u[pull]] = active[self.v[pull]] = True
        vertices = np.flatnonzero(active)
        place = np.cumsum(active) - 1
        both = active[self.u] & active[self.v]
        u, v = place[self.u[both]], place[self.v[both]]
        return Form(u, v, self.weights[both], self.size[vertices], self.kappa), vertices


def dense(labels: np.ndarray) -> np.ndarray:
    """The same clusters with labels 0..k-1."""
    groups: np.ndarray = np.unique(labels, return_inverse=True)[1].reshape(-1)
    return groups.astype(np.int64)


def common(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The finest clusters that both are made of: equal labels in both, labels 0..k-1."""
    return dense(dense(left) * left.size + dense(right))


def spread(labels: np.ndarray, vertices: np.ndarray, n: int) -> np.ndarray:
    """Labels of n vertices, 0..k-1, where `vertices` have those given and all others are alone."""
    groups = dense(labels)
    k = int(groups.max(initial=-1)) + 1
    whole = np.empty(n, np.int64)
    alone = np.ones(n, np.bool_)
    alone[vertices] = False
    whole[alone] = k + np.arange(n - vertices.size)
    whole[vertices] = groups
    return whole
