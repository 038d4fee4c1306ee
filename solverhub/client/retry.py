"""When a request is sent again, and after how long.

Only requests that may be repeated are: GET, DELETE, uploads named by their digest, and
POST with an `Idempotency-Key`.  The pauses grow as 0.1 s * 2^k, each drawn uniformly from
0 to that ("full jitter"), so that clients cut off together do not come back together;
`Retry-After` of the server is a lower bound.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from solverhub import wire
from solverhub.client.exchange import Call, Lost, Pause, Reply, Steps
from solverhub.core.errors import ParseError, SolverhubError, Unreachable
from solverhub.problems.json_text import parse_json

_AGAIN = frozenset({408, 425, 429, 502, 503, 504})
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_LONGEST_RETRY_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a request is sent at most, and the generator of the pauses' jitter."""

    attempts: int = 8
    random: random.Random = field(default_factory=random.Random)

    def send(self, call: Call) -> Steps[Reply]:
        """Send until an answer counts; raises the typed error of a problem document.

        `Unreachable` where no answer came at all.
        """
        for attempt in range(self.attempts):
            reply = yield call
            assert isinstance(reply, Reply | Lost)
            last = attempt == self.attempts - 1 or not call.repeatable
            if last or not may_retry(reply):
                return answered(call, reply)
            yield Pause(self.pause_s(attempt, reply))
        raise ValueError("attempts must be at least 1")

    def reconnect_s(self, failures: int, call: Call, reply: Reply | Lost | None) -> float:
        """Seconds before a stream is opened again that ended before its job.

        `failures` counts the connections in a row that brought nothing, `reply` is what the
        last one met, None for an end without error.  Raises once trying again is no use.
        """
        if reply is None:
            reply = Lost(ConnectionError("the stream ended before the job"))
        if failures >= self.attempts or not may_retry(reply):
            answered(call, reply)
        return self.pause_s(failures, reply)

    def pause_s(self, attempt: int, reply: Reply | Lost) -> float:
        """Seconds before the next attempt."""
        drawn = self.random.uniform(0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0**attempt))
        return drawn if isinstance(reply, Lost) else max(drawn, retry_after_s(reply))


def may_retry(reply: Reply | Lost) -> bool:
    """True if the same request may fare better later."""
    return isinstance(reply, Lost) or reply.status in _AGAIN


def retry_after_s(reply: Reply) -> float:
    """The server's `Retry-After` in seconds, 0 without one, 30 at most."""
    try:
        return min(_LONGEST_RETRY_AFTER_S, max(0.0, float(reply.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0


def answered(call: Call, reply: Reply | Lost) -> Reply:
    """The reply if it is a success; raises what it tells otherwise."""
    if isinstance(reply, Lost):
        cause = f"{type(reply.cause).__name__}: {reply.cause}"
        raise Unreachable(
            f"{call.method} {call.path} got no answer from {reply.server} ({cause})",
            remedy="check this address and that the server runs",
        ) from reply.cause
    if reply.status >= 400:
        raise error_of(reply)
    return reply


def error_of(reply: Reply) -> SolverhubError:
    """The typed error of a problem document, or a plain one for a foreign body."""
    try:
        told = parse_json(reply.body)
    except ParseError:
        told = None
    if not isinstance(told, dict):
        return SolverhubError(f"the server answered {reply.status} without saying why")
    return wire.error_from_wire(told)
