"""API keys: who may use the service.

Keys are needed as soon as the bind address is not loopback.  Only their SHA-256 is kept
in memory, and compared in constant time.  A deployment may configure the digest itself
(`sha256:` and 64 hexadecimal digits) so that its environment holds no key.  Every key sees
every job: keys tell who may come in, not who owns what.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from solverhub.config import Settings
from solverhub.core.errors import InvalidParams, Unauthorised
from solverhub.server.errors import respond

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
_DIGEST = "sha256:"


def digests(settings: Settings) -> tuple[bytes, ...]:
    """SHA-256 of each configured key; empty means that everyone may come in.

    Raises `InvalidParams` where keys are needed and there are none.
    """
    if not settings.api_keys and not settings.loopback:
        raise InvalidParams(
            f"serving on {settings.host} without an API key",
            remedy="set SOLVERHUB_API_KEYS, or bind 127.0.0.1",
        )
    return tuple(_digest(key) for key in settings.api_keys)


def _digest(key: str) -> bytes:
    if not key.startswith(_DIGEST):
        return hashlib.sha256(key.encode()).digest()
    try:
        found = bytes.fromhex(key.removeprefix(_DIGEST))
    except ValueError:
        found = b""
    if len(found) != hashlib.sha256().digest_size:
        raise InvalidParams(
            "an API key starts with 'sha256:' and is no digest", remedy="give 64 hex digits"
        )
    return found


def presented(scope: Scope) -> bytes | None:
    """The key that a request brings: `Authorization: Bearer KEY` or `X-API-Key: KEY`."""
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return bytes(value)
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return bytes(value[7:].strip())
    return None


class ApiKeys:
    """ASGI middleware that lets in only requests with a known key."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.digests = app, digests(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        free = scope["type"] != "http" or not self.digests or scope["path"] in OPEN_PATHS
        if free or self.known(presented(scope)):
            await self.app(scope, receive, send)
        else:
            await respond(Unauthorised())(scope, receive, send)

    def known(self, key: bytes | None) -> bool:
        """True if the key is one of the configured; every one is compared."""
        found = hashlib.sha256(key or b"").digest()
        matches = [hmac.compare_digest(found, kept) for kept in self.digests]
        return key is not None and any(matches)
