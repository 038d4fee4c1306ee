"""Uploads: a large file is sent once, spooled to disk and named by the digest of its bytes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from solverhub import wire
from solverhub.core.errors import InputTooLarge, StorageFull, UnknownId
from solverhub.server.documents import InstanceDocument, instance_document, problem_response
from solverhub.server.errors import BodyTimeout, InvalidRequest, UnsupportedMediaType
from solverhub.server.forms import LONGEST_NAME
from solverhub.server.jobs import json_answer
from solverhub.server.multipart import WRITE_BYTES, file_name
from solverhub.service.service import Service
from solverhub.service.views import InstanceView

router = APIRouter(prefix="/v1/instances", tags=["instances"])


@router.put(
    "",
    status_code=201,
    summary="Upload an instance file",
    responses={
        201: {"model": InstanceDocument},
        **problem_response(
            InputTooLarge, UnsupportedMediaType, BodyTimeout, InvalidRequest, StorageFull
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def upload(
    request: Request,
    name: Annotated[
        str,
        Query(min_length=1, max_length=LONGEST_NAME, description="Its ending tells the format."),
    ] = "instance",
) -> Response:
    """Keep the bytes of the body, compressed or not, as one file."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "an upload comes with Content-Encoding",
            remedy="send the compressed file itself, named .gz or .zst",
        )
    kept = await _spool(request, file_name(name))
    if kept.size_bytes == 0:
        raise InvalidRequest("the upload is empty", remedy="send the bytes of the file")
    headers = {"location": f"/v1/instances/{kept.digest}"}
    return json_answer(wire.dump(instance_document(kept)), 201, headers)


async def _spool(request: Request, name: str) -> InstanceView:
    service: Service = request.app.state.service
    upload = await run_in_threadpool(service.open_upload, name)
    try:
        pending = bytearray()
        async for chunk in request.stream():
            pending += chunk
            if len(pending) >= WRITE_BYTES:
                await run_in_threadpool(upload.write, bytes(pending))
                pending.clear()
        await run_in_threadpool(upload.write, bytes(pending))
        return await run_in_threadpool(upload.commit)
    finally:
        upload.abort()


@router.get(
    "/{digest}",
    summary="Whether a file has been uploaded",
    responses={200: {"model": InstanceDocument}, **problem_response(UnknownId)},
)
async def instance(
    request: Request, digest: Annotated[str, Path(description="What an upload answered.")]
) -> Response:
    """An uploaded file; 404 where it must be sent (again)."""
    service: Service = request.app.state.service
    view = await run_in_threadpool(service.instance, digest)
    return json_answer(wire.dump(instance_document(view)))
