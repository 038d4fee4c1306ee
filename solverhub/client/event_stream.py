"""Decodes server-sent events and keeps the place to resume at.

Follows the event stream format of the HTML standard as far as the server uses it: `id`,
`event` and `data` fields, comments, line ends LF or CRLF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from solverhub import wire
from solverhub.client.exchange import Call
from solverhub.client.status import TERMINAL_STATES
from solverhub.core.events import Event, EventKind
from solverhub.problems.json_text import parse_json

_KINDS = frozenset(EventKind)


@dataclass
class EventStream:
    """The events of one job over any number of connections.

    `last_id` is the id of the last whole event, `ended` True once the job has ended.
    """

    last_id: int = 0
    ended: bool = False
    _rest: bytes = b""
    _fields: dict[str, str] = field(default_factory=dict)

    def call(self, job_id: str) -> Call:
        """The request that opens the stream, after the last event seen.

        What the last connection left unfinished is dropped; it comes again.
        """
        self._rest, self._fields = b"", {}
        headers = {"accept": "text/event-stream", "last-event-id": str(self.last_id)}
        path = f"/v1/jobs/{quote(job_id, safe='')}/events"
        return Call(method="GET", path=path, headers=headers)

    def receive(self, chunk: bytes) -> list[Event]:
        """The events that the chunk completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        found = [self._line(line.rstrip(b"\r").decode("utf-8", "replace")) for line in lines]
        return [event for event in found if event is not None]

    def _line(self, line: str) -> Event | None:
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        return self._event(fields)

    def _event(self, fields: dict[str, str]) -> Event | None:
        told = parse_json(fields["data"].encode())
        self.last_id = int(fields.get("id", self.last_id))
        if told.get("kind") == "state":
            self.ended = told.get("message") in TERMINAL_STATES
            return None
        return wire.event_from_wire(told) if told.get("kind") in _KINDS else None
