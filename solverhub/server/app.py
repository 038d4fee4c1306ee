"""Puts the app together: routes, middleware, errors and the objects that handlers need."""

from __future__ import annotations

import asyncio

import anyio
from fastapi import FastAPI

from solverhub.config import Settings
from solverhub.server import (
    batches,
    errors,
    events,
    health,
    instances,
    jobs,
    listings,
    openapi,
)
from solverhub.server.access import Access
from solverhub.server.keys import ApiKeys
from solverhub.server.limits import BodyLimit
from solverhub.server.metrics import Metrics
from solverhub.service.service import Service

_ROUTERS = (jobs, events, instances, batches, listings, health)


def create_app(service: Service, settings: Settings) -> FastAPI:
    """The ASGI app over a running service; set `app.state.stopping` to end waits and streams.

    Raises `InvalidParams` where the address is reachable from outside and no key is set.
    """
    app = routes_only()
    metrics = Metrics()
    app.state.service, app.state.settings, app.state.metrics = service, settings, metrics
    app.state.stopping = asyncio.Event()
    app.state.heartbeat_s = events.HEARTBEAT_S
    app.state.large_bodies = anyio.CapacityLimiter(1)
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(ApiKeys, settings=settings)
    app.add_middleware(Access, metrics=metrics)
    return app


def routes_only() -> FastAPI:
    """The app without a service behind it: what its OpenAPI document describes."""
    app = FastAPI(title=openapi.TITLE, version=openapi.VERSION, docs_url="/docs", redoc_url=None)
    for room in _ROUTERS:
        app.include_router(room.router)
    errors.install(app)
    openapi.install(app)
    return app
