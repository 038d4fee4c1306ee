"""What the core asks of a transport: a request, a pause or slow work; and what comes back.

The core's operations are generators that yield `Call`, `Pause` and `Work`.  A `Call` is
answered with a `Reply`, or `Lost` where none came, `Work` with its value.  A transport is a
loop around them, so that the blocking and the asynchronous client share every decision.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request.

    `body` are its bytes; `file` is read from disk instead, as the body of a PUT or, where
    there are `fields`, as the file of a form.  `repeatable` requests may be sent again.
    `wait_s` is how long the server was asked to hold the answer.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    file: Path | None = None
    fields: Mapping[str, str] | None = None
    repeatable: bool = True
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before going on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Something that takes a while without the network, such as the digest of a large file."""

    run: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came: the connection to `server` failed before or after the request was sent."""

    cause: Exception
    server: str = "the server"


Steps: TypeAlias = Generator[Call | Pause | Work, Any, T]
