"""Numba readers of single fields of a text table: ids, weights and what stands between them.

Nothing here trusts its bytes: every read is bounded by `end`, and every number is checked
for overflow.  Positions are byte offsets.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.decimal_scan import LATE, NUMBER, parse_decimal

DONE, BAD_ID, ID_RANGE, BAD_WEIGHT, BIG_WEIGHT, RAGGED, TOO_MANY, BAD_LINE = range(8)
"""Why a scan ended; all but `DONE` are faults at the offset where it stopped."""

NEWLINE = 10
_QUOTE = 34
_INTEGER, _BIG, _OTHER = range(3)
_MOST = np.uint64(2**63 - 1)
_LIMIT = np.uint64((2**64 - 10) // 10)


@njit(cache=True, nogil=True, inline="always")
def blank(c: int) -> bool:
    """Space, tab, carriage return, vertical tab, form feed."""
    return c == 32 or c == 9 or (11 <= c <= 13)


@njit(cache=True, nogil=True, inline="always")
def ends(c: int) -> bool:
    """What may follow a number: a blank, newline, comma, semicolon or quote."""
    return c == 32 or (9 <= c <= 13) or c == 44 or c == 59 or c == _QUOTE


@njit(cache=True, nogil=True, inline="always")
def comment(data: np.ndarray, pos: int, end: int) -> bool:
    """True at `#`, `%` or `//`."""
    c = data[pos]
    return c == 35 or c == 37 or (c == 47 and pos + 1 < end and data[pos + 1] == 47)


@njit(cache=True, nogil=True)
def line_end(data: np.ndarray, pos: int, end: int) -> int:
    """The next newline, or `end`."""
    while pos < end and data[pos] != NEWLINE:
        pos += 1
    return pos


@njit(cache=True, nogil=True)
def next_field(data: np.ndarray, pos: int, end: int) -> int:
    """Past blanks, at most one comma or semicolon, and blanks."""
    while pos < end and blank(data[pos]):
        pos += 1
    if pos < end and (data[pos] == 44 or data[pos] == 59):
        pos += 1
        while pos < end and blank(data[pos]):
            pos += 1
    return pos


@njit(cache=True, nogil=True)
def field_end(data: np.ndarray, pos: int, end: int) -> int:
    """Past one field, quoted or not."""
    if pos < end and data[pos] == _QUOTE:
        pos += 1
        while pos < end and data[pos] != _QUOTE and data[pos] != NEWLINE:
            pos += 1
        return pos + 1 if pos < end and data[pos] == _QUOTE else pos
    while pos < end and not ends(data[pos]):
        pos += 1
    return pos


@njit(cache=True, nogil=True)
def _integer(data: np.ndarray, pos: int, end: int) -> tuple[int, np.int64, int]:
    """(kind, value, next) of a field that is digits with an optional sign; no quotes."""
    negative = False
    if pos < end and (data[pos] == 43 or data[pos] == 45):
        negative = data[pos] == 45
        pos += 1
    value = np.uint64(0)
    first = pos
    big = False
    while pos < end and 48 <= data[pos] <= 57:
        if value > _LIMIT:
            big = True
        value = value * np.uint64(10) + np.uint64(data[pos] - 48)
        pos += 1
    if pos == first or (pos < end and not ends(data[pos])):
        return _OTHER, np.int64(0), pos
    if big or value > _MOST:
        return _BIG, np.int64(0), pos
    return _INTEGER, -np.int64(value) if negative else np.int64(value), pos


@njit(cache=True, nogil=True)
def _inside(data: np.ndarray, pos: int, stop: int) -> tuple[int, int]:
    """The field without its quotes."""
    if stop - pos >= 2 and data[pos] == _QUOTE and data[stop - 1] == _QUOTE:
        return pos + 1, stop - 1
    return pos, stop


@njit(cache=True, nogil=True)
def read_id(data: np.ndarray, pos: int, end: int, low: int, high: int) -> tuple[int, np.int64, int]:
    """(status, id, next) of a vertex id within low..high; 7.0 and "7" are 7."""
    kind, value, stop = _integer(data, pos, end)
    if kind == _OTHER:
        stop = field_end(data, pos, end)
        first, last = _inside(data, pos, stop)
        kind, value, after = _integer(data, first, last)
        if kind == _OTHER or after != last:
            status, real = parse_decimal(data, first, last)
            if status != NUMBER or not abs(real) < 2.0**53 or real != np.floor(real):
                return BAD_ID, np.int64(0), stop
            kind, value = _INTEGER, np.int64(real)
    if kind == _BIG or value < low or value > high:
        return ID_RANGE, value, stop
    return DONE, value, stop


@njit(cache=True, nogil=True)
def read_weight(
    data: np.ndarray,
    pos: int,
    end: int,
    row: int,
    whole: np.ndarray,
    real: np.ndarray,
    late: np.ndarray,
    floating: bool,
) -> tuple[int, bool, int]:
    """Store the weight of a row; (status, floating, next).

    `whole` (int64) and `real` (float64) are one buffer: with the first decimal the rows so
    far turn into floats.  A decimal too long to convert here leaves its place, offset * 2^16
    + length, and a mark in `late`.  A lone sign is 1 or -1.
    """
    kind, value, stop = _integer(data, pos, end)
    if kind == _INTEGER and not floating:
        whole[row] = value
        return DONE, floating, stop
    if kind == _BIG:
        return BIG_WEIGHT, floating, stop
    if kind == _INTEGER:
        real[row] = np.float64(value)
        return DONE, floating, stop
    stop = field_end(data, pos, end)
    first, last = _inside(data, pos, stop)
    if last - first == 1 and (data[first] == 43 or data[first] == 45):
        if floating:
            real[row] = 1.0 if data[first] == 43 else -1.0
        else:
            whole[row] = 1 if data[first] == 43 else -1
        return DONE, floating, stop
    status, decimal = parse_decimal(data, first, last)
    if (status != NUMBER and status != LATE) or last - first > 65535:
        return BAD_WEIGHT, floating, stop
    if not np.isfinite(decimal):  # infinite to a model, but a weight may be 1e30
        status = LATE
    if not floating:
        for k in range(row):
            real[k] = np.float64(whole[k])
    if status == LATE:
        late[row] = 1
        whole[row] = first * 65536 + (last - first)
    else:
        real[row] = decimal
    return DONE, True, stop
