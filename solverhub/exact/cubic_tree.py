"""Depth-first branch and bound on one part of a cubic correlation clustering.

A node is bounded by message passing.  What its pairs and triples pay more with a pair joined,
or apart, may by itself exceed the incumbent: then the pair is decided (for all clusterings
that are better).  Otherwise the search branches on the pair that lifts the bound most in the
worse of its two cases, joined first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solverhub.exact.cubic_node import Node, lifts
from solverhub.reductions.cubic_dense import DenseCubic
from solverhub.reductions.kernel_cubic import Part

_SWEEPS = 5
_STALLED = 0.02
"""Share of the gap that so many sweeps have to close to be followed by more."""


class CubicTree:
    """The search; `open` while nodes are left.

    `labels` int64 (k,) and `value` are the incumbent of the part, which may be replaced from
    outside by a better one; `lower` is the proven bound.
    """

    def __init__(self, part: Part, costs: DenseCubic, labels: np.ndarray, gap: float) -> None:
        self.costs, self.gap = costs, gap
        self.labels, self.value = labels, float(costs.value(labels))
        self.scale = float(np.abs(costs.pair).sum() + np.abs(costs.triple).sum())
        self.closed = np.inf
        self.nodes = 0
        self.stack = [Node.root(costs.pair, costs.triple, part.apart, part.not_all)]

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

    def offer(self, labels: np.ndarray) -> None:
        """Take labels int64 (k,) as the incumbent if they are better."""
        value = float(self.costs.value(labels))
        if value < self.value - 1e-12 * self.scale:
            self.labels, self.value = labels, value

    def step(self, stopped: Callable[[], bool]) -> None:
        """Take the next node: bound it, decide pairs, and close it or branch."""
        node: Node | None = self.stack.pop()
        self.nodes += 1
        while node is not None:
            lower = self._bounded(node, stopped)
            if self._beaten(lower) or not self._free(node).any():
                self.closed = min(self.closed, lower)
                return
            if stopped():
                self.stack.append(replace(node, lower=lower))
                return
            joined, apart = lifts(node.pair, node.message, node.triple)
            decided = self._decided(node, lower, joined, apart)
            if decided is None:
                self._branch(node, lower, joined, apart)
            node = decided

    def _bounded(self, node: Node, stopped: Callable[[], bool]) -> float:
        """The bound once more sweeps are of little use."""
        lower = node.lower
        while not stopped():
            last, lower = lower, max(lower, node.tighten(_SWEEPS))
            self.offer(node.rounded())
            if self._beaten(lower) or lower - last < _STALLED * (self.value - lower):
                break
        return lower

    def _beaten(self, lower: float) -> bool:
        """True if no clustering of at least this cost is better than the incumbent."""
        rounding = 1e-12 * self.scale
        if self.costs.whole:
            return lower > self.value - 1.0 + 1e-6 + rounding
        return lower >= self.value - max(rounding, 0.5 * self.gap * abs(self.value))

    def _free(self, node: Node) -> np.ndarray:
        free = ~node.apart
        np.fill_diagonal(free, False)
        return free

    def _decided(
        self, node: Node, lower: float, joined: np.ndarray, apart: np.ndarray
    ) -> Node | None:
        """The node with the pairs decided whose other case is beaten; None without any."""
        free = self._free(node)
        must_part = free & self._all_beaten(lower + joined)
        must_join = free & self._all_beaten(lower + apart)
        if not (must_part | must_join).any():
            return None
        self.closed = min(self.closed, *(lower + joined)[must_part], *(lower + apart)[must_join])
        return replace(node.separated(must_part).joined(must_join), lower=lower)

    def _all_beaten(self, lower: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.vectorize(self._beaten, otypes=[np.bool_])(lower)
        return found

    def _branch(self, node: Node, lower: float, joined: np.ndarray, apart: np.ndarray) -> None:
        score = np.where(
            self._free(node), np.minimum(joined, apart) + 1e-3 * (joined + apart), -1.0
        )
        chosen = np.zeros_like(node.apart)
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        chosen[i, j] = chosen[j, i] = True
        self.stack += [
            replace(each, lower=lower) for each in (node.separated(chosen), node.joined(chosen))
        ]
