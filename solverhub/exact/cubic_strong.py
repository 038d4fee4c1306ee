"""The strong bound of a node of the branch and bound: messages between triples and sets of four.

It takes some hundred times as long as that of triples alone, closes most of what that leaves
open, and is given up when the node is contracted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solverhub.exact.cubic_node import Node, lifts
from solverhub.reductions.cubic_messages import bound, sweep
from solverhub.reductions.cubic_quads import (
    PAIRS,
    STATES,
    bound_quads,
    lift_quads,
    quad_messages,
    sweep_quads,
)


class StrongBound:
    """The bound of a node of 4 to `cubic_quads.MOST_VERTICES` vertices, which is left as it is."""

    def __init__(self, node: Node) -> None:
        self.pair, self.message = node.pair.copy(), node.message.copy()
        self.triple, self.base, self.huge = node.triple.copy(), node.base, node.huge
        self.quads = quad_messages(node.n)

    def tighten(self, stopped: Callable[[], bool]) -> float:
        """The lower bound after one more sweep of both kinds, or as much of it as time allows."""
        ascending = range(self.pair.shape[0])
        for forward, order in ((True, ascending), (False, reversed(ascending))):
            for i in order:
                if stopped():
                    break
                here = (self.message, self.triple, self.quads, STATES)
                self.base += float(sweep_quads(*here, i, forward))
        sweep(self.pair, self.message, self.triple)
        weak = float(bound(self.pair, self.message, self.triple))
        return self.base + weak + float(bound_quads(self.quads, STATES))

    def lifts(self, stopped: Callable[[], bool]) -> tuple[np.ndarray, np.ndarray]:
        """(if joined, if apart): how far each pair (n, n) lifts the bound by its own factors."""
        joined, apart = lifts(self.pair, self.message, self.triple)
        for d in range(3, self.pair.shape[0]):
            if stopped():
                break
            lift_quads(self.quads, STATES, PAIRS, d, joined, apart)
        return joined, apart

    def separate(self, pairs: np.ndarray) -> None:
        """Have these pairs, bool (n, n), apart from now on."""
        self.pair[pairs] += self.huge
