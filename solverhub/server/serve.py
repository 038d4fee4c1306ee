"""Runs the server: binds, starts the service, prints the address, stops gracefully."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from solverhub.config import Settings
from solverhub.core.errors import InvalidParams
from solverhub.server import keys
from solverhub.server.app import create_app
from solverhub.server.protocol import BoundedHeadProtocol
from solverhub.service import logs
from solverhub.service.embedded import Embedded

GRACE_S = 5
KEEP_ALIVE_S = 65


class Server(uvicorn.Server):
    """uvicorn's server, which ends held answers and streams as soon as it is told to stop."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedHeadProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=settings.log_level.lower(),
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._stopping = app.state.stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is held, then wait for what is under way."""
        self._stopping.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM without raising them again: the caller cleans up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kept = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def bind(settings: Settings) -> socket.socket:
    """A listening socket; `InvalidParams` where the address cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise InvalidParams(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror})",
            remedy="choose another --port, or 0 for any free one",
        ) from error


def url(listening: socket.socket) -> str:
    """The address that clients use."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM: the service, its supervisor and the HTTP server.

    Prints one line with the address on standard output once requests are taken.  Raises
    `InvalidParams` where the address cannot be had or needs keys that are not set.
    """
    keys.digests(settings)
    logs.configure(settings.log_level)
    logging.getLogger("uvicorn").handlers = logging.getLogger("solverhub").handlers
    with bind(settings) as listening, Embedded(settings) as embedded:
        server = Server(create_app(embedded.service, settings), settings)
        print(f"solverhub serves on {url(listening)}", flush=True)
        server.run(sockets=[listening])
