"""Limits of a solve in a child process, enforced from outside whatever the solver does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from solverhub.core.budget import NEVER, CancelFlag
from solverhub.core.errors import SolverhubError
from solverhub.core.events import Observer, ignore
from solverhub.core.result import Limit, Reason, Result, Termination
from solverhub.routing import family_tree
from solverhub.routing.process import Child, ProcessDied, wait

GRACE_S = 0.3
CANCEL_GRACE_S = 0.5
FINISH_S = 10.0
_TICK_S = 0.02
_SCAN_S = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a supervised call ended: `result` of any type, or `error`.

    `limit` is set when the call had to be killed; then `result` is the best it had told.
    """

    result: object
    error: SolverhubError | None = None
    limit: Limit | None = None


def supervise(
    child: Child,
    *,
    deadline: float | None = None,
    memory_bytes: int | None = None,
    cancel: CancelFlag = NEVER,
    observe: Observer = ignore,
    tick: Callable[[], None] | None = None,
    grace_s: float = GRACE_S,
    cancel_grace_s: float = CANCEL_GRACE_S,
    finish_s: float = FINISH_S,
) -> Outcome:
    """Wait for a started child and kill it when it breaks a limit; it is closed on return.

    - `deadline`: instant of `time.monotonic()`; one that the child announces replaces it.
      The child is killed `grace_s` after it.
    - `memory_bytes`: resident size of the child and all its descendants.
    - `cancel`: asks the child to stop, and kills it `cancel_grace_s` later.
    - `finish_s`: once the solver has returned, how long judging and sending may take.
    - `tick`: called at least every 20 ms; what it raises kills the child and is raised.
    """
    gauge = MemoryGauge([child], memory_bytes)
    asked = finishing = None
    with child:
        while True:
            for event in child.pump():
                observe(event)
            if child.ended:
                return _outcome(child)
            if tick is not None:
                tick()
            now = time.monotonic()
            if asked is None and cancel.is_set():
                asked = now
                child.cancel()
            if finishing is None and child.finishing:
                finishing = now
            deadline = child.deadline or deadline
            limit = None
            if gauge.exceeded():
                limit = Limit.MEMORY
            elif finishing is not None:
                limit = Limit.TIME if now > finishing + finish_s else None
            elif asked is not None and now > asked + cancel_grace_s:
                limit = Limit.CANCELLED
            elif deadline is not None and now > deadline + grace_s:
                limit = Limit.TIME
            if limit is not None:
                child.kill()
                return _outcome(child, limit)
            wait([child], _TICK_S)


def rescued(child: Child, limit: Limit | None) -> Result:
    """The best that a child without an answer had told, unverified."""
    best = child.best()
    bound = next((p.bound for p in reversed(child.trace) if p.bound is not None), None)
    return Result(
        termination=Termination(Reason.FEASIBLE if best else Reason.NO_SOLUTION, limit),
        solution=None if best is None or best.array is None else best.array.copy(),
        objective=best.head[0] if best else None,
        bound=bound,
        trace=tuple(child.trace),
        deterministic=False,
        wall_s=child.age_s,
    )


class MemoryGauge:
    """Resident size of some children together, looked at often and cheaply.

    Sizes are first summed with shared pages counted every time, which is quick; only a sum
    beyond the limit is measured exactly.
    """

    def __init__(self, children: Sequence[Child], limit: int | None) -> None:
        self._children = children
        self._limit = limit
        self._pids: dict[Child, list[int]] = {}
        self._scanned = 0.0

    def exceeded(self) -> Child | None:
        """The largest child if all together exceed the limit, else None."""
        if self._limit is None:
            return None
        if time.monotonic() > self._scanned + _SCAN_S:
            self._pids = {c: family_tree.members(c.pid) for c in self._children if not c.ended}
            self._scanned = time.monotonic()
        pids = [pid for c, found in self._pids.items() if not c.ended for pid in found]
        if family_tree.resident_bytes(pids) <= self._limit:
            return None
        sizes = {
            c: family_tree.proportional_bytes(found)
            for c, found in self._pids.items()
            if not c.ended
        }
        if sum(sizes.values()) <= self._limit:
            return None
        return max(sizes, key=lambda child: sizes[child])


def _outcome(child: Child, limit: Limit | None = None) -> Outcome:
    if child.answered:
        return Outcome(child.result, child.error)
    partial = rescued(child, limit)
    if isinstance(child.error, ProcessDied):
        child.error.partial = partial
    return Outcome(partial, child.error, limit)
