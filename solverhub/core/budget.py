"""How much a solve may spend, as one object that a solver polls.

A solver looks at its budget at least every 50 ms.  The deadline is an instant of
`time.monotonic()`, which Linux shares between the processes of a host, so a budget
crosses a fork or a pipe unchanged.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from solverhub.core.errors import InvalidParams
from solverhub.core.events import Event
from solverhub.core.result import Limit, Number, Sense

DEVICES = ("auto", "cpu", "cuda")
DEFAULT_GAP = 1e-6


class CancelFlag(Protocol):
    """Anything with `is_set`, such as `threading.Event`."""

    def is_set(self) -> bool:
        """True once the solve should stop."""
        ...


class _NeverCancelled:
    def is_set(self) -> bool:
        return False


NEVER: CancelFlag = _NeverCancelled()


def _nothing() -> Sequence[Event]:
    return ()


def available_threads() -> int:
    """Cores that this process may run on (at least 1)."""
    return max(1, len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of one solve.  Build it with `Budget.start`, which sets the clock going.

    - `deadline`: instant of `time.monotonic()`, or None for no time limit.
    - `iterations`: solver-specific steps (nodes, moves, sweeps; each solver documents which).
    - `target`: stop as soon as an incumbent is at least this good.
    - `gap`: relative gap at which a solution counts as optimal.
    - `memory_bytes`: resident size of the whole solve; the service enforces it from outside.
    - `cores`: how many of its `threads` no other solver of a race is given too; None: all.
    - `deterministic`: equal seed, params and iterations must give the equal answer.
    - `incoming`: incumbents and bounds found by others since the last call; each once.
    """

    started: float
    deadline: float | None = None
    iterations: int | None = None
    target: Number | None = None
    gap: float = DEFAULT_GAP
    threads: int = 1
    cores: int | None = None
    device: str = "auto"
    memory_bytes: int | None = None
    deterministic: bool = False
    cancel: CancelFlag = NEVER
    incoming: Callable[[], Sequence[Event]] = _nothing

    def __post_init__(self) -> None:
        if self.deadline is not None and not math.isfinite(self.deadline):
            raise InvalidParams("the time limit is not a finite number of seconds")
        if self.iterations is not None and self.iterations < 0:
            raise InvalidParams(f"iterations is {self.iterations}", remedy="give 0 or more")
        if not (math.isfinite(self.gap) and self.gap >= 0):
            raise InvalidParams(
                f"gap is {self.gap}", remedy="give a finite relative gap of 0 or more"
            )
        if self.target is not None and not math.isfinite(self.target):
            raise InvalidParams(f"target is {self.target}", remedy="give a finite objective value")
        if self.threads < 1:
            raise InvalidParams(f"threads is {self.threads}", remedy="give 1 or more")
        if self.device not in DEVICES:
            raise InvalidParams(f"device is {self.device!r}", remedy=f"one of {', '.join(DEVICES)}")

    @classmethod
    def start(
        cls,
        time_s: float | None = None,
        *,
        iterations: int | None = None,
        target: Number | None = None,
        gap: float = DEFAULT_GAP,
        threads: int | None = None,
        device: str = "auto",
        memory_bytes: int | None = None,
        deterministic: bool = False,
        cancel: CancelFlag = NEVER,
    ) -> Budget:
        """Start the clock now; `threads=None` means all cores this process may use."""
        if time_s is not None and not (math.isfinite(time_s) and time_s >= 0):
            raise InvalidParams(
                f"the time limit is {time_s} s", remedy="give a finite number of seconds, 0 or more"
            )
        now = time.monotonic()
        return cls(
            started=now,
            deadline=None if time_s is None else now + time_s,
            iterations=iterations,
            target=target,
            gap=gap,
            threads=available_threads() if threads is None else threads,
            device=device,
            memory_bytes=memory_bytes,
            deterministic=deterministic,
            cancel=cancel,
        )

    def replace(self, **changes: object) -> Budget:
        """The same budget, clock included, with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start of the solve."""
        return time.monotonic() - self.started

    @property
    def remaining_s(self) -> float:
        """Seconds to the deadline: inf without one, 0 once it has passed."""
        if self.deadline is None:
            return math.inf
        return max(0.0, self.deadline - time.monotonic())

    def reached(
        self,
        sense: Sense = Sense.MINIMISE,
        objective: Number | None = None,
        iterations: int = 0,
    ) -> Limit | None:
        """The limit that has been reached, or None to go on."""
        if self.cancel.is_set():
            return Limit.CANCELLED
        met = self.target is not None and objective is not None
        if met and not sense.better(self.target, objective):  # type: ignore[arg-type]
            return Limit.TARGET
        if self.iterations is not None and iterations >= self.iterations:
            return Limit.ITERATIONS
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return Limit.TIME
        return None
