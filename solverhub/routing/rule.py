"""What a rule of routing is: when it applies, which solvers run with which threads, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from solverhub.routing.features import Features

RACE_WEIGHT = 20_000_000
"""Numbers in an instance beyond which every further process costs too much memory."""

BRIEFLY = MappingProxyType({"patience_s": 1.0})
"""Parameters of a search that leaves its core to the other arms once it finds nothing more."""

MOMENTARILY = MappingProxyType({"patience_s": 0.3})
"""The same beside a solver that often proves the optimum in less than a second."""


@dataclass(frozen=True, slots=True)
class Share:
    """One solver of a rule; `threads=None` gives it all of them, also in a race.

    That suits CP-SAT: it is a portfolio of more workers than cores anyway, and losing some
    time to another arm costs it less than running with fewer threads, which leaves out kinds
    of workers.
    """

    solver: str
    threads: int | None = None
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; `when` says in words what `applies` tests."""

    problems: tuple[str, ...]
    when: str
    applies: Callable[[Features], bool]
    shares: tuple[Share, ...]
    why: str


def may_race(f: Features) -> bool:
    """True if several solvers may run at once: a thread for two, and memory for copies."""
    return not f.exclusive and f.threads >= 2 and f.weight <= RACE_WEIGHT
