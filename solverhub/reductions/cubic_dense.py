"""Cubic correlation clustering with all costs in symmetric arrays, and its contraction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from solverhub.problems.cubic_instance import CubicInstance, costs_at, keys

LARGEST = 160
"""Vertices up to which the n^3 numbers are worth their memory and the tests their time."""
_SAFE = 2**60


@dataclass(frozen=True, eq=False)
class DenseCubic:
    """`pair` (n, n) and `triple` (n, n, n), symmetric, 0 where an id comes twice.

    int64 where the costs are whole and no sum of them can overflow, else float64.
    """

    pair: np.ndarray
    triple: np.ndarray

    @classmethod
    def of(cls, instance: CubicInstance, vertices: np.ndarray | None = None) -> DenseCubic:
        """All of an instance, or the part on `vertices`, ascending int64 (k,)."""
        chosen = np.arange(instance.n) if vertices is None else vertices
        k, costs = chosen.size, instance.costs()
        total = float(np.abs(costs.astype(np.float64)).sum())
        dtype = np.dtype(np.int64 if instance.whole and 8 * total < _SAFE else np.float64)
        i, j = np.triu_indices(k, 1)
        pair = np.zeros((k, k), dtype)
        two = keys(instance.n, np.stack([chosen[i], chosen[j]]))
        pair[i, j] = pair[j, i] = costs_at(instance.pair_keys, instance.pair_costs, two)
        place = np.full(instance.n, -1, np.int64)
        place[chosen] = np.arange(k)
        ids = place[instance.triples]
        inside = (ids >= 0).all(axis=0)
        triple = np.zeros((k, k, k), dtype)
        for order in permutations(range(3)):
            triple[tuple(ids[list(order)][:, inside])] = instance.triple_costs[inside]
        return cls(pair, triple)

    @property
    def n(self) -> int:
        """Number of vertices."""
        return int(self.pair.shape[0])

    @property
    def whole(self) -> bool:
        """True if all costs are integers, held exactly."""
        return self.pair.dtype.kind == "i"

    def slack(self) -> float:
        """What rounding may do to sums of costs: 0 for integers."""
        if self.whole:
            return 0.0
        return 1e-11 * float(np.abs(self.pair).sum() + np.abs(self.triple).sum())

    def value(self, labels: np.ndarray) -> int | float:
        """The sum of the costs within clusters, labels int64 (n,)."""
        same = labels[:, None] == labels
        within = (self.pair * same).sum() / 2
        whole = within + (self.triple * (same[:, :, None] & same[:, None, :])).sum() / 6
        return round(float(whole)) if self.whole else float(whole)

    def part(self, vertices: np.ndarray) -> DenseCubic:
        """The costs among some vertices alone."""
        return DenseCubic(
            self.pair[np.ix_(vertices, vertices)], self.triple[np.ix_(vertices, vertices, vertices)]
        )

    def contracted(self, groups: np.ndarray) -> DenseCubic:
        """The problem whose vertices are `groups`, int64 (n,) within 0..k-1, all in use.

        Without what lies within one group, which any clustering of the groups pays.
        """
        k = int(groups.max(initial=-1)) + 1
        chosen = np.zeros((k, self.n), self.pair.dtype)
        chosen[groups, np.arange(self.n)] = 1
        pair = chosen @ self.pair @ chosen.T
        triple = np.tensordot(chosen, self.triple, (1, 0))
        triple = np.tensordot(chosen, triple, (1, 1))
        triple = np.tensordot(chosen, triple, (1, 2))
        # a triple with two vertices in a group is met twice on the diagonal
        twice = np.einsum("aab->ab", triple)
        pair = pair + (twice + twice.T) // 2 if self.whole else pair + (twice + twice.T) / 2
        at = np.arange(k)
        pair[at, at] = 0
        triple[at, at, :] = triple[at, :, at] = triple[:, at, at] = 0
        return DenseCubic(pair, triple)
