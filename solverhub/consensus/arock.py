"""An agent of ARock, the asynchronous baseline whose step shrinks with the delays.

Peng, Xu, Yan and Yin 2016 (arXiv:1506.02396): for a nonexpansive T, whoever is free takes a
block of coordinates and moves it by `step` towards T of what it read, however old that is,

    z_j <- z_j - step (z_hat - T z_hat)_j,      step <= c / (2 tau / sqrt(m) + 1),  c < 1,

with m blocks drawn evenly and tau a bound on how many updates of others pass between reading
and writing.  Here T is the reflected operator of `node` and a block the waves that one agent
holds, so on each update

    z_ji <- z_ji + step (b_ij - z_ji)   for every neighbour's last word b_ij,
    x_j = prox_j(mean_i z_ji, rho deg_j),   b_ji = 2 x_j - z_ji   sent to all.

Agents take their turns as their clocks have it, which is not a random draw: under a
straggler the theorem's assumption does not hold.  No word is waited for, and none is counted:
one that is old is used again and again, for which the step pays.
"""

from __future__ import annotations

import math

import numpy as np

from solverhub.consensus.node import Message, Node, Report

_SAFE = 0.9


def delay_step(agents: int, delay_bound: int) -> float:
    """The step for `delay_bound` updates of others between reading and writing."""
    return _SAFE / (2.0 * delay_bound / math.sqrt(agents) + 1.0)


class ArockNode(Node):
    """As `Node`, but its `relaxation` is the step, and it is always ready."""

    def receive(self, message: Message) -> None:
        """Keep the newest word of each neighbour."""
        words = self._words[self._edge[message.sender]]
        if words[0] is None or message.version > words[0].version:
            words[0] = message

    def ready(self) -> bool:
        """An agent never waits."""
        return True

    def update(self) -> tuple[list[Message], Report]:
        """Move the waves by the step, answer, and tell every neighbour."""
        for edge, (word, _) in enumerate(self._words):
            if word is not None:
                self._z[edge] += self.relaxation * (word.value - self._z[edge])
        x, weight = self._answer()
        flow = self._z - x
        if self.neighbours:
            flow *= self.rho
        else:
            flow, self._z = weight * flow, x[None, :].copy()
        self.updates += 1
        words = [self._word(edge, x) for edge in range(len(self.neighbours))]
        self.messages += len(words)
        return words, Report(self.name, self.updates, self.messages, np.asarray(x), flow)
