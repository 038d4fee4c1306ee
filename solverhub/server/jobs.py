"""Jobs: submit, list, look, cancel, result."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from solverhub import wire
from solverhub.core.errors import (
    AmbiguousProblem,
    Conflict,
    InputTooLarge,
    InvalidInstance,
    InvalidParams,
    InvalidSolution,
    MissingDependency,
    Overloaded,
    ParseError,
    SolverFailed,
    StorageFull,
    UnknownId,
    UnknownName,
)
from solverhub.server import multipart
from solverhub.server.bodies import read_form
from solverhub.server.documents import (
    JobDocument,
    JobsDocument,
    ResultDocument,
    job_bytes,
    job_document,
    problem_response,
)
from solverhub.server.errors import BodyTimeout, InvalidRequest, UnsupportedMediaType
from solverhub.server.forms import LONGEST_NAME, JobForm
from solverhub.server.waiting import ended, preferred_wait_s
from solverhub.service.service import Service
from solverhub.service.views import JobState, JobView

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

JobId = Annotated[str, Path(description="Id of a job.")]
SUBMIT_ERRORS = (
    ParseError,
    InvalidRequest,
    InvalidInstance,
    InvalidParams,
    InvalidSolution,
    UnknownName,
    AmbiguousProblem,
    MissingDependency,
    InputTooLarge,
    UnsupportedMediaType,
    BodyTimeout,
    UnknownId,
    Conflict,
    Overloaded,
    StorageFull,
)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_RETRY_AFTER = {"retry-after": "1"}
_WAIT_HEADER = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=N`: hold the answer up to N seconds until the job has ended.",
    "schema": {"type": "string"},
    "example": "wait=10",
}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body gives the same job; with another body, 409.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
}


def json_answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON bytes as an answer."""
    return Response(body, status, headers, media_type="application/json")


def idempotency_key(request: Request) -> str | None:
    """The request's `Idempotency-Key`, at most 255 visible ASCII characters."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidRequest(
            "Idempotency-Key is not 1 to 255 visible ASCII characters", remedy="send a UUID"
        )
    return key


def json_body(form: str, example: str, **more: Any) -> dict[str, Any]:
    """OpenAPI `requestBody` of a form."""
    content = {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{form}"},
            "examples": {example: {"$ref": f"#/components/examples/{example}"}},
        }
    }
    return {"required": True, "content": content | more}


_FORM_BODY = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "problem": {"type": "string"},
            "solver": {"type": "string"},
            "budget": {"type": "string", "description": "JSON text of a BudgetForm."},
            "params": {"type": "string", "description": "JSON text of an object."},
        },
    }
}


@router.post(
    "",
    status_code=202,
    summary="Submit a job",
    responses={
        200: {"model": JobDocument, "description": "The job has ended already"},
        202: {"model": JobDocument, "description": "The job is queued"},
        **problem_response(*SUBMIT_ERRORS),
    },
    openapi_extra={
        "parameters": [_WAIT_HEADER, _KEY_HEADER],
        "requestBody": json_body("JobForm", "job", **{"multipart/form-data": _FORM_BODY}),
    },
)
async def submit(request: Request) -> Response:
    """Queue a job; a cached answer, or one that `Prefer: wait` waits for, comes at once."""
    service: Service = request.app.state.service
    key = idempotency_key(request)
    if multipart.is_form(request):
        form = await multipart.read_job(request, service)
    else:
        form = await read_form(request, JobForm)
    wait_s = preferred_wait_s(request)
    view, body = await run_in_threadpool(_submitted, service, form, key, wait_s is not None)
    headers = {"location": f"/v1/jobs/{view.id}"}
    if wait_s is not None:
        headers["preference-applied"] = f"wait={wait_s:g}"
    if wait_s is not None and not view.terminal:
        view = await ended(request.app.state, view, wait_s)
        body = await run_in_threadpool(_told, service, view)
    if not view.terminal:
        return json_answer(body, 202, headers | _RETRY_AFTER)
    return json_answer(body, 200, headers)


def _submitted(
    service: Service, form: JobForm, key: str | None, wanted: bool
) -> tuple[JobView, bytes]:
    """The job and what to answer; in one go, since a change of threads costs more than either."""
    view = service.submit(form.request(), idempotency_key=key)
    return view, _told(service, view) if wanted else job_bytes(view)


def _told(service: Service, view: JobView) -> bytes:
    """The job, with its result where it has one."""
    has_result = view.terminal and view.state is not JobState.FAILED
    return job_bytes(view, service.result(view.id) if has_result else None)


@router.get(
    "",
    summary="List jobs, newest first",
    responses={200: {"model": JobsDocument}, **problem_response(InvalidRequest)},
)
async def jobs(
    request: Request,
    state: JobState | None = None,
    problem: Annotated[str | None, Query(max_length=LONGEST_NAME)] = None,
    batch: Annotated[str | None, Query(max_length=LONGEST_NAME)] = None,
    after: Annotated[str | None, Query(max_length=LONGEST_NAME)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """A page of jobs; give `after` of one page to get the next."""
    service: Service = request.app.state.service
    page = await run_in_threadpool(
        service.jobs, state=state, problem=problem, batch=batch, after=after, limit=limit
    )
    found = {"jobs": [job_document(view) for view in page.jobs], "after": page.after}
    return json_answer(wire.dump(found))


@router.get(
    "/{job_id}",
    summary="Look at a job",
    responses={200: {"model": JobDocument}, **problem_response(UnknownId)},
    openapi_extra={"parameters": [_WAIT_HEADER]},
)
async def job(request: Request, job_id: JobId) -> Response:
    """The job as it stands, or, with `Prefer: wait`, once it has ended, with its result."""
    service: Service = request.app.state.service
    view = await run_in_threadpool(service.get, job_id)
    wait_s = preferred_wait_s(request)
    if wait_s is None:
        return json_answer(job_bytes(view))
    view = await ended(request.app.state, view, wait_s)
    headers = {"preference-applied": f"wait={wait_s:g}"}
    return json_answer(await run_in_threadpool(_told, service, view), 200, headers)


@router.delete(
    "/{job_id}",
    summary="Cancel a job",
    responses={200: {"model": JobDocument}, **problem_response(UnknownId)},
)
async def cancel(request: Request, job_id: JobId) -> Response:
    """Ask the job to stop; it keeps its best answer.  A job that has ended stays as it is."""
    service: Service = request.app.state.service
    return json_answer(job_bytes(await run_in_threadpool(service.cancel, job_id)))


@router.get(
    "/{job_id}/result",
    summary="The verified answer of a job",
    responses={
        200: {"model": ResultDocument},
        202: {"model": JobDocument, "description": "The job has not ended yet"},
        **problem_response(UnknownId, SolverFailed, ParseError),
    },
    openapi_extra={"parameters": [_WAIT_HEADER]},
)
async def result(request: Request, job_id: JobId) -> Response:
    """The result; 202 with the job while there is none yet; a failed job answers its error."""
    service: Service = request.app.state.service
    view = await run_in_threadpool(service.get, job_id)
    view = await ended(request.app.state, view, preferred_wait_s(request) or 0.0)
    if not view.terminal:
        return json_answer(job_bytes(view), 202, _RETRY_AFTER)
    return json_answer(await run_in_threadpool(service.result, job_id))
