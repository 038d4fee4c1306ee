"""From a path, bytes or JSON to an instance: decompress, tell the problem, parse.

The problem is the one asked for, else the JSON key `"problem"`, else the parent folder's
name where that fits, else the only one that fits.  Byte-order marks of UTF-8 are dropped,
lone carriage returns are line ends, and text in UTF-16 is refused.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from solverhub.core.errors import InputError, InputTooLarge, InvalidInstance, ParseError
from solverhub.core.problem import Manner, Parsed, Source
from solverhub.problems import detect, families
from solverhub.problems.decompress import read_stream
from solverhub.problems.graph_family import GraphFamily
from solverhub.problems.graph_formats.formats import graph_of_wire
from solverhub.problems.json_arrays import parse_json_arrays, without_arrays

_PACKED = (".gz", ".zst", ".zstd")
_BINARY = (b"\x93NUMPY", b"PK\x03\x04", b"MATLAB", b"\x89HDF")
_FOREIGN_TEXT = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_TAKE_ARRAYS = ("qp", "cubic-correlation-clustering", "metric-nearness")


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one input may cost.

    `max_bytes` counts decompressed bytes; `max_ratio` is of decompressed to compressed ones,
    beyond 16 MiB; the counts hold before memory is spent on them.
    """

    max_bytes: int = 2**31
    max_ratio: float = 250.0
    max_vertices: int = 2**25
    max_edges: int = 2**28


DEFAULT_LIMITS = ReadLimits()

Readable = str | os.PathLike[str] | bytes | Mapping[str, Any] | Source


def read(
    x: Readable,
    problem: str | None = None,
    *,
    name: str | None = None,
    signs: bool = False,
    symmetrise: bool = False,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> Parsed:
    """The instance of a path, of a file's bytes, or of a JSON form.

    `name` replaces the path in errors and tells the format of bytes by its suffix; `signs`
    keeps only the signs of edge weights, `symmetrise` takes the mean of both directions of a
    matrix of distances.  Raises `ParseError`, `InvalidInstance`,
    `InputTooLarge`, `AmbiguousProblem` or `UnknownName`.
    """
    if problem is not None:
        families.get(problem)
    if isinstance(x, Mapping):
        return _read_wire(x, problem, name, Manner(signs, symmetrise))
    source = load(x, name=name, signs=signs, symmetrise=symmetrise, limits=limits)
    try:
        if detect.is_json(source.data):
            parsed = _parse_json(source, problem)
        else:
            chosen = problem or detect.choose(_fits(source), source.folder, source.name)
            parsed = families.get(chosen).parse(source)
    except InvalidInstance as error:
        raise _placed(error, source.name) from error
    stem = PurePath(source.name).stem
    return replace(parsed, name=stem) if parsed.name in (source.name, "instance") else parsed


def fits(x: Readable, *, name: str | None = None, limits: ReadLimits = DEFAULT_LIMITS) -> list[str]:
    """Names of the problems that the input fits."""
    if isinstance(x, Mapping):
        return detect.fits_wire(x)
    return _fits(load(x, name=name, limits=limits))


def load(
    x: str | os.PathLike[str] | bytes | Source,
    *,
    name: str | None = None,
    signs: bool = False,
    symmetrise: bool = False,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> Source:
    """The text of a path or of bytes: decompressed, without byte-order mark, not empty.

    The name loses a suffix of compression, so that suffixes tell the format.
    """
    if isinstance(x, Source):
        return x
    folder = ""
    if isinstance(x, bytes):
        title = name or "<input>"
        data = read_stream(io.BytesIO(x), title, limits.max_bytes, limits.max_ratio)
    else:
        path = Path(x)
        title, folder = name or str(path), path.absolute().parent.name
        data = _read_path(path, title, limits)
    for suffix in _PACKED:
        title = title.removesuffix(suffix)
    return Source(
        name=title,
        data=_text(data, title),
        folder=folder,
        signs=signs,
        symmetrise=symmetrise,
        max_vertices=limits.max_vertices,
        max_edges=limits.max_edges,
    )


def _read_path(path: Path, name: str, limits: ReadLimits) -> bytes:
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > limits.max_bytes:
                raise InputTooLarge(
                    f"{name}: more than {limits.max_bytes} bytes",
                    remedy="raise max_bytes, or give a smaller file",
                )
            return read_stream(stream, name, limits.max_bytes, limits.max_ratio)
    except OSError as error:
        raise ParseError(
            f"the file cannot be read ({error.strerror})", file=name, remedy="give a readable file"
        ) from error


def _text(data: bytes, name: str) -> bytes:
    if data.startswith(_FOREIGN_TEXT):
        raise ParseError("the text is UTF-16", file=name, line=1, remedy="save it as UTF-8")
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
    if not data[:4096].strip() and not data.strip():
        raise ParseError("the file is empty", file=name, remedy="give an instance")
    if data.startswith(_BINARY) or data[126:128] in (b"IM", b"MI") or name.endswith(".mat"):
        return data
    nul = data.find(b"\0", 0, 4096)
    if nul >= 0:
        raise ParseError(
            f"byte {nul} is NUL, so this is not text", file=name, remedy="give a text format"
        )
    if b"\r" in data[:4096] and data.find(b"\n") < 0:
        data = data.replace(b"\r", b"\n")
    return data


def _parse_json(source: Source, problem: str | None) -> Parsed:
    """Parse the text once, and graphs without lists of Python objects."""
    wire = _object(source)
    fitting = [] if problem else detect.fits_wire(wire)
    family = families.get(problem or detect.choose(fitting, source.folder, source.name))
    if isinstance(family, GraphFamily):
        name = wire.get("name")
        title = name if isinstance(name, str) else source.name
        raw = graph_of_wire(family.plain(wire), source)
        return family.from_raw(raw, wire, title, signs=source.signs)
    plain = wire if family.name in _TAKE_ARRAYS else without_arrays(wire)
    return family.from_wire(_symmetrised(plain, source.symmetrise))


def _object(source: Source) -> dict[str, Any]:
    wire = parse_json_arrays(source.data, file=source.name)
    if not isinstance(wire, dict):
        raise ParseError("the JSON is not an object", file=source.name)
    return wire


def _fits(source: Source) -> list[str]:
    if detect.is_json(source.data):
        return detect.fits_wire(_object(source))
    return detect.fits(source)


def _symmetrised(wire: Mapping[str, Any], asked: bool) -> Mapping[str, Any]:
    return {**wire, "symmetrise": True} if asked and "distances" in wire else wire


def _read_wire(
    wire: Mapping[str, Any], problem: str | None, name: str | None, manner: Manner
) -> Parsed:
    chosen = problem or detect.choose(detect.fits_wire(wire), "", name or "the JSON object")
    family = families.get(chosen)
    if isinstance(family, GraphFamily):
        parsed = family.from_wire(wire, signs=manner.signs)
    else:
        parsed = family.from_wire(_symmetrised(wire, manner.symmetrise))
    return replace(parsed, name=name) if name else parsed


def _placed(error: InvalidInstance, name: str) -> InputError:
    """The same error with the name of the file, where it lacks it."""
    if error.message.startswith(name):
        return error
    return InvalidInstance(f"{name}: {error.message}", remedy=error.remedy)
