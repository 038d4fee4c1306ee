"""Graphs in MATLAB files up to version 7, SuiteSparse's `Problem` structs too.

The adjacency matrix is `Problem.A`, or the only square matrix, or the one called `A`,
`adj`, `adjacency`, `G`, `W` or `M`.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from solverhub.core.errors import InputError, InputTooLarge, ParseError
from solverhub.core.problem import Source
from solverhub.problems.graph_formats.matrices import graph_of_array, graph_of_entries
from solverhub.problems.graph_formats.raw import RawGraph

_HDF = b"\x89HDF\r\n\x1a\n"
_NAMES = ("A", "adj", "adjacency", "G", "W", "M")
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


def read_mat(source: Source) -> RawGraph:
    """The graph of a MATLAB file; `ParseError` says what is missing in it."""
    if source.data.startswith((b"MATLAB 7.3", _HDF)):
        raise ParseError(
            "this is a MATLAB 7.3 (HDF5) file", file=source.name, remedy="save it with -v7"
        )
    _check_bombs(source)
    try:
        found = _matrix(source)
    except InputError:
        raise
    except Exception as error:  # a foreign parser on bytes that may be anything
        raise ParseError(
            f"not a readable MATLAB file: {str(error)[:100]}",
            file=source.name,
            remedy="save it again with -v7",
        ) from error
    if scipy.sparse.issparse(found):
        return _sparse(found, source)
    return graph_of_array(found, source, "the matrix")


def _matrix(source: Source) -> Any:
    sizes = {name: shape for name, shape, _ in scipy.io.whosmat(io.BytesIO(source.data))}
    square = [name for name, s in sizes.items() if len(s) == 2 and s[0] == s[1] and s[0] > 1]
    named = [name for name in _NAMES if name in square]
    if "Problem" in sizes:
        problem = scipy.io.loadmat(io.BytesIO(source.data), variable_names=["Problem"])["Problem"]
        return problem["A"].flat[0]
    if not named and len(square) != 1:
        raise ParseError(
            f"no adjacency matrix among the variables {', '.join(sizes)[:200] or '(none)'}",
            file=source.name,
            remedy="keep one square matrix, or call it A",
        )
    name = named[0] if named else square[0]
    return scipy.io.loadmat(io.BytesIO(source.data), variable_names=[name])[name]


def _sparse(matrix: Any, source: Source) -> RawGraph:
    entries = scipy.sparse.coo_array(matrix)
    entries.sum_duplicates()
    n, columns = entries.shape
    rows, cols = entries.coords
    inside = all(ids.size == 0 or (ids.min() >= 0 and ids.max() < n) for ids in (rows, cols))
    if n != columns or not inside:
        raise ParseError(
            f"the matrix has shape {entries.shape}, not square, or bad indices",
            file=source.name,
            remedy="give a square adjacency matrix",
        )
    return graph_of_entries(n, rows, cols, np.asarray(entries.data), source, "the matrix")


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
