"""Reads multipart/form-data with one file, which goes straight into the spool of uploads.

The fields bear the names of the JSON body; `problem`, `solver` and `name` are plain text,
the others JSON text: `-F file=@G1.txt -F problem=max-cut -F 'budget={"time_s": 5}'`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from solverhub.core.errors import InputTooLarge
from solverhub.problems.json_text import parse_json
from solverhub.server.bodies import validate
from solverhub.server.errors import InvalidRequest, UnsupportedMediaType
from solverhub.server.forms import LONGEST_NAME, JobForm
from solverhub.service.service import Service, Upload

MOST_FIELDS = 32
LONGEST_FIELD = 2**20
WRITE_BYTES = 2**20
LONGEST_HEADER = 8192
_DIGEST_TO_COME = "sha256:" + "0" * 64
_TEXT_FIELDS = frozenset({"problem", "solver", "name"})


def is_form(request: Request) -> bool:
    """True for multipart/form-data."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def read_job(request: Request, service: Service) -> JobForm:
    """The job that a form describes, its file spooled under the digest of its bytes."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "a form comes with Content-Encoding", remedy="send the compressed file as the file"
        )
    _, parameters = parse_options_header(request.headers["content-type"])
    if not parameters.get(b"boundary"):
        raise InvalidRequest("the form names no boundary", remedy="let the HTTP client set it")
    reader = _Reader(service)
    parser = MultipartParser(parameters[b"boundary"], reader.callbacks())
    try:
        async for chunk in request.stream():
            parser.write(chunk)
            if len(reader.pending) >= WRITE_BYTES:
                await run_in_threadpool(reader.flush)
        parser.finalize()
        return await run_in_threadpool(reader.finish)
    except FormParserError as error:
        raise InvalidRequest(f"the form is broken: {error}", remedy="send it again") from error
    finally:
        reader.abort()


@dataclass
class _Reader:
    """Callbacks of the parser: fields pile up here, the file's bytes in `pending`."""

    service: Service
    fields: dict[str, bytearray] = field(default_factory=dict)
    pending: bytearray = field(default_factory=bytearray)
    upload: Upload | None = None
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _disposition: bytes = b""
    _field: bytearray | None = None

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda *part: self._extend(self._header[0], LONGEST_HEADER, *part),
            "on_header_value": lambda *part: self._extend(self._header[1], LONGEST_HEADER, *part),
            "on_header_end": self._header_end,
            "on_headers_finished": self._start,
            "on_part_data": self._data,
        }

    def _begin(self) -> None:
        self._disposition, self._field = b"", None

    def _header_end(self) -> None:
        name, value = bytes(self._header[0]), bytes(self._header[1])
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            self._disposition = value

    def _start(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            if name != "file" or self.upload is not None:
                raise InvalidRequest(
                    f"the form has a file {name[:100]!r}", remedy="send one file, named 'file'"
                )
            filename = options[b"filename"].decode("utf-8", "replace")
            self.upload = self.service.open_upload(file_name(filename))
            return
        if name in self.fields or len(self.fields) >= MOST_FIELDS:
            raise InvalidRequest(
                f"the form gives {name[:100]!r} twice or too many fields",
                remedy="send each field once",
            )
        self._field = self.fields[name] = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self.pending += data[start:end]
        else:
            self._extend(self._field, LONGEST_FIELD, data, start, end)

    @staticmethod
    def _extend(held: bytearray, limit: int, data: bytes, start: int, end: int) -> None:
        if len(held) + end - start > limit:
            raise InputTooLarge(
                f"a field or header of the form exceeds {limit} bytes",
                remedy="send large data as the file",
            )
        held += data[start:end]

    def flush(self) -> None:
        if self.upload is not None and self.pending:
            self.upload.write(bytes(self.pending))
        self.pending.clear()

    def finish(self) -> JobForm:
        if self.upload is None:
            raise InvalidRequest("the form has no file", remedy="send one part named 'file'")
        values: dict[str, Any] = {
            name: _value(name, bytes(text)) for name, text in self.fields.items()
        }
        form = validate({**values, "instance_digest": _DIGEST_TO_COME}, JobForm)
        self.flush()
        kept = self.upload.commit()
        name = form.name or kept.name
        return form.model_copy(update={"instance_digest": kept.digest, "name": name})

    def abort(self) -> None:
        if self.upload is not None:
            self.upload.abort()


def file_name(given: str) -> str:
    """The last part of a file's name; it tells the format and is shown in lists."""
    name = given.replace("\\", "/").rpartition("/")[2].replace("\0", "") or "instance"
    if len(name) > LONGEST_NAME:
        raise InvalidRequest(
            f"the file's name has {len(name)} characters", remedy=f"use at most {LONGEST_NAME}"
        )
    return name


def _value(name: str, text: bytes) -> Any:
    if name in _TEXT_FIELDS:
        return text.decode("utf-8", "replace")
    return parse_json(text, file=f"form field {name[:100]!r}")
