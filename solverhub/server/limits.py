"""Counts the bytes of a body as they arrive, so that a limit holds before memory is spent.

Content-Length is believed only where it already exceeds the limit; beyond that the bytes
themselves are counted, chunked bodies included.  A refusal that leaves a body unread is
sent whole, then the rest is read and thrown away for a moment: closing at once would
reset the connection before the client has read why.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from solverhub.config import Settings
from solverhub.core.errors import InputTooLarge
from solverhub.server.errors import BodyTimeout, respond

LINGER_S = 1.0
FORM_OVERHEAD_BYTES = 2**20


def body_limit(scope: Scope, settings: Settings) -> int:
    """Bytes that the body of a request may have: files may be larger than JSON."""
    headers = dict(scope["headers"])
    if headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data"):
        return settings.max_file_bytes + FORM_OVERHEAD_BYTES
    if scope["method"] == "PUT":
        return settings.max_file_bytes
    return settings.max_json_bytes


class BodyLimit:
    """ASGI middleware that refuses bodies that are too large, too slow or never end."""

    def __init__(self, app: ASGIApp, settings: Settings, idle_s: float = 20.0) -> None:
        self.app, self.settings, self.idle_s = app, settings, idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
        if not chunked and length in (b"", b"0"):
            await self.app(scope, receive, send)
            return
        body = _Body(receive, send, body_limit(scope, self.settings), self.idle_s)
        if length.isdigit() and int(length) > body.limit:
            await respond(body.too_large())(scope, receive, body.send)
        else:
            await self.app(scope, body.receive, body.send)


class _Body:
    """One request's body on its way in."""

    def __init__(self, receive: Receive, send: Send, limit: int, idle_s: float) -> None:
        self._receive, self._send = receive, send
        self.limit, self.idle_s = limit, idle_s
        self.count, self.whole = 0, False

    def too_large(self) -> InputTooLarge:
        return InputTooLarge(
            f"the body exceeds {self.limit} bytes",
            remedy="upload a file by PUT /v1/instances, or raise the server's limit",
        )

    async def receive(self) -> Message:
        if self.whole:
            return await self._receive()
        try:
            async with asyncio.timeout(self.idle_s):
                message = await self._receive()
        except TimeoutError:
            raise BodyTimeout(f"no byte of the body came for {self.idle_s:g} s") from None
        if message["type"] == "http.request":
            self.count += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
            if self.count > self.limit:
                raise self.too_large()
        else:
            self.whole = True
        return message

    async def send(self, message: Message) -> None:
        if self.whole:
            await self._send(message)
        elif message["type"] == "http.response.start":
            headers = [pair for pair in message["headers"] if pair[0].lower() != b"connection"]
            await self._send({**message, "headers": [*headers, (b"connection", b"close")]})
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    await self._discard()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _discard(self) -> None:
        more = True
        while more:
            message = await self._receive()
            more = message["type"] == "http.request" and message.get("more_body", False)
