"""Reads JSON bodies: type, encoding, size, text and form, each refused where it is wrong.

The bytes are counted by `limits` as they arrive.  A body may come with Content-Encoding
gzip or zstd; its decoded size has the same limit and is never produced beyond it.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from typing import IO, Any, TypeVar, cast

import zstandard
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from solverhub.core.errors import InputTooLarge, ParseError
from solverhub.problems.json_text import parse_json
from solverhub.server.errors import UnsupportedMediaType, invalid
from solverhub.server.forms import Form

BODY = "request body"
_WINDOW_BYTES = 128 * 2**20
_INLINE_BYTES = 64 * 1024
_SPOOL_BYTES = 2**20
MOST_CONTAINERS = 8_000_000

F = TypeVar("F", bound=Form)


async def read_form(request: Request, form: type[F]) -> F:
    """The JSON body of a request, validated.

    A larger body waits on disk, and one at a time is turned into objects.
    """
    check_json(request.headers.get("content-type", ""))
    encoding = request.headers.get("content-encoding", "identity").lower()
    state = request.app.state
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES, dir=state.settings.data_dir) as spool:
        async for chunk in request.stream():
            spool.write(chunk)
        size = spool.tell()
        spool.seek(0)
        if size <= _INLINE_BYTES and encoding == "identity":
            return validate(parse_body(spool.read()), form)

        def whole() -> F:
            raw = decode(spool, encoding, state.settings.max_json_bytes)
            return validate(parse_body(raw), form)

        async with state.large_bodies:
            return await run_in_threadpool(whole)


def check_json(content_type: str) -> None:
    """Refuse a body that does not say it is JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType(
            f"Content-Type is {content_type[:100]!r}", remedy="send application/json"
        )


def decode(body: IO[bytes], encoding: str, limit: int) -> bytes:
    """Undo a Content-Encoding, reading at most one byte beyond `limit`."""
    try:
        decoded = _reader(body, encoding).read(limit + 1)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ParseError(
            f"the body is not {encoding}: {error}", file=BODY, remedy="send it without encoding"
        ) from error
    if len(decoded) > limit:
        raise InputTooLarge(
            f"the body exceeds {limit} bytes once decoded",
            remedy="upload it as a file by PUT /v1/instances",
        )
    return decoded


def _reader(body: IO[bytes], encoding: str) -> IO[bytes]:
    if encoding == "identity":
        return body
    if encoding in ("gzip", "x-gzip"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=body, mode="rb"))
    if encoding == "zstd":
        decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
        return cast(IO[bytes], decoder.stream_reader(body, read_across_frames=True))
    raise UnsupportedMediaType(
        f"Content-Encoding is {encoding[:100]!r}", remedy="send gzip, zstd or none"
    )


def parse_body(raw: bytes) -> Any:
    """The JSON value of a body.

    Too many arrays and objects, which cost far more memory than text, and half characters
    (lone surrogates) are refused beside what `parse_json` refuses.
    """
    if raw.count(b"[") + raw.count(b"{") > MOST_CONTAINERS:
        raise InputTooLarge(
            f"the body has more than {MOST_CONTAINERS} arrays and objects",
            remedy="use the columnar form of edges, or upload a file by PUT /v1/instances",
        )
    value = parse_json(raw, file=BODY)
    if b"\\ud" in raw or b"\\uD" in raw:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ParseError(
                "a string has half of a surrogate pair", file=BODY, remedy="send whole characters"
            ) from error
    return value


def validate(value: Any, form: type[F]) -> F:
    """The value as a form; `InvalidRequest` names the first field that is off."""
    try:
        return form.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from None
