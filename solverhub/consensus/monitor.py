"""Tells from the agents' reports alone how far they are from an optimum.

Report i has x_i and a subgradient g_i of f_i at x_i, whatever messages it came from and how
old they were.  If all x_i are equal and sum_i g_i = 0, the common x is optimal; so the two
residuals are a certificate that owes nothing to the algorithm, its state or its timing.  For
any y, f(y) >= sum_i f_i(x_i) + <g_i, y - x_i> bounds what is left.

For agents given up, the flows towards them are the last words they left, and those left to
answer minimise their sum plus rho/2 |x - z|^2 for each such edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from solverhub.consensus.network import Network
from solverhub.consensus.node import UNPACED, Report
from solverhub.consensus.outcome import Outcome, Point, Residuals, Status
from solverhub.core.result import Limit

_TRACE = 1000


class Monitor:
    """The newest report of each agent, the residuals of them, and the trace."""

    def __init__(self, network: Network, *, rho: float, eps: float) -> None:
        self._network, self._rho, self._eps = network, rho, eps
        self._names = list(network.agents)
        self._at = {name: at for at, name in enumerate(self._names)}
        self._x = np.zeros((len(self._names), network.n))
        self._flow = [
            np.zeros((max(1, len(network.neighbours[name])), network.n)) for name in self._names
        ]
        self._g = np.zeros_like(self._x)
        self._updates = np.zeros(len(self._names), dtype=np.int64)
        self._messages = np.zeros(len(self._names), dtype=np.int64)
        self._silent: tuple[str, ...] = ()
        self._trace: list[Point] = []
        self._stride = 1
        self._looks = 0
        self.pace = UNPACED

    @property
    def updates(self) -> int:
        """Updates of all agents."""
        return int(self._updates.sum())

    def record(self, report: Report) -> None:
        """Take a report; an older one than the last is dropped."""
        at = self._at[report.name]
        if report.updates <= self._updates[at]:
            return
        self._updates[at], self._messages[at] = report.updates, report.messages
        self._x[at], self._flow[at] = report.x, report.flow
        self._g[at] = self._gradient(at)

    def give_up(self, silent: Iterable[str]) -> bool:
        """Leave these agents, and no others, out of the residuals; True if that is a change."""
        names = tuple(sorted(silent, key=self._at.__getitem__))
        if names == self._silent:
            return False
        self._silent = names
        for at in range(len(self._names)):
            self._g[at] = self._gradient(at)
        return True

    def residuals(self) -> Residuals:
        """Of the agents that answer; inf until each of them has."""
        kept = self._kept()
        if not kept.size or not self._updates[kept].all():
            return Residuals(math.inf, math.inf, math.inf, math.inf)
        x, g = self._x[kept], self._g[kept]
        apart = float(np.abs(x - x.mean(axis=0)).max(initial=0.0))
        pull = float(np.abs(g.sum(axis=0)).max(initial=0.0))
        return Residuals(
            apart,
            pull,
            apart / (1.0 + float(np.abs(x).max(initial=0.0))),
            pull / (1.0 + float(np.abs(g).max(initial=0.0))),
        )

    def look(self, wall_s: float) -> bool:
        """Note the residuals; True once they are within eps."""
        found = self.residuals()
        done = found.within(self._eps)
        self._looks += 1
        if done or self._looks % self._stride == 0:
            self._trace.append(
                Point(wall_s, self.updates, found.consensus_relative, found.dual_relative)
            )
        if len(self._trace) > _TRACE:
            self._trace, self._stride = self._trace[::2], 2 * self._stride
        return done

    def outcome(self, limit: Limit | None, wall_s: float) -> Outcome:
        """The end of the run."""
        found = self.residuals()
        status = Status.STOPPED
        if found.within(self._eps):
            status, limit = (Status.PARTIAL if self._silent else Status.CONVERGED), None
        never = [name for name, count in zip(self._names, self._updates, strict=True) if not count]
        spoke = [name for name in self._names if name not in never]
        kept = [at for at in self._kept() if self._updates[at]] or list(
            np.flatnonzero(self._updates)
        )
        mean = self._x[kept].mean(axis=0) if kept else np.zeros(self._network.n)
        return Outcome(
            status=status,
            limit=limit,
            x={name: self._x[self._at[name]].copy() for name in spoke},
            mean=mean,
            objective=self._objective(mean) if kept else None,
            residuals=found,
            silent=tuple(name for name in self._names if name in (*self._silent, *never)),
            updates=dict(zip(self._names, self._updates.tolist(), strict=True)),
            messages=dict(zip(self._names, self._messages.tolist(), strict=True)),
            wall_s=wall_s,
            trace=tuple(self._trace),
            rho=self._rho,
            pace=None if self.pace == UNPACED else self.pace,
        )

    def _kept(self) -> np.ndarray:
        return np.array(
            [at for at, name in enumerate(self._names) if name not in self._silent], dtype=np.int64
        )

    def _gradient(self, at: int) -> np.ndarray:
        others = self._network.neighbours[self._names[at]]
        inside = [other not in self._silent for other in others] or [True]
        return np.asarray(self._flow[at][inside].sum(axis=0))

    def _objective(self, x: np.ndarray) -> float | None:
        values = [agent.objective(x) for agent in self._network.agents.values()]
        return None if None in values else float(sum(values))  # type: ignore[arg-type]
