"""Depth-first branch and bound on one part of a cubic correlation clustering.

A node is bounded by message passing.  What its pairs and triples pay more with a pair joined,
or apart, may by itself exceed the incumbent: then the pair is decided, for all clusterings
that are better.  Otherwise the search branches on the pair that lifts the bound most in the
worse of its two cases, joined first.

A tree that is not done after `CHEAP` nodes is begun anew, its root bounded by messages on sets
of four vertices too (`cubic_strong`), which often decides most pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from solverhub.exact.cubic_node import Node, lifts
from solverhub.exact.cubic_strong import StrongBound
from solverhub.reductions.cubic_dense import DenseCubic
from solverhub.reductions.cubic_quads import MOST_VERTICES
from solverhub.reductions.kernel_cubic import Part

_SWEEPS = 5
_STALLED, _STRONG_STALLED = 0.02, 0.005
"""Share of the gap that so many sweeps, or one of the strong bound, have to close to be
followed by more."""
CHEAP = 300
_SMALLER = 0.8
"""Share of the vertices to which decided pairs have to contract a node to end its strong bound."""


@dataclass(frozen=True, eq=False)
class _Bounds:
    """Of a node: what is proved, and by how much each pair (n, n) exceeds that, `own` plus lift."""

    lower: float
    own: float
    joined: np.ndarray
    apart: np.ndarray


class CubicTree:
    """The search; `open` while nodes are left.

    `labels` int64 (k,) and `value` are the incumbent of the part, `lower` what is proved of it;
    node number `cheap` is the root anew, with the strong bound.
    """

    def __init__(
        self, part: Part, costs: DenseCubic, labels: np.ndarray, gap: float, cheap: int = CHEAP
    ) -> None:
        self.costs, self.gap, self.cheap = costs, gap, cheap
        self.labels, self.value = labels, float(costs.value(labels))
        self.rounding = 1e-12 * float(np.abs(costs.pair).sum() + np.abs(costs.triple).sum())
        self.closed = np.inf
        self.nodes = 0
        self.part = part
        self.stack = [self._root()]

    def _root(self) -> Node:
        costs, part = self.costs, self.part
        return Node.root(costs.pair, costs.triple, part.apart, part.not_all)

    @property
    def open(self) -> bool:
        """True while nodes are left."""
        return bool(self.stack)

    @property
    def lower(self) -> float:
        """What is proved of the part; closed nodes of whole costs leave room for less than 1."""
        if not self.stack and self.costs.whole:
            return self.value
        lowers = [node.lower for node in self.stack]
        return min(self.value, self.closed, *lowers)

    def step(self, stopped: Callable[[], bool]) -> None:
        """Take the next node: bound it, decide pairs, and close it or branch."""
        self.nodes += 1
        strong = self.nodes == self.cheap
        if strong:
            self.stack = [replace(self._root(), lower=self.lower)]
        node = self.stack.pop()
        while True:
            bounds = self._bounded(node, stopped)
            decided = self._decided(node, bounds)
            more = strong and decided is None and self._needs_more(node, bounds)
            if more and 4 <= node.n <= MOST_VERTICES:
                node, bounds = self._strengthened(node, bounds, stopped)
                decided = self._decided(node, bounds)
            if not self._needs_more(node, bounds):
                self.closed = min(self.closed, bounds.lower)
                return
            if stopped():
                self.stack.append(replace(node, lower=bounds.lower))
                return
            if decided is None:
                self._branch(node, bounds)
                return
            node = decided

    def _needs_more(self, node: Node, bounds: _Bounds) -> bool:
        return not self._beaten(bounds.lower) and bool(_free(node).any())

    def _bounded(self, node: Node, stopped: Callable[[], bool]) -> _Bounds:
        """The bounds once more sweeps are of little use."""
        own = -np.inf
        while True:
            last, own = own, node.tighten(0 if stopped() else _SWEEPS)
            self._offer(node.rounded())
            if stopped() or self._beaten(own) or own - last < _STALLED * (self.value - own):
                break
        joined, apart = lifts(node.pair, node.message, node.triple)
        return _Bounds(max(node.lower, own), own, joined, apart)

    def _strengthened(
        self, node: Node, bounds: _Bounds, stopped: Callable[[], bool]
    ) -> tuple[Node, _Bounds]:
        """The strong bounds once they decide many pairs, or more sweeps are of little use."""
        strong, own = StrongBound(node), bounds.own
        while not stopped():
            last, own = own, strong.tighten(stopped)
            bounds = _Bounds(max(bounds.lower, own), own, *strong.lifts(stopped))
            if self._beaten(bounds.lower):
                break
            must_part, must_join = self._forced(node, bounds)
            strong.separate(must_part)
            node = node.separated(must_part)
            contracted = node.n - np.count_nonzero(np.triu(must_join).any(axis=0))
            stalled = own - last < _STRONG_STALLED * (self.value - own)
            if stalled or contracted <= _SMALLER * node.n:
                break
        return node, bounds

    def _offer(self, labels: np.ndarray) -> None:
        """Take labels int64 (k,) as the incumbent if they are better."""
        value = float(self.costs.value(labels))
        if value < self.value - self.rounding:
            self.labels, self.value = labels, value

    def _beaten(self, lower: float) -> bool:
        """True if no clustering of at least this cost is better than the incumbent."""
        return bool(lower > self._threshold())

    def _threshold(self) -> float:
        if self.costs.whole:
            return self.value - 1.0 + 1e-6 + self.rounding
        return self.value - max(self.rounding, 0.5 * self.gap * abs(self.value))

    def _forced(self, node: Node, bounds: _Bounds) -> tuple[np.ndarray, np.ndarray]:
        """(pairs that must be apart, pairs that must be joined), bool (n, n)."""
        free, most = _free(node), self._threshold()
        must_part = free & (bounds.own + bounds.joined > most)
        must_join = free & (bounds.own + bounds.apart > most)
        beaten = np.append(bounds.joined[must_part], bounds.apart[must_join])
        self.closed = min(self.closed, bounds.own + float(beaten.min(initial=np.inf)))
        return must_part, must_join

    def _decided(self, node: Node, bounds: _Bounds) -> Node | None:
        """The node with the forced pairs decided; None without any."""
        must_part, must_join = self._forced(node, bounds)
        if not (must_part | must_join).any():
            return None
        return replace(node.separated(must_part).joined(must_join), lower=bounds.lower)

    def _branch(self, node: Node, bounds: _Bounds) -> None:
        worse = np.minimum(bounds.joined, bounds.apart)
        score = np.where(_free(node), worse + 1e-3 * (bounds.joined + bounds.apart), -1.0)
        chosen = np.zeros_like(node.apart)
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        chosen[i, j] = chosen[j, i] = True
        children = node.separated(chosen), node.joined(chosen)
        self.stack += [replace(each, lower=bounds.lower) for each in children]


def _free(node: Node) -> np.ndarray:
    """Pairs that are not decided, bool (n, n)."""
    free = ~node.apart
    np.fill_diagonal(free, False)
    return free
