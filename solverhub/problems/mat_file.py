"""Variables of MATLAB files of version 5 to 7: numbers, sparse matrices, text and structs.

Read here and not by `scipy.io`, whose compiled reader ends the process on some malformed
files; this one checks every length, index and type before it is used.  The layout is that
of MathWorks' "MAT-File Format", level 5: elements of a tag (type, bytes) and data, packed
ones holding one element; a matrix is flags, dimensions, name and its parts.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

from solverhub.core.errors import InputTooLarge, ParseError
from solverhub.core.problem import Source

_HDF = b"\x89HDF\r\n\x1a\n"
_HEADER_BYTES = 128
_MATRIX, _PACKED = 14, 15
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8"}
_STORED |= {13: "u8", 16: "u1", 17: "u2", 18: "u4"}
_NUMBERS = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4"}
_NUMBERS |= {14: "i8", 15: "u8"}
_STRUCT, _TEXT, _SPARSE = 2, 4, 5
_COMPLEX, _LOGICAL = 0x08, 0x02
_GLANCE = 4096
_SMALL = 2**26
_RATIO = 250


def is_mat(source: Source) -> bool:
    """True for the headers of version 5 to 7.3, and for the suffix."""
    head = source.data[:_HEADER_BYTES]
    if head.startswith((b"MATLAB", _HDF)) or head[126:128] in (b"IM", b"MI"):
        return True
    return source.name.lower().endswith(".mat")


def mat_shapes(source: Source) -> dict[str, tuple[int, ...]]:
    """Shapes of the variables by name; `ParseError` if the file cannot be read."""
    with _translated(source):
        return {head.name: head.shape for head in _heads(source)}


def mat_variables(source: Source, names: Sequence[str]) -> dict[str, Any]:
    """Those of the named variables that the file has.

    Numbers come as arrays of at least two dimensions, sparse matrices as `csc_array`, text
    as `str`, and a struct of one element as a dict.  `ParseError` names another kind.
    """
    with _translated(source):
        return {head.name: _value(head) for head in _heads(source, whole=names)}


@dataclass(frozen=True, slots=True)
class _Head:
    """A matrix up to its parts, which start at `pos` of `data`."""

    name: str
    kind: int
    flags: int
    shape: tuple[int, ...]
    data: memoryview
    pos: int
    order: str


@contextmanager
def _translated(source: Source) -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError, zlib.error) as error:
        raise ParseError(
            f"not a readable MATLAB file: {str(error)[:150]}",
            file=source.name,
            remedy="save it again with -v7",
        ) from error


def _heads(source: Source, whole: Sequence[str] | None = None) -> Iterator[_Head]:
    """Heads of all variables with little unpacked, or of those in `whole`, all unpacked."""
    data = source.data
    if data.startswith((b"MATLAB 7.3", _HDF)):
        raise ParseError(
            "this is a MATLAB 7.3 (HDF5) file", file=source.name, remedy="save it with -v7"
        )
    if data[126:128] not in (b"IM", b"MI"):
        raise ValueError("it has no header of version 5 to 7")
    order = "<" if data[126:128] == b"IM" else ">"
    left = max(_SMALL, _RATIO * len(data))
    pos = _HEADER_BYTES
    while pos + 8 <= len(data):
        kind, start, size, pos = _element(memoryview(data), pos, order)
        part = memoryview(data)[start : start + size]
        if kind not in (_MATRIX, _PACKED):
            continue
        head = _head(_unpacked(part, _GLANCE)[8:] if kind == _PACKED else part, order)
        if whole is None or (head.name in whole and kind == _MATRIX):
            yield head
        elif head.name in whole:
            unpacked = _unpacked(part, left + 1)
            left -= len(unpacked)
            if left < 0:
                raise InputTooLarge(
                    f"{source.name}: it unpacks to more than {_RATIO} times its size",
                    remedy="save it uncompressed, with -v6",
                )
            _, start, size, _ = _element(unpacked, 0, order)
            yield _head(unpacked[start : start + size], order)


def _unpacked(part: memoryview, most: int) -> memoryview:
    """Up to `most` bytes of a zlib stream."""
    return memoryview(zlib.decompressobj().decompress(part, most))


def _element(data: memoryview, pos: int, order: str) -> tuple[int, int, int, int]:
    """(type, start, bytes, next) of the element at `pos`; short ones hold data in the tag."""
    if pos < 0 or pos + 8 > len(data):
        raise ValueError("it ends within an element")
    first, second = struct.unpack_from(f"{order}II", data, pos)
    if first >> 16:
        kind, size, start = first & 0xFFFF, first >> 16, pos + 4
        after = pos + 8
        if size > 4:
            raise ValueError("a short element is too long")
    else:
        kind, size, start = first, second, pos + 8
        after = start + (size if kind == _PACKED else -(-size // 8) * 8)
    if start + size > len(data):
        raise ValueError("it ends within an element")
    return kind, start, size, after


def _numbers(data: memoryview, pos: int, order: str) -> tuple[np.ndarray, int]:
    """The numbers of an element, and the position after it."""
    kind, start, size, after = _element(data, pos, order)
    if kind not in _STORED:
        raise ValueError(f"an element of type {kind} where numbers are due")
    dtype = np.dtype(order + _STORED[kind])
    return np.frombuffer(data, dtype, size // dtype.itemsize, start), after


def _head(data: memoryview, order: str) -> _Head:
    flags, pos = _numbers(data, 0, order)
    shape, pos = _numbers(data, pos, order)
    name, pos = _numbers(data, pos, order)
    if flags.size < 1 or shape.size < 2 or shape.min() < 0:
        raise ValueError("a variable has no flags or dimensions")
    word = int(flags[0])
    return _Head(
        name=name.tobytes().decode("latin-1"),
        kind=word & 0xFF,
        flags=word >> 8,
        shape=tuple(int(size) for size in shape),
        data=data,
        pos=pos,
        order=order,
    )


def _value(head: _Head) -> Any:
    if head.flags & _COMPLEX:
        raise ValueError(f"variable {head.name[:80]!r} is complex")
    if head.kind in _NUMBERS:
        return _full(head)
    if head.kind == _SPARSE:
        return _sparse(head)
    if head.kind == _TEXT:
        codes, _ = _numbers(head.data, head.pos, head.order)
        return "".join(chr(int(code)) for code in codes if 0 <= code < 0xD800)
    if head.kind == _STRUCT:
        return _struct(head)
    raise ValueError(f"variable {head.name[:80]!r} is neither numbers, text nor a struct")


def _full(head: _Head) -> np.ndarray:
    values, _ = _numbers(head.data, head.pos, head.order)
    if values.size != math.prod(head.shape):
        raise ValueError(f"variable {head.name[:80]!r} is shorter than its dimensions")
    dtype = np.bool_ if head.flags & _LOGICAL else np.dtype(_NUMBERS[head.kind])
    return values.astype(dtype).reshape(head.shape, order="F")


def _sparse(head: _Head) -> Any:
    rows, pos = _numbers(head.data, head.pos, head.order)
    starts, pos = _numbers(head.data, pos, head.order)
    values, _ = _numbers(head.data, pos, head.order)
    if len(head.shape) != 2 or starts.dtype.kind == "f" or rows.dtype.kind == "f":
        raise ValueError(f"variable {head.name[:80]!r} is no sparse matrix")
    m, n = head.shape
    starts = starts.astype(np.int64)
    if starts.size != n + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise ValueError(f"the columns of {head.name[:80]!r} are out of order")
    count = int(starts[-1])
    rows, values = rows[:count].astype(np.int64), values[:count]
    if rows.size != count or values.size != count:
        raise ValueError(f"variable {head.name[:80]!r} lacks entries")
    if count and (rows.min() < 0 or rows.max() >= m):
        raise ValueError(f"variable {head.name[:80]!r} has rows beyond its {m}")
    dtype = np.bool_ if head.flags & _LOGICAL else np.float64
    return scipy.sparse.csc_array((values.astype(dtype), rows, starts), shape=(m, n))


def _struct(head: _Head) -> dict[str, Any]:
    """Fields of a struct of one element; those of other kinds are None."""
    length, pos = _numbers(head.data, head.pos, head.order)
    names, pos = _numbers(head.data, pos, head.order)
    width = int(length[0]) if length.size else 0
    if width < 1 or math.prod(head.shape) != 1:
        raise ValueError(f"variable {head.name[:80]!r} is no single struct")
    found: dict[str, Any] = {}
    text = names.tobytes()
    for k in range(len(text) // width):
        name = text[k * width : (k + 1) * width].split(b"\0")[0].decode("latin-1")
        kind, start, size, pos = _element(head.data, pos, head.order)
        inner = head.data[start : start + size]
        found[name] = None
        if kind == _MATRIX and size:
            field = _head(inner, head.order)
            plain = field.kind in _NUMBERS or field.kind in (_SPARSE, _TEXT)
            found[name] = _value(field) if plain and not field.flags & _COMPLEX else None
    return found
