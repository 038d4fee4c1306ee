"""Server-sent events of a job: incumbents, bounds and states as they happen.

Each event has the job's sequence number as its id; `Last-Event-ID` (or `?after=`) resumes
after it.  The stream ends with the state that ends the job.  A comment every few seconds
keeps idle connections open and shows vanished clients.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.responses import StreamingResponse

from solverhub import wire
from solverhub.core.errors import UnknownId
from solverhub.server.documents import event_document, problem_response
from solverhub.server.errors import InvalidRequest
from solverhub.server.forms import LARGEST_INTEGER
from solverhub.server.jobs import JobId
from solverhub.server.waiting import changed
from solverhub.service.service import Service
from solverhub.service.views import EventRecord, JobState

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

HEARTBEAT_S = 10.0
_TERMINAL = frozenset(state.value for state in JobState if state.terminal)
_LAST_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "Id of the last event received; the stream goes on after it.",
    "schema": {"type": "integer", "minimum": 0},
}


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    responses={
        200: {
            "description": "`text/event-stream`; event types incumbent, bound, log and state",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problem_response(UnknownId, InvalidRequest),
    },
    openapi_extra={"parameters": [_LAST_ID]},
)
async def events(
    request: Request,
    job_id: JobId,
    after: Annotated[int, Query(ge=0, le=LARGEST_INTEGER)] = 0,
) -> StreamingResponse:
    """The events of a job from the first, or after `Last-Event-ID`, to its end."""
    service: Service = request.app.state.service
    await run_in_threadpool(service.get, job_id)
    start = _last_id(request, after)
    return StreamingResponse(
        stream(request.app.state, job_id, start),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def _last_id(request: Request, after: int) -> int:
    text = request.headers.get("last-event-id")
    if text is None:
        return after
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_INTEGER):
        raise InvalidRequest(
            f"Last-Event-ID is {text[:100]!r}", remedy="send the id of an event of this job"
        )
    return int(text)


async def stream(state: State, job_id: str, after: int) -> AsyncIterator[bytes]:
    """The events as `text/event-stream`, until the job's terminal state has been sent."""
    service: Service = state.service
    while not state.stopping.is_set():
        records = await run_in_threadpool(service.events, job_id, after)
        if records:
            yield b"".join(map(encode, records))
            after = records[-1].seq
            if _ends(records[-1]):
                return
        elif (await run_in_threadpool(service.get, job_id)).terminal:
            return
        elif not await changed(state, job_id, state.heartbeat_s, after=after):
            yield b": alive\n\n"


def _ends(record: EventRecord) -> bool:
    return record.kind == "state" and record.message in _TERMINAL


def encode(record: EventRecord) -> bytes:
    """One event in the wire form of server-sent events; JSON text has no line breaks."""
    data = wire.dump(event_document(record))
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (record.seq, record.kind.encode(), data)
