"""A node of the branch and bound on cubic correlation clustering: what is joined, apart, and left.

Joined vertices are contracted, with the messages of their triples, so that the bound of the
parent carries over; a pair that must be apart costs more than any clustering saves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from solverhub.reductions.cubic_messages import bound, sweep


@dataclass(frozen=True, eq=False)
class Node:
    """A subproblem; arrays as in `reductions.cubic_messages`, changed in place by `tighten`.

    - `groups`: int64 (size of the part,), the vertex here of each vertex of the part.
    - `base`: what the contracted pairs and triples cost; `apart` bool (n, n).
    - `huge`: more than any clustering saves.
    """

    groups: np.ndarray
    base: float
    pair: np.ndarray
    message: np.ndarray
    triple: np.ndarray
    apart: np.ndarray
    huge: float
    lower: float = -np.inf

    @classmethod
    def root(
        cls, pair: np.ndarray, triple: np.ndarray, apart: np.ndarray, not_all: np.ndarray
    ) -> Node:
        """The node of all clusterings without the pairs and triples that are known to be none."""
        pair, triple = pair.astype(np.float64), triple.astype(np.float64)
        huge = 2.0 * float(np.abs(pair).sum() + np.abs(triple).sum()) + 1.0
        groups = np.arange(pair.shape[0])
        return cls(
            groups,
            0.0,
            np.where(apart, huge, pair),
            np.zeros_like(triple),
            np.where(not_all, huge, triple),
            apart.copy(),
            huge,
        )

    @property
    def n(self) -> int:
        """Number of vertices left."""
        return int(self.pair.shape[0])

    def tighten(self, sweeps: int) -> float:
        """The lower bound after so many sweeps of message passing."""
        for _ in range(sweeps):
            sweep(self.pair, self.message, self.triple)
        return self.base + float(bound(self.pair, self.message, self.triple))

    def rounded(self) -> np.ndarray:
        """Groups of the part, int64: vertices joined along pairs that cost less than 0."""
        labels = np.arange(self.n)
        for i, j in zip(*np.nonzero(np.triu(self.pair < 0)), strict=True):
            labels[labels == labels[j]] = labels[i]
        found: np.ndarray = labels[self.groups]
        return found

    def separated(self, pairs: np.ndarray) -> Node:
        """With these pairs apart, bool (n, n) symmetric."""
        return replace(
            self,
            pair=np.where(pairs & ~self.apart, self.pair + self.huge, self.pair),
            message=self.message.copy(),
            apart=self.apart | pairs,
        )

    def joined(self, pairs: np.ndarray) -> Node:
        """With these pairs contracted, bool (n, n); as the pairs have it, transitively."""
        node = self
        place = np.arange(self.n)
        for i, j in zip(*np.nonzero(np.triu(pairs)), strict=True):
            a, b = sorted((int(place[i]), int(place[j])))
            if a != b:
                node = node._contracted(a, b)
                place[place == b] = a
                place[place > b] -= 1
        return node

    def _contracted(self, i: int, j: int) -> Node:
        """With j in i, i < j."""
        base = self.base + float(self.pair[i, j] + self.message[i, j].sum())
        pair, message, triple = _merge(self.pair, self.message, self.triple, i, j)
        apart = self.apart.copy()
        apart[i] |= apart[j]
        apart[:, i] |= apart[:, j]
        apart = np.delete(np.delete(apart, j, 0), j, 1)
        np.fill_diagonal(apart, False)
        groups = np.where(self.groups == j, i, self.groups)
        groups = groups - (groups > j)
        return replace(
            self, groups=groups, base=base, pair=pair, message=message, triple=triple, apart=apart
        )


@njit(cache=True, nogil=True)
def _merge(pair, message, triple, i, j):  # type: ignore[no-untyped-def]
    """The arrays with j in i; the triple ijk becomes a part of the pair (ij)k."""
    n = pair.shape[0]
    kept = np.empty(n - 1, np.int64)
    for x in range(n - 1):
        kept[x] = x if x < j else x + 1
    new_pair = np.zeros((n - 1, n - 1))
    new_message = np.zeros((n - 1, n - 1, n - 1))
    new_triple = np.zeros((n - 1, n - 1, n - 1))
    for a in range(n - 1):
        x = kept[a]
        for b in range(n - 1):
            y = kept[b]
            if a == b:
                continue
            value = pair[x, y]
            if x == i:
                value += pair[j, y] + message[i, y, j] + message[j, y, i] + triple[i, j, y]
            elif y == i:
                value += pair[x, j] + message[x, i, j] + message[x, j, i] + triple[i, j, x]
            new_pair[a, b] = value
            for c in range(n - 1):
                z = kept[c]
                if c in (a, b):
                    continue
                told, cost = message[x, y, z], triple[x, y, z]
                if x == i:
                    told, cost = told + message[j, y, z], cost + triple[j, y, z]
                elif y == i:
                    told, cost = told + message[x, j, z], cost + triple[x, j, z]
                elif z == i:
                    told, cost = told + message[x, y, j], cost + triple[x, y, j]
                new_message[a, b, c] = told
                new_triple[a, b, c] = cost
    return new_pair, new_message, new_triple


@njit(cache=True, nogil=True)
def lifts(pair, message, triple):  # type: ignore[no-untyped-def]
    """(if joined, if apart): how far each pair (n, n) lifts the bound by its own factors."""
    n = pair.shape[0]
    joined, apart = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            up, down = max(0.0, pair[i, j]), max(0.0, -pair[i, j])
            for k in range(n):
                if k in (i, j):
                    continue
                own, first, second = message[i, j, k], message[i, k, j], message[j, k, i]
                with_it = min(own, own + first + second + triple[i, j, k])
                without = min(0.0, first, second)
                up += max(0.0, with_it - without)
                down += max(0.0, without - with_it)
            joined[i, j] = joined[j, i] = up
            apart[i, j] = apart[j, i] = down
    return joined, apart
