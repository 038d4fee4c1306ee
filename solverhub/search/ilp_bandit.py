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
GROW, CREEP, SHRINK = 1.4, 1.05, 0.8
FORGET = 1.01
"""Growth, a round, of the size that was too large once."""


class Size:
    """The present size of a neighbourhood.

    It stays below the size that last took too long, which costs as much as many smaller ones.
    """

    def __init__(self, size: float, largest: int) -> None:
        self.now, self.largest = min(size, float(largest)), largest
        self._too_large = np.inf

    def resize(self, *, finished: bool, quick: bool, improved: bool) -> None:
        """Grow where nothing is left to find, at most to all columns; shrink where too much is."""
        self._too_large *= FORGET
        if not finished:
            self._too_large = self.now
            self.now *= SHRINK
        elif not improved:
            self.now *= GROW if quick else CREEP
        below = CREEP * SHRINK * self._too_large
        self.now = float(min(max(min(self.now, below), 2.0), self.largest))


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
