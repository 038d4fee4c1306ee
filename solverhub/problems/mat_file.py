"""Variables of MATLAB files up to version 7, read without trusting them."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import scipy.io

from solverhub.core.errors import InputError, InputTooLarge, ParseError
from solverhub.core.problem import Source

_HDF = b"\x89HDF\r\n\x1a\n"
_COMPRESSED = 15
_HEADER_BYTES = 128
_SMALL = 2**26
_RATIO = 250


def is_mat(source: Source) -> bool:
    """True for the headers of version 5 to 7.3, and for the suffix (version 4 has no magic)."""
    head = source.data[:_HEADER_BYTES]
    if head.startswith((b"MATLAB", _HDF)) or head[126:128] in (b"IM", b"MI"):
        return True
    return source.name.lower().endswith(".mat")


def mat_shapes(source: Source) -> dict[str, tuple[int, ...]]:
    """Shapes of the variables by name; `ParseError` if the file cannot be read."""
    if source.data.startswith((b"MATLAB 7.3", _HDF)):
        raise ParseError(
            "this is a MATLAB 7.3 (HDF5) file", file=source.name, remedy="save it with -v7"
        )
    _check_bombs(source)
    with _translated(source):
        return {name: shape for name, shape, _ in scipy.io.whosmat(io.BytesIO(source.data))}


def mat_variables(source: Source, names: Sequence[str]) -> dict[str, Any]:
    """The named variables that the file has; call `mat_shapes` first, which checks sizes."""
    with _translated(source):
        found = scipy.io.loadmat(io.BytesIO(source.data), variable_names=list(names))
        return {name: found[name] for name in names if name in found}


@contextmanager
def _translated(source: Source) -> Iterator[None]:
    """Whatever a foreign parser raises on bytes that may be anything, as one `ParseError`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise ParseError(
            f"not a readable MATLAB file: {str(error)[:100]}",
            file=source.name,
            remedy="save it again with -v7",
        ) from error


def _check_bombs(source: Source) -> None:
    """Refuse compressed variables that unpack to more than 250 times the file."""
    data = source.data
    order = "big" if data[126:128] == b"MI" else "little"
    left = max(_SMALL, _RATIO * len(data))
    pos = _HEADER_BYTES
    while pos + 8 <= len(data):
        kind = int.from_bytes(data[pos : pos + 4], order)  # type: ignore[arg-type]
        size = int.from_bytes(data[pos + 4 : pos + 8], order)  # type: ignore[arg-type]
        if kind == _COMPRESSED:
            left -= _unpacked(memoryview(data)[pos + 8 : pos + 8 + size], left)
            if left < 0:
                raise InputTooLarge(
                    f"{source.name}: it unpacks to more than {_RATIO} times its size",
                    remedy="save it uncompressed, with -v6",
                )
        pos += 8 + size


def _unpacked(data: memoryview, most: int) -> int:
    """Bytes that a zlib stream unpacks to, counted up to just beyond `most`."""
    unpacker = zlib.decompressobj()
    total = 0
    chunk: bytes | memoryview = data
    try:
        while len(chunk) and not unpacker.eof and total <= most:
            total += len(unpacker.decompress(chunk, 2**20))
            chunk = unpacker.unconsumed_tail
    except zlib.error:
        pass  # the parser proper reports it
    return total
