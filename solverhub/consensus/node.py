"""One agent of consensus ADMM in message form, deaf to the delays of its messages.

For an edge {i, j} the agents keep waves z_ij (at i) and z_ji (at j).  Agent i answers

    x_i = prox_i(mean_j z_ij, rho deg_i),          b_ij = 2 x_i - z_ij   sent to j,
    z_ji <- (1 - a) z_ji + a b_ij                   at j, a in (0, 1), 1/2 by default.

In lockstep this is Douglas-Rachford splitting (the averaged Peaceman-Rachford operator) of
sum_i f_i(x_i) and "the ends of an edge agree", which is decentralised consensus ADMM (Boyd et
al. 2011, doi:10.1561/2200000016): with a = 1/2 the mean of z_ij and z_ji becomes that of x_i
and x_j, and their difference, the multiplier of the edge, moves by x_j - x_i.

**Asynchronous form.**  It has the aim of DEGAS (Wu, Liu, Magnusson, Johansson, ICML 2023,
arXiv:2305.08535): a fixed point by asynchronous coordinate updates, with parameters free of
delays.  It is NOT that paper's update, which could not be consulted (its abstract and a summary
speak of a master and of blocks drawn uniformly; here data are private, and a slow agent cannot
be drawn as often as the rest); what follows is a derivation of its own with the two rules below.

1. *One token an edge and direction.*  Every edge counts its own rounds.  In round t each end
   sends b of its wave of round t and takes the other's b of round t exactly once to get its
   wave of round t + 1.  So both waves of an edge always come from one pair of waves, however
   late or in whatever order messages arrive, and the fixed points are those of lockstep.  Until
   it is taken, a word may be replaced by a newer one of the same round (a fresher x_i).  An
   agent computes as soon as any edge has moved, with the held waves of the others.
2. *Pace.*  An agent lets no edge lead its slowest one by more than `pace` rounds.  It starts
   unlimited.  Whenever an agent's own step has not shrunk by `_PROGRESS` over a window of its
   updates (each window twice the last), it lowers the pace along `_PACES`; messages carry
   it, so that the lowest spreads over the graph.

*Why it converges, for any delays, bounded or not, in which every message arrives at last.*
With pace 0 an agent computes once for each full set of words, each consumed exactly once:
the agents are a marked graph, whose results do not depend on timing at all, and agent i's
k-th answer is that of the k-th round in lockstep, which converges for every rho > 0 and a < 1
since the operator is averaged.  The pace falls finitely often.  If it reaches 0, from then on
the waves of differing rounds are brought level once and the theorem applies to what follows.
If it does not, the best step of every agent shrinks geometrically over its windows, to 1e-9.  In
between two limits are exact too: if one agent is infinitely slower than the rest, the rest
solve their part with its waves held, and the whole is Douglas-Rachford splitting between it
and them.  No proof is claimed for the iterates between, which is why the pace is there and
why an answer counts as converged by its certificate alone (see `monitor`).

A neighbour that is given up (`hold`) keeps its last wave in the mean and no longer counts in
the pace: the rest minimise their sum plus rho/2 |x - z_ij|^2 for each edge to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solverhub.consensus.proximal import Proximal, checked

UNPACED = 1 << 30
"""The pace of an agent that waits for nobody."""

_PACES = (64, 16, 4, 1, 0)
_PROGRESS = 0.9
_WINDOW = 256
_REST = 1e-9
"""Relative step at which an agent stands still, as the rest do while they wait for one."""

_SHRINK, _LEAST = 0.5, 1e-8


@dataclass(frozen=True, slots=True)
class Message:
    """The word of one end of an edge: `value` = b float64 (n,) of `round`.

    `version` counts the sender's updates: of two words of a round the newer holds.
    """

    sender: str
    receiver: str
    round: int
    version: int
    pace: int
    value: np.ndarray


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent tells the monitor: x (n,), and for each neighbour rho (z_ij - x) (d, n).

    The sum of `flow` over its rows is a subgradient of f_i at x.
    """

    name: str
    updates: int
    messages: int
    x: np.ndarray
    flow: np.ndarray


