"""Batches: many jobs in one request, watched and cancelled as one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from solverhub import wire
from solverhub.core.errors import UnknownId
from solverhub.server.bodies import read_form
from solverhub.server.documents import BatchDocument, batch_document, problem_response
from solverhub.server.forms import BatchForm
from solverhub.server.jobs import SUBMIT_ERRORS, idempotency_key, json_answer, json_body
from solverhub.service.service import Service

router = APIRouter(prefix="/v1/batches", tags=["batches"])

BatchId = Annotated[str, Path(description="Id of a batch.")]


@router.post(
    "",
    status_code=202,
    summary="Submit many jobs",
    responses={202: {"model": BatchDocument}, **problem_response(*SUBMIT_ERRORS)},
    openapi_extra={"requestBody": json_body("BatchForm", "batch")},
)
async def submit(request: Request) -> Response:
    """Queue all jobs, or none where one of them is refused."""
    service: Service = request.app.state.service
    key = idempotency_key(request)
    form = await read_form(request, BatchForm)
    requests = [job.request() for job in form.jobs]
    view = await run_in_threadpool(service.submit_batch, requests, idempotency_key=key)
    headers = {"location": f"/v1/batches/{view.id}", "retry-after": "1"}
    return json_answer(wire.dump(batch_document(view)), 202, headers)


@router.get(
    "/{batch_id}",
    summary="Look at a batch",
    responses={200: {"model": BatchDocument}, **problem_response(UnknownId)},
)
async def batch(request: Request, batch_id: BatchId) -> Response:
    """The batch as it stands."""
    service: Service = request.app.state.service
    view = await run_in_threadpool(service.batch, batch_id)
    return json_answer(wire.dump(batch_document(view)))


@router.delete(
    "/{batch_id}",
    summary="Cancel a batch",
    responses={200: {"model": BatchDocument}, **problem_response(UnknownId)},
)
async def cancel(request: Request, batch_id: BatchId) -> Response:
    """Cancel every job of the batch that has not ended."""
    service: Service = request.app.state.service
    view = await run_in_threadpool(service.cancel_batch, batch_id)
    return json_answer(wire.dump(batch_document(view)))
