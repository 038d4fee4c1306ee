"""Whether the server lives, whether it can work, and its numbers."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from solverhub import wire
from solverhub.server.documents import problem_response
from solverhub.server.errors import NotReady
from solverhub.server.jobs import json_answer
from solverhub.server.metrics import Metrics
from solverhub.service.service import Service

router = APIRouter(tags=["health"])


class HealthDocument(BaseModel):
    """The server answers."""

    status: str


class ReadyDocument(HealthDocument):
    """The service can take jobs and solve them."""

    queued: int
    running: int


@router.get("/healthz", summary="Liveness", responses={200: {"model": HealthDocument}})
async def healthz() -> Response:
    """200 as long as the server answers at all."""
    return json_answer(b'{"status":"ok"}')


@router.get(
    "/readyz",
    summary="Readiness",
    responses={200: {"model": ReadyDocument}, **problem_response(NotReady)},
)
async def readyz(request: Request) -> Response:
    """200 when the store answers and a supervisor is alive, else 503 with what is wrong."""
    service: Service = request.app.state.service
    health = await run_in_threadpool(service.health)
    if not health.ready:
        raise NotReady("; ".join(health.problems) or None)
    found = {"status": "ready", "queued": health.queued, "running": health.running}
    return json_answer(wire.dump(found))


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """Requests of this server, then jobs, workers and cache of the whole service."""
    service: Service = request.app.state.service
    requests: Metrics = request.app.state.metrics
    text = requests.text() + await run_in_threadpool(service.metrics)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
