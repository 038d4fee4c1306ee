"""Reads instances at submission, so that bad input is refused at once.

Small plain ones are parsed right here; large or compressed ones in a process of their own,
whose time and memory are limited, and whose findings are kept in the store.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from solverhub.config import Settings
from solverhub.core.errors import InputTooLarge, SolverFailed
from solverhub.core.problem import PLAIN, Manner, Parsed
from solverhub.core.result import Limit
from solverhub.local import warm_start_of
from solverhub.problems.reading import ReadLimits, read
from solverhub.routing.channel import Channel
from solverhub.routing.process import Child
from solverhub.routing.supervise import supervise
from solverhub.service.identity import digest
from solverhub.service.instances import Content, Instances, Reading, reading_key
from solverhub.service.memory import default_limit
from solverhub.service.recent import Recent
from solverhub.service.spool import Spool

NEAR_BYTES = 256 * 1024
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_REMEMBERED = 512
_FAR_S = 60.0
_FAR_BYTES_PER_S = 1e6
_FAR_MEMORY = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a content read as a problem; `parsed` only where it was small.

    `warm_start` is the digest of the warm start in internal order, None without one.
    """

    reading: Reading
    parsed: Parsed | None = None
    warm_start: str | None = None


class Readings:
    """Reads contents, and remembers what it read."""

    def __init__(self, settings: Settings, instances: Instances, spool: Spool) -> None:
        self._settings, self._instances, self._spool = settings, instances, spool
        self._limits = limits(settings)
        self._recent: Recent[Known] = Recent(_REMEMBERED)
        self._far = threading.Semaphore(2)

    def read(
        self,
        content: Content,
        problem: str | None,
        *,
        manner: Manner = PLAIN,
        form: Mapping[str, Any] | None = None,
        warm_start: Mapping[str, Any] | None = None,
    ) -> Known:
        """Read a content; `form` is its JSON form where that is at hand.

        Raises what `problems.reading.read` raises, and `InvalidSolution` for the warm start.
        """
        key = reading_key(content, problem, manner)
        known = self._remembered(key)
        if known is None:
            known = self._recent[key] = self._read(content, problem, manner, form)
        if warm_start is None:
            return known
        if known.parsed is None:
            start = self._read_apart(content, problem, manner, warm_start)[1]
            return Known(reading=known.reading, warm_start=start)
        start = start_digest(known.parsed, warm_start)
        return Known(reading=known.reading, parsed=known.parsed, warm_start=start)

    def _remembered(self, key: str) -> Known | None:
        known = self._recent.get(key)
        if known is None and (reading := self._instances.reading(key)) is not None:
            known = Known(reading=reading)
        return known

    def _read(
        self,
        content: Content,
        problem: str | None,
        manner: Manner,
        form: Mapping[str, Any] | None,
    ) -> Known:
        if content.size <= NEAR_BYTES:
            body = content.body
            if body is None:
                body = self._spool.path(content.digest).read_bytes()
            if not body.startswith(_COMPRESSED):
                parsed = read(
                    body if form is None else form,
                    problem,
                    name=content.name,
                    limits=self._limits,
                    **asdict(manner),
                )
                return Known(reading=reading_of(parsed), parsed=parsed)
        reading = self._read_apart(content, problem, manner, None)[0]
        self._instances.keep_reading(reading_key(content, problem, manner), content.digest, reading)
        return Known(reading=reading)

    def _read_apart(
        self,
        content: Content,
        problem: str | None,
        manner: Manner,
        warm_start: Mapping[str, Any] | None,
    ) -> tuple[Reading, str | None]:
        return self.apart(_read_there, content, problem, manner, warm_start)

    def apart(
        self,
        task: Callable[..., T],
        content: Content,
        problem: str | None,
        manner: Manner,
        *more: object,
    ) -> T:
        """What a task finds in a content, in another process.

        It is called with a channel, the path or bytes of the content, the problem, the
        content's name, manner, limits, and `more`.  Two run at a time, since each may take
        much memory.
        """
        place = content.body if content.body is not None else self._spool.path(content.digest)
        memory = min(default_limit(), max(2**30, _FAR_MEMORY * self._limits.max_bytes))
        with self._far:
            child = Child(task, name="the reader", fresh=True)
            child.start(place, problem, content.name, manner, self._limits, *more)
            deadline = time.monotonic() + _FAR_S + content.size / _FAR_BYTES_PER_S
            outcome = supervise(child, deadline=deadline, memory_bytes=memory)
        if outcome.limit is not None:
            what = "memory" if outcome.limit is Limit.MEMORY else "time"
            raise InputTooLarge(
                f"reading {content.name} took more {what} than it may",
                remedy="give a smaller instance",
            )
        if outcome.error is not None:
            raise outcome.error
        if outcome.result is None:
            raise SolverFailed(f"reading {content.name} ended without an answer")
        return cast(T, outcome.result)


def limits(settings: Settings) -> ReadLimits:
    """What reading one input may cost in this deployment."""
    return ReadLimits(max_bytes=settings.max_decompressed_bytes)


def reading_of(parsed: Parsed) -> Reading:
    """What the store keeps of a parsed instance."""
    return Reading(parsed.problem.name, parsed.problem.digest(parsed.instance), parsed.name)


def start_digest(parsed: Parsed, warm_start: Mapping[str, Any]) -> str:
    """Digest of a warm start in internal order; `InvalidSolution` where it does not fit."""
    array = warm_start_of(parsed, warm_start)
    return digest(np.ascontiguousarray(array).tobytes())


def _read_there(
    channel: Channel,
    place: Path | bytes,
    problem: str | None,
    name: str,
    manner: Manner,
    allowed: ReadLimits,
    warm_start: Mapping[str, Any] | None,
) -> tuple[Reading, str | None]:
    parsed = read(place, problem, name=name, limits=allowed, **asdict(manner))
    start = None if warm_start is None else start_digest(parsed, warm_start)
    return reading_of(parsed), start
