"""A cell of shared memory that holds the newest value one process wrote for another.

The cell is double buffered: a write goes to the slot that is not the newest and becomes
visible by its header, which carries a sequence number and a checksum over header and
payload.  A writer killed at any instruction therefore leaves the value before, and a
reader never waits for a writer.  One process writes, any number read.

The memory is an anonymous file (`memfd`), so that it crosses a fork as well as an
`exec`, and it grows when a longer value is written.
"""

from __future__ import annotations

import mmap
import os
import pickle
import struct
import threading
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

_HEADER = struct.Struct("<QQQ")  # sequence, offset, length
_CHECKED = struct.Struct("<QQQI")  # the same and the checksum
_SLOT_AT = (0, 64)
_PAYLOAD_AT = mmap.PAGESIZE
_META_LENGTH = struct.Struct("<I")
_ATTEMPTS = 16


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell holds: a few plain values and at most one array (read-only)."""

    sequence: int
    head: tuple[Any, ...]
    array: np.ndarray | None


class Latest:
    """One cell.  `fd` may be handed to another process, which opens it by `Latest(fd)`."""

    def __init__(self, fd: int | None = None) -> None:
        created = fd is None
        self.fd = os.memfd_create("solverhub-latest", os.MFD_CLOEXEC) if fd is None else fd
        if created:
            os.ftruncate(self.fd, _PAYLOAD_AT)
        self._map = mmap.mmap(self.fd, os.fstat(self.fd).st_size)
        self._regions = [(0, 0), (0, 0)]
        self._sequence = 0
        self._lock = threading.Lock()

    def put(self, head: tuple[Any, ...], array: np.ndarray | None = None) -> int:
        """Write a value and return its sequence number (from 1)."""
        form = None if array is None else (array.dtype.str, array.shape)
        meta = pickle.dumps((head, form))
        body = b"" if array is None else np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        length = _META_LENGTH.size + len(meta) + len(body)
        with self._lock:
            sequence = self._sequence + 1
            slot = sequence % 2
            offset = self._room(slot, length)
            _CHECKED.pack_into(self._map, _SLOT_AT[slot], 0, 0, 0, 0)
            body_at = offset + _META_LENGTH.size + len(meta)
            self._map[offset:body_at] = _META_LENGTH.pack(len(meta)) + meta
            self._map[body_at : body_at + len(body)] = body
            checksum = self._checksum(sequence, offset, length)
            _CHECKED.pack_into(self._map, _SLOT_AT[slot], sequence, offset, length, checksum)
            self._sequence = sequence
            return sequence

    def sequence(self) -> int:
        """Sequence number of the newest header, 0 for none: a cheap look before `get`."""
        return max(int(_HEADER.unpack_from(self._map, at)[0]) for at in _SLOT_AT)

    def get(self, after: int = 0) -> Value | None:
        """The newest whole value whose sequence number exceeds `after`, or None."""
        for _ in range(_ATTEMPTS):
            headers = sorted((_CHECKED.unpack_from(self._map, at) for at in _SLOT_AT), reverse=True)
            for sequence, offset, length, checksum in headers:
                if sequence > after and self._reaches(offset + length):
                    raw = self._map[offset : offset + length]
                    if zlib.crc32(raw, zlib.crc32(_HEADER.pack(sequence, offset, length))) == (
                        checksum
                    ):
                        return _decode(sequence, raw)
            if headers[0][0] <= after:
                return None
        return None

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()
        os.close(self.fd)

    def _room(self, slot: int, length: int) -> int:
        offset, capacity = self._regions[slot]
        if capacity >= length:
            return offset
        end = os.fstat(self.fd).st_size
        capacity = -(-length // mmap.PAGESIZE) * mmap.PAGESIZE
        os.ftruncate(self.fd, end + capacity)
        self._map = mmap.mmap(self.fd, end + capacity)
        self._regions[slot] = (end, capacity)
        return end

    def _checksum(self, sequence: int, offset: int, length: int) -> int:
        with memoryview(self._map) as view, view[offset : offset + length] as payload:
            return zlib.crc32(payload, zlib.crc32(_HEADER.pack(sequence, offset, length)))

    def _reaches(self, end: int) -> bool:
        if end > len(self._map):
            size = os.fstat(self.fd).st_size
            if end > size:
                return False
            self._map = mmap.mmap(self.fd, size)
        return True


def _decode(sequence: int, raw: bytes) -> Value:
    (meta_length,) = _META_LENGTH.unpack_from(raw)
    body_at = _META_LENGTH.size + meta_length
    head, form = pickle.loads(raw[_META_LENGTH.size : body_at])
    if form is None:
        return Value(sequence, head, None)
    dtype, shape = form
    return Value(sequence, head, np.frombuffer(raw, np.dtype(dtype), offset=body_at).reshape(shape))
