"""How long an agent computes and how long a word travels: injected in tests and benchmarks.

A pattern is a callable `(k, now, rng) -> seconds` of the k-th update (or word, from 0) at
`now` seconds after the start; inf means never.  Each agent and each directed edge has a
generator of its own, seeded by `seed` and its names, so that a simulation is the same twice.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

Pattern = Callable[[int, float, np.random.Generator], float]


@dataclass(frozen=True, slots=True)
class Constant:
    """Always `seconds`."""

    seconds: float

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly between `low` and `high` seconds: random and bounded."""

    low: float
    high: float

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True, slots=True)
class Pareto:
    """`scale` seconds times a Pareto variable: random, unbounded; no mean for shape <= 1."""

    scale: float
    shape: float

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        return float(self.scale * (1.0 + rng.pareto(self.shape)))


@dataclass(frozen=True, slots=True)
class Growing:
    """`base` + `rate` k seconds: unbounded, growing for ever."""

    base: float
    rate: float

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        return self.base + self.rate * k


@dataclass(frozen=True, slots=True)
class Cycle:
    """The given seconds in turn, again and again."""

    seconds: tuple[float, ...]

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        return self.seconds[k % len(self.seconds)]


@dataclass(frozen=True, slots=True)
class Pause:
    """`seconds` always, but until the instant `until` for what starts in [`since`, `until`).

    With `until` inf the agent never returns.
    """

    seconds: float
    since: float
    until: float = math.inf

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        away = self.since <= now < self.until
        return self.until - now + self.seconds if away else self.seconds


@dataclass(frozen=True, slots=True)
class Starve:
    """Adversarial: in every other stretch of time nothing passes until the stretch ends.

    Stretches start at 0 and each is `growth` times the last, `first` seconds long; `odd`
    picks which of the two interleaved sets is starved, so that half the agents (or words)
    run ahead on what is old while the other half stands, then the reverse, for ever longer.
    Within a time T no method gets across more often than about log(T) / log(growth) times.
    """

    seconds: float
    first: float
    growth: float = 1.5
    odd: bool = False

    def __call__(self, k: int, now: float, rng: np.random.Generator) -> float:
        end, length, number = self.first, self.first, 0
        while end <= now:
            length *= self.growth
            end, number = end + length, number + 1
        starved = number % 2 == int(self.odd)
        return end - now + self.seconds if starved else self.seconds


NONE = Constant(0.0)


@dataclass(frozen=True, kw_only=True)
class Delays:
    """The patterns of a run.

    - `compute`: by agent, in place of `every_compute`.
    - `message`: by (sender, receiver), in place of `every_message`.
    """

    every_compute: Pattern = NONE
    every_message: Pattern = NONE
    compute: Mapping[str, Pattern] = field(default_factory=dict)
    message: Mapping[tuple[str, str], Pattern] = field(default_factory=dict)
    seed: int = 0

    def computing(self, name: str) -> Clock:
        """The clock of an agent's updates."""
        return Clock(self.compute.get(name, self.every_compute), _generator(self.seed, name))

    def travelling(self, sender: str, receiver: str) -> Clock:
        """The clock of the words from one agent to another."""
        pattern = self.message.get((sender, receiver), self.every_message)
        return Clock(pattern, _generator(self.seed, sender, receiver))


class Clock:
    """A pattern with its count and generator."""

    def __init__(self, pattern: Pattern, rng: np.random.Generator) -> None:
        self._pattern, self._rng, self._k = pattern, rng, 0

    def next(self, now: float) -> float:
        """Seconds (0 or more) of the next delay, which starts at `now`."""
        seconds = self._pattern(self._k, now, self._rng)
        self._k += 1
        return max(0.0, seconds)


def _generator(seed: int, *names: str) -> np.random.Generator:
    digest = hashlib.blake2b(repr(names).encode(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])
