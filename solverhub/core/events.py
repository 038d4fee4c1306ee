"""What a running solver tells: incumbents, bounds and log lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from solverhub.core.result import Number


class EventKind(StrEnum):
    """What an event carries."""

    INCUMBENT = "incumbent"
    BOUND = "bound"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a solver told, `wall_s` seconds after its start.

    An incumbent has `objective` and, where the engine gives it, `solution` (internal
    order; the receiver must not write to it); a bound has `bound`; a log line has
    `message`.  `source` names the solver that found it in a race.
    """

    kind: EventKind
    wall_s: float
    objective: Number | None = None
    bound: Number | None = None
    solution: np.ndarray | None = None
    message: str | None = None
    source: str | None = None


Observer = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The observer that listens to nothing."""
