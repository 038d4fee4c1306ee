"""Which neighbourhood to try next, and how many columns it may free.

Thompson sampling on the gain per second: each arm has a Gamma posterior of its discounted
gains over its discounted time (Chapelle and Li 2011, An empirical evaluation of Thompson
sampling, with rates for chances).  Gains are measured in mean gains, at most `MOST` of them.
"""

from __future__ import annotations

import numpy as np

DISCOUNT = 0.985
MOST = 5.0
PRIOR = 0.2
"""Gain that every arm is credited with, for twice the share of the mean time of an arm."""
GROW, CREEP, RECEDE, SHRINK = 1.4, 1.05, 0.95, 0.8
FORGET = 1.01
"""Growth, a round, of the size that was too large once."""
CLIFF, LATEST = 4.0, 0.2
"""A part that presolve did not solve is past the cliff if it costs this many times what presolved
ones do, of which the latest has this weight."""
REST = 5.0
"""Seconds of other rounds, for each of a part past the cliff, before larger ones are tried again:
trying takes a sixth of the time."""


class Size:
    """The present size of a neighbourhood.

    It stays below the size that last took too long, which costs as much as many smaller ones.
    Presolve alone solves parts of a sparse graph up to some size, beyond which a tenth more columns
    take ten times as long, a cliff: where presolved parts gain as much a second as others, the size
    stays below it.
    """

    def __init__(self, size: float, largest: int) -> None:
        self.now, self.largest = min(size, float(largest)), largest
        self._too_large = self._hard = np.inf
        self._rest = self._presolve = 0.0
        self._gain, self._cost = [0.0, 0.0], [0.0, 0.0]

    def resize(
        self, gain: float, cost: float, *, finished: bool, presolved: bool, quick: bool
    ) -> None:
        """Grow where nothing is left to find, at most to all columns; shrink where too much is.

        `gain` and `cost`, seconds or rounds, are those of the round.
        """
        self._learn(gain, cost, presolved)
        presolves = self._presolved_pay()
        self._too_large *= FORGET
        self._rest -= cost
        if self._rest <= 0:
            self._hard *= FORGET
        if not finished:
            self._too_large = self.now
            self.now *= SHRINK
        elif presolves and not presolved and cost > CLIFF * self._presolve:
            self._hard, self._rest = self.now, REST * cost
        elif gain <= 0:
            self.now *= GROW if quick else CREEP
        most = CREEP * SHRINK * self._too_large
        if presolves:
            most = min(most, RECEDE * self._hard)
        self.now = float(min(max(min(self.now, most), 2.0), self.largest))

    def _learn(self, gain: float, cost: float, presolved: bool) -> None:
        for kind in (False, True):
            self._gain[kind] *= DISCOUNT
            self._cost[kind] *= DISCOUNT
        if presolved:
            weight = LATEST if self._presolve else 1.0
            self._presolve += weight * (cost - self._presolve)
        self._gain[presolved] += max(0.0, gain)
        self._cost[presolved] += cost

    def _presolved_pay(self) -> bool:
        """True if presolved parts have gained, and as much a second as the others."""
        others, presolved = self._gain
        spent, brief = self._cost
        return presolved > 0 and presolved * spent >= others * brief


class Bandit:
    """Draws among arms."""

    def __init__(self, arms: int, rng: np.random.Generator) -> None:
        self._gain, self._cost = np.zeros(arms), np.zeros(arms)
        self._rng = rng
        self._mean = 0.0

    def draw(self, usable: np.ndarray) -> int:
        """One of the usable arms, bool (arms,)."""
        unit = max(float(self._cost.mean()), 1e-9)
        rates = self._rng.gamma(self._gain + PRIOR) / (self._cost + 2 * PRIOR * unit)
        rates[~usable] = -1.0
        return int(rates.argmax())

    def gained(self, arm: int) -> bool:
        """True if an arm ever gained anything."""
        return bool(self._gain[arm] > 0)

    def learn(self, arm: int, gain: float, cost: float) -> None:
        """What an arm gained and cost (seconds, or rounds)."""
        self._gain *= DISCOUNT
        self._cost *= DISCOUNT
        if gain > 0:
            self._mean = gain if self._mean == 0 else 0.8 * self._mean + 0.2 * gain
            self._gain[arm] += min(MOST, gain / self._mean)
        self._cost[arm] += cost
