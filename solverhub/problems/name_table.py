"""Names of rows and columns: hashed straight from the bytes of a file, kept as bytes, decoded late.

The hash table is open addressing over ids; a name is a span of the file, compared byte by
byte.  The hash starts from a seed that differs from process to process, so that no file
can be made to collide on purpose.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import overload

import numpy as np
from numba import njit

_PRIME = np.uint64(0x9E3779B97F4A7C15)


def fresh_seed() -> np.uint64:
    """A seed for the hash of one table."""
    return np.uint64(secrets.randbits(64) | 1)


@njit(cache=True, nogil=True)
def _hash(data: np.ndarray, start: int, stop: int, seed: np.uint64) -> np.uint64:
    state = seed
    for k in range(start, stop):
        state = (state ^ np.uint64(data[k])) * _PRIME
        state ^= state >> np.uint64(29)
    return state


@njit(cache=True, nogil=True)
def same_bytes(data: np.ndarray, left: int, right: int, length: int) -> bool:
    """True if the `length` bytes at `left` and `right` are equal."""
    k = 0
    while k < length and data[left + k] == data[right + k]:
        k += 1
    return k == length


@njit(cache=True, nogil=True)
def find(
    data: np.ndarray,
    start: int,
    stop: int,
    seed: np.uint64,
    slots: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
) -> tuple[int, np.int64]:
    """(id, slot) of the name data[start:stop]; id -1 with the free slot if it is new.

    `slots` int32 (a power of two, never full): id + 1, or 0 where free.  `starts` int64 and
    `lengths` int32: span of each id.
    """
    mask = np.uint64(slots.size - 1)
    at = _hash(data, start, stop, seed) & mask
    while slots[np.int64(at)] != 0:
        known = slots[np.int64(at)] - 1
        if lengths[known] == stop - start and same_bytes(data, starts[known], start, stop - start):
            return known, np.int64(at)
        at = (at + np.uint64(1)) & mask
    return -1, np.int64(at)


@njit(cache=True, nogil=True)
def grown(
    data: np.ndarray,
    count: int,
    seed: np.uint64,
    slots: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
) -> np.ndarray:
    """The slots, moved to a table four times as large once they are half full."""
    if 2 * (count + 1) < slots.size:
        return slots
    larger = np.zeros(4 * slots.size, np.int32)
    mask = np.uint64(larger.size - 1)
    for known in range(count):
        at = _hash(data, starts[known], starts[known] + lengths[known], seed) & mask
        while larger[np.int64(at)] != 0:
            at = (at + np.uint64(1)) & mask
        larger[np.int64(at)] = known + 1
    return larger


@njit(cache=True, nogil=True)
def _gather(
    data: np.ndarray, starts: np.ndarray, lengths: np.ndarray, chosen: np.ndarray, out: np.ndarray
) -> None:
    at = 0
    for known in chosen:
        for k in range(lengths[known]):
            out[at + k] = data[starts[known] + k]
        at += lengths[known]


class Names(Sequence[str]):
    """Immutable names over one byte buffer, decoded on access.

    `indptr` int64 (n + 1,): name i is `text[indptr[i]:indptr[i + 1]]`.
    """

    __slots__ = ("_encoding", "_indptr", "_text")

    def __init__(self, text: bytes, indptr: np.ndarray, encoding: str = "utf-8") -> None:
        self._text, self._indptr, self._encoding = text, indptr, encoding

    @classmethod
    def gather(
        cls,
        data: np.ndarray,
        starts: np.ndarray,
        lengths: np.ndarray,
        chosen: np.ndarray,
        *,
        space: bytes = b"",
    ) -> Names:
        """Copy the chosen spans out of a file; bytes equal to `space` become spaces.

        Names are UTF-8 if all of them are, else Latin-1.
        """
        indptr = np.zeros(chosen.size + 1, np.int64)
        np.cumsum(lengths[chosen], out=indptr[1:])
        out = np.empty(int(indptr[-1]), np.uint8)
        _gather(data, starts, lengths, chosen, out)
        text = out.tobytes()
        if space:
            text = text.replace(space, b" ")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            return cls(text, indptr, "latin-1")
        return cls(text, indptr)

    def __len__(self) -> int:
        return self._indptr.size - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = index + len(self) if index < 0 else index
        if not 0 <= i < len(self):
            raise IndexError(f"name {index} of {len(self)}")
        return self._text[self._indptr[i] : self._indptr[i + 1]].decode(self._encoding)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Names({len(self)} names)"
