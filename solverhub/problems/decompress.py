"""Read gzip and zstd streams within a limit on what they unpack to.

Told by magic bytes.  Memory stays near the unpacked size allowed: gzip is unpacked by at
most 1 MiB a step, and zstd is fed so little at a time (a block of 128 KiB costs at least 4
bytes) that one step cannot exceed 32 MiB.  A stream that unpacks to more than the ratio
allows, beyond 16 MiB, is taken for a bomb.  Several members or frames in a row are one
stream, as `cat a.gz b.gz` makes them; zeros after the last member are padding.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

from solverhub.core.errors import InputTooLarge, ParseError

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

_STEP = 2**20
_ZSTD_FEED = 1024
_ZSTD_WINDOW = 2**27
_FREE = 2**24
_OTHERS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x1f\x9d": "compress",
    b"Rar!": "rar",
}


def read_stream(stream: BinaryIO, name: str, max_bytes: int, max_ratio: float) -> bytes:
    """All bytes of the stream, decompressed.

    Raises `InputTooLarge` beyond a limit, `ParseError` for a broken or foreign compression.
    """
    head = stream.read(8)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise ParseError(
                f"{what} is not read", file=name, remedy="unpack it, or use gzip or zstd"
            )
    packed = _Packed(stream, head)
    if head.startswith(GZIP_MAGIC):
        pieces = _gunzip(packed, name)
    elif head.startswith(ZSTD_MAGIC):
        pieces = _unzstd(packed, name)
    else:
        pieces = iter(packed.read, b"")
        max_ratio = float("inf")
    found = io.BytesIO()
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > max_bytes:
            raise InputTooLarge(
                f"{name}: more than {max_bytes} bytes when unpacked",
                remedy="raise max_bytes, or give a smaller file",
            )
        if total > _FREE and total > max_ratio * packed.count:
            raise InputTooLarge(
                f"{name}: it unpacks to more than {max_ratio:g} times its size",
                remedy="give it uncompressed if that is meant",
            )
        found.write(piece)
    return found.getvalue()


class _Packed:
    """The compressed bytes, counted as they are read."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream, self._head = stream, head
        self.count = 0

    def read(self, size: int = _STEP) -> bytes:
        data, self._head = self._head or self._stream.read(size), b""
        self.count += len(data)
        return data


def _gunzip(packed: _Packed, name: str) -> Iterator[bytes]:
    data = packed.read()
    try:
        while data.strip(b"\0"):
            unpacker = zlib.decompressobj(wbits=31)
            while not unpacker.eof:
                if not data:
                    data = packed.read()
                    if not data:
                        raise _truncated("gzip", name)
                yield unpacker.decompress(data, _STEP)
                data = unpacker.unconsumed_tail
            data = unpacker.unused_data or packed.read()
    except zlib.error as error:
        raise _broken("gzip", name, error) from error


def _unzstd(packed: _Packed, name: str) -> Iterator[bytes]:
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    data = packed.read(_ZSTD_FEED)
    try:
        while data:
            unpacker = context.decompressobj()
            while not unpacker.eof:
                yield unpacker.decompress(data)
                data = unpacker.unused_data if unpacker.eof else packed.read(_ZSTD_FEED)
                if not data and not unpacker.eof:
                    raise _truncated("zstd", name)
            data = data or packed.read(_ZSTD_FEED)
    except zstandard.ZstdError as error:
        raise _broken("zstd", name, error) from error


def _truncated(what: str, name: str) -> ParseError:
    return ParseError(f"the {what} stream ends early", file=name, remedy="fetch the whole file")


def _broken(what: str, name: str, error: Exception) -> ParseError:
    return ParseError(
        f"broken {what} stream: {error}", file=name, remedy="fetch or pack the file again"
    )
