"""The one table from errors to problem documents (RFC 9457).

Every refusal of the server, its framework's included, is `application/problem+json` with
`type`, `title`, `status`, `detail` and, where known, `remedy`, `file`, `line`, `column`.
"""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from solverhub import wire
from solverhub.core.errors import (
    AmbiguousProblem,
    Conflict,
    InputError,
    InputTooLarge,
    InvalidInstance,
    InvalidParams,
    InvalidSolution,
    MissingDependency,
    Overloaded,
    ParseError,
    SolverFailed,
    SolverhubError,
    StorageFull,
    Unauthorised,
    UnknownId,
    UnknownName,
)

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("solverhub.server")


class InvalidRequest(InputError):
    """The request does not have the form that the OpenAPI document gives."""


class UnsupportedMediaType(InputError):
    """The body is of a type or encoding that is not read here."""


class BodyTimeout(InputError):
    """The body did not arrive; send as many bytes as Content-Length says."""


class NotReady(SolverhubError):
    """The service cannot work yet; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Row:
    """How one class of errors is told: status, title, and headers of the answer."""

    status: int
    title: str
    headers: tuple[tuple[str, str], ...] = ()


TABLE: dict[type[SolverhubError], Row] = {
    ParseError: Row(422, "The input does not follow its format"),
    InvalidInstance: Row(422, "Not an instance of its problem"),
    InvalidSolution: Row(422, "The solution does not fit the instance"),
    InvalidParams: Row(422, "A parameter is unknown or out of range"),
    UnknownName: Row(422, "No problem or solver has this name"),
    AmbiguousProblem: Row(422, "The input fits several problems"),
    MissingDependency: Row(422, "The solver is not installed on this server"),
    InvalidRequest: Row(422, "The request is not of the documented form"),
    UnsupportedMediaType: Row(415, "The body is of a type that is not read here"),
    InputTooLarge: Row(413, "The input exceeds a limit"),
    BodyTimeout: Row(408, "The body did not arrive in time"),
    UnknownId: Row(404, "Nothing here has this id"),
    Conflict: Row(409, "The request contradicts an earlier one"),
    Unauthorised: Row(401, "An API key is needed", (("www-authenticate", "Bearer"),)),
    Overloaded: Row(429, "The queue is full", (("retry-after", "5"),)),
    NotReady: Row(503, "The service is not ready", (("retry-after", "1"),)),
    StorageFull: Row(507, "The disk of the service is full", (("retry-after", "60"),)),
    InputError: Row(422, "The input cannot be used"),
    SolverFailed: Row(500, "The solver broke down"),
    SolverhubError: Row(500, "The server failed"),
}

_HTTP_TITLES = {404: "There is no such path", 405: "The path does not take this method"}


def row(kind: type[SolverhubError]) -> Row:
    """The line of the table for a class: its own, or that of its nearest base."""
    return next(TABLE[base] for base in kind.__mro__ if base in TABLE)


def document(error: SolverhubError) -> dict[str, Any]:
    """The problem document of an error."""
    found = row(type(error))
    members = wire.error_to_wire(error)
    return {"type": members.pop("type"), "title": found.title, "status": found.status, **members}


def respond(error: SolverhubError) -> Response:
    """The answer that tells an error."""
    found = row(type(error))
    return Response(
        wire.dump(document(error)), found.status, dict(found.headers), media_type=MEDIA_TYPE
    )


def invalid(error: ValidationError | RequestValidationError) -> InvalidRequest:
    """Pydantic's findings as one error that names the first field and what it takes."""
    found = error.errors()
    place = ".".join(str(part) for part in found[0]["loc"]) or "body"
    message = found[0]["msg"].removeprefix("Value error, ")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidRequest(
        f"{place}: {message}{more}", remedy="see /openapi.json for the form of the request"
    )


def install(app: FastAPI) -> None:
    """Make the app answer every error by the table."""
    app.add_exception_handler(SolverhubError, _known)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(OSError, _system)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, SolverhubError)
    # A refused probe is the answer that it asked for, not a fault to report.
    if row(type(error)).status >= 500 and not isinstance(error, NotReady):
        _log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
    return respond(error)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return respond(invalid(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {
        "type": "about:blank",
        "title": _HTTP_TITLES.get(error.status_code, str(error.detail)),
        "status": error.status_code,
        "detail": f"{request.method} {request.url.path[:200]}: {error.detail}",
        "remedy": "see /openapi.json for the paths and their methods",
    }
    headers = dict(error.headers or {})
    return Response(wire.dump(body), error.status_code, headers, media_type=MEDIA_TYPE)


async def _gone(request: Request, error: Exception) -> Response:
    """The client left before its body was whole: nobody reads this answer."""
    return respond(BodyTimeout())


async def _system(request: Request, error: Exception) -> Response:
    """A full disk has its own answer; what else the system refuses is unexpected."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return respond(StorageFull())
    raise error