class Node:
    """The state of one agent.  `receive` words at any time; while `ready`, `update`.

    Pure: it knows no clock, thread or transport, so that every runner drives the same.
    """

    def __init__(
        self,
        name: str,
        agent: Proximal,
        neighbours: tuple[str, ...],
        *,
        rho: float,
        start: np.ndarray,
        relaxation: float = 0.5,
        pace: int = UNPACED,
    ) -> None:
        self.name, self.agent, self.neighbours = name, agent, neighbours
        self.rho, self.relaxation, self.pace = rho, relaxation, pace
        degree = len(neighbours)
        self._edge = {other: at for at, other in enumerate(neighbours)}
        self._z = np.tile(start, (max(1, degree), 1))
        self._round = np.zeros(degree, dtype=np.int64)
        self._sent = np.full(degree, -1, dtype=np.int64)
        self._held = np.zeros(degree, dtype=bool)
        self._words: list[list[Message | None]] = [[None, None] for _ in neighbours]
        self.updates = self.messages = 0
        self._x = start
        self._window, self._window_end = _WINDOW, 2 * _WINDOW
        self._record = self._best = np.inf

    def receive(self, message: Message) -> None:
        """Keep a word until its turn; old ones and repetitions are dropped."""
        edge = self._edge[message.sender]
        self.pace = min(self.pace, message.pace)
        kept = self._words[edge][message.round % 2]
        newer = kept is None or (message.round, message.version) > (kept.round, kept.version)
        if message.round >= self._round[edge] and newer:
            self._words[edge][message.round % 2] = message

    def hold(self, neighbour: str, held: bool = True) -> None:
        """Do not wait for this neighbour (or again, if not `held`)."""
        self._held[self._edge[neighbour]] = held

    def ready(self) -> bool:
        """Take the words that may be taken; True if an update is due."""
        if not self.updates or not self.neighbours:
            return True
        while self._take():
            pass
        due = self._sent < self._round
        if self.pace > 0 or not due.any():
            return bool(due.any())
        counted = self._round[~self._held]
        if not counted.size:
            return True
        lagging = (self._round == counted.min()) & ~self._held
        return bool(counted.min() == counted.max() or due[lagging].any())

    def update(self) -> tuple[list[Message], Report]:
        """Compute, and return the words to be sent and the report."""
        x, weight = self._answer()
        flow = self._z - x
        if not self.neighbours:
            flow, self._z = weight * flow, x[None, :].copy()
        else:
            flow *= self.rho
        step = float(np.max(np.abs(x - self._x), initial=0.0))
        self._x = x
        self.updates += 1
        words = [self._word(int(edge), x) for edge in np.flatnonzero(self._wanted())]
        self.messages += len(words)
        self._judge(step)
        return words, Report(self.name, self.updates, self.messages, x, flow)

    def _answer(self) -> tuple[np.ndarray, float]:
        """An agent alone runs the proximal point method with falling weights."""
        weight = self.rho * len(self.neighbours)
        if not self.neighbours:
            weight = self.rho * max(_SHRINK**self.updates, _LEAST)
        return checked(self.name, self.agent, self._z.mean(axis=0), weight), weight

    def _wanted(self) -> np.ndarray:
        """Edges whose other end still waits for, or may yet replace, a word of this round."""
        wanted = self._sent < self._round
        if self.pace > 0:
            for edge, words in enumerate(self._words):
                further = words[(self._round[edge] + 1) % 2]
                wanted[edge] |= further is None or further.round <= self._round[edge]
        return wanted

    def _word(self, edge: int, x: np.ndarray) -> Message:
        self._sent[edge] = self._round[edge]
        return Message(
            self.name,
            self.neighbours[edge],
            int(self._round[edge]),
            self.updates,
            self.pace,
            2.0 * x - self._z[edge],
        )

    def _take(self) -> bool:
        """Move every edge that may move by one round; True if one did."""
        counted = self._round[~self._held]
        floor = int(counted.min()) if counted.size else 0
        moved = False
        for edge, words in enumerate(self._words):
            at = int(self._round[edge])
            word = words[at % 2]
            if word is None or word.round != at or self._sent[edge] < at:
                continue
            if at - floor > self.pace:
                continue
            words[at % 2] = None
            self._z[edge] += self.relaxation * (word.value - self._z[edge])
            self._round[edge] += 1
            moved = True
        return moved

    def _judge(self, step: float) -> None:
        """Lower the pace if a window of updates brought no smaller step than those before."""
        self._best = min(self._best, step)
        if self.updates < self._window_end:
            return
        rest = _REST * (1.0 + float(np.max(np.abs(self._x), initial=0.0)))
        if self._best > max(rest, _PROGRESS * self._record):
            self.pace = next((pace for pace in _PACES if pace < self.pace), 0)
        self._record, self._best = max(rest, min(self._record, self._best)), np.inf
        self._window *= 2
        self._window_end = self.updates + self._window
