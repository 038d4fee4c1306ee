"""One structured line and one count for every request; the last resort for its errors."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from solverhub.core.errors import SolverhubError
from solverhub.server.errors import respond
from solverhub.server.metrics import Metrics

UNEXPECTED = SolverhubError("the server failed; its log has the cause")
_log = logging.getLogger("solverhub.access")


class Access:
    """Outermost ASGI middleware: sees the status that the client sees, refusals included.

    It answers an unexpected error itself, since the framework's own last resort raises it
    again, upon which the server closes the connection under the client's next request.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"][:200])
            if status:
                raise
            await respond(UNEXPECTED)(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.observe(scope["method"], route, status, seconds)
            if _log.isEnabledFor(logging.INFO):
                _log.info("request", extra=_fields(scope, route, status, seconds))


def _fields(scope: Scope, route: str, status: int, seconds: float) -> dict[str, Any]:
    client = scope.get("client")
    return {
        "client": client[0] if client else None,
        "method": scope["method"],
        "path": scope["path"][:200],
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 2),
    }
