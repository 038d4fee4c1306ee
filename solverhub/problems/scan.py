"""Numba scanner of number tables: edge lists, Gset, DIMACS and METIS at memory speed.

The kernels walk bytes and never trust them: every read is bounded, every number is
checked for overflow, and what does not fit stops the scan with a status and the byte
offset, from which `fault` makes a `ParseError` with line and column.

Decimal weights are exact: up to 2^53 times a power of ten up to 10^22 is one correctly
rounded operation (Clinger, doi:10.1145/93542.93557); longer ones are left to `float`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from solverhub.core.errors import ParseError

DONE, BAD_ID, ID_RANGE, BAD_WEIGHT, BIG_WEIGHT, RAGGED, TOO_MANY, BAD_LINE = range(8)

_INTEGER, _DECIMAL, _LONG, _BIG, _BAD = range(5)
_POWERS = 10.0 ** np.arange(23)
_MOST = np.uint64(2**63 - 1)
_TENTH = np.uint64((2**64 - 10) // 10)
_EXACT = np.uint64(2**53)

_NEWLINE, _QUOTE = 10, 34


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _blank(c):  # type: ignore[no-untyped-def]
    return c == 32 or c == 9 or c == 13 or c == 11 or c == 12


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _ends(c):  # type: ignore[no-untyped-def]
    """True for what may follow a number: blank, newline, comma, semicolon, quote."""
    return _blank(c) or c == _NEWLINE or c == 44 or c == 59 or c == _QUOTE


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _comment(data, pos, end):  # type: ignore[no-untyped-def]
    """True at `#`, `%` or `//`."""
    c = data[pos]
    return c == 35 or c == 37 or (c == 47 and pos + 1 < end and data[pos + 1] == 47)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _line_end(data, pos, end):  # type: ignore[no-untyped-def]
    while pos < end and data[pos] != _NEWLINE:
        pos += 1
    return pos


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _next(data, pos, end):  # type: ignore[no-untyped-def]
    """Past blanks, at most one comma or semicolon, and blanks."""
    while pos < end and _blank(data[pos]):
        pos += 1
    if pos < end and (data[pos] == 44 or data[pos] == 59):
        pos += 1
        while pos < end and _blank(data[pos]):
            pos += 1
    return pos


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _skip(data, pos, end):  # type: ignore[no-untyped-def]
    """Past one field, quoted or not."""
    if pos < end and data[pos] == _QUOTE:
        pos += 1
        while pos < end and data[pos] != _QUOTE and data[pos] != _NEWLINE:
            pos += 1
        return pos + 1 if pos < end and data[pos] == _QUOTE else pos
    while pos < end and not _ends(data[pos]):
        pos += 1
    return pos


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _number(data, pos, end):  # type: ignore[no-untyped-def]
    """(kind, int, float, next) of the number at `pos`, which may stand in quotes.

    `_LONG` is a decimal that needs `float`; a lone sign is 1 or -1 (signed edge lists).
    """
    quoted = data[pos] == _QUOTE
    if quoted:
        pos += 1
    negative = False
    signed = False
    if pos < end and (data[pos] == 43 or data[pos] == 45):
        negative = data[pos] == 45
        signed = True
        pos += 1
    mantissa = np.uint64(0)
    digits = 0
    dropped = 0
    fraction = 0
    point = False
    while pos < end:
        c = data[pos]
        if 48 <= c <= 57:
            digits += 1
            if mantissa <= _TENTH and dropped == 0:
                mantissa = mantissa * np.uint64(10) + np.uint64(c - 48)
                if point:
                    fraction += 1
            else:
                dropped += 1
        elif c == 46 and not point:
            point = True
        else:
            break
        pos += 1
    exponent = 0
    powered = False
    if digits > 0 and pos < end and (data[pos] == 101 or data[pos] == 69):
        powered = True
        pos += 1
        down = False
        if pos < end and (data[pos] == 43 or data[pos] == 45):
            down = data[pos] == 45
            pos += 1
        first = pos
        while pos < end and 48 <= data[pos] <= 57:
            if exponent < 100000:
                exponent = exponent * 10 + np.int64(data[pos] - 48)
            pos += 1
        if pos == first:
            return _BAD, np.int64(0), 0.0, pos
        if down:
            exponent = -exponent
    if quoted:
        if pos >= end or data[pos] != _QUOTE:
            return _BAD, np.int64(0), 0.0, pos
        pos += 1
    if pos < end and not _ends(data[pos]):
        return _BAD, np.int64(0), 0.0, pos
    if digits == 0:
        if signed and not point:
            return _INTEGER, np.int64(-1 if negative else 1), 0.0, pos
        return _BAD, np.int64(0), 0.0, pos
    if not point and not powered:
        if dropped > 0 or mantissa > _MOST:
            return _BIG, np.int64(0), 0.0, pos
        whole = np.int64(mantissa)
        return _INTEGER, -whole if negative else whole, 0.0, pos
    exponent -= fraction
    if dropped > 0 or mantissa > _EXACT or exponent < -22 or exponent > 22:
        return _LONG, np.int64(0), 0.0, pos
    value = np.float64(mantissa)
    value = value / _POWERS[-exponent] if exponent < 0 else value * _POWERS[exponent]
    return _DECIMAL, np.int64(0), -value if negative else value, pos


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _id(data, pos, end, low, high):  # type: ignore[no-untyped-def]
    """(status, id, next); an integer may be written as 7.0."""
    kind, whole, value, after = _number(data, pos, end)
    if kind == _DECIMAL and abs(value) < 2.0**53 and value == np.floor(value):
        kind, whole = _INTEGER, np.int64(value)
    if kind == _BIG:
        return ID_RANGE, np.int64(0), after
    if kind != _INTEGER or not (48 <= data[after - 1] <= 57 or data[after - 1] in (34, 46)):
        return BAD_ID, np.int64(0), after
    if whole < low or whole > high:
        return ID_RANGE, whole, after
    return DONE, whole, after


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _weight(data, pos, end, row, whole, real, late, floating):  # type: ignore[no-untyped-def]
    """Store the weight of a row; (status, floating, next).

    `whole` and `real` are one buffer; with the first decimal the rows so far turn into
    floats.  A `_LONG` decimal leaves its place, offset * 2^16 + length, for `float`.
    """
    kind, integer, value, after = _number(data, pos, end)
    if kind == _BAD:
        return BAD_WEIGHT, floating, after
    if kind == _BIG:
        return BIG_WEIGHT, floating, after
    if kind != _INTEGER and not floating:
        for k in range(row):
            real[k] = np.float64(whole[k])
        floating = True
    if kind == _LONG:
        if after - pos >= 65536:
            return BAD_WEIGHT, floating, after
        late[row] = 1
        whole[row] = pos * 65536 + (after - pos)
    elif floating:
        real[row] = np.float64(integer) if kind == _INTEGER else value
    else:
        whole[row] = integer
    return DONE, floating, after


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scan_rows(  # type: ignore[no-untyped-def]
    data, pos, end, columns, low, high, capacity, u, v, whole, real, late
):
    """Rows of equally many fields; columns (u, v, w) are kept, w < 0 means no weight."""
    cu, cv, cw = columns[0], columns[1], columns[2]
    row = 0
    width = 0
    floating = False
    while True:
        while pos < end and (_blank(data[pos]) or data[pos] == _NEWLINE):
            pos += 1
        if pos >= end:
            return DONE, pos, row, width, floating
        if _comment(data, pos, end):
            pos = _line_end(data, pos, end)
            continue
        if row >= capacity:
            return TOO_MANY, pos, row, width, floating
        start = pos
        field = 0
        while pos < end and data[pos] != _NEWLINE and not _comment(data, pos, end):
            at = pos
            status = DONE
            if field == cu:
                status, u[row], pos = _id(data, pos, end, low, high)
            elif field == cv:
                status, v[row], pos = _id(data, pos, end, low, high)
            elif field == cw:
                status, floating, pos = _weight(data, pos, end, row, whole, real, late, floating)
            else:
                pos = _skip(data, pos, end)
            if status != DONE:
                return status, at, row, width, floating
            field += 1
            pos = _next(data, pos, end)
        if width == 0:
            width = field
            if width <= max(cu, cv, cw):
                return RAGGED, start, row, width, floating
        elif field != width:
            return RAGGED, start, row, width, floating
        row += 1


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of a scan: `u`, `v` int64 (k,), `w` int64 or float64 (k,) or None.

    `status` other than `DONE` stopped the scan at byte `offset`, in a table whose rows
    have `width` fields.
    """

    u: np.ndarray
    v: np.ndarray
    w: np.ndarray | None
    width: int
    status: int
    offset: int


def scan_rows(
    data: bytes,
    offset: int,
    columns: tuple[int, int, int],
    *,
    low: int = 0,
    high: int = 2**63 - 1,
    most: int | None = None,
) -> Table:
    """Scan rows of numbers from byte `offset`; `columns` are the fields of u, v, w (-1: none).

    Separators are blanks, commas and semicolons; `#`, `%` and `//` start comments; blank
    lines are skipped.  Ids lie in `low..high`; more than `most` rows stop the scan.
    """
    fields = 2 if columns[2] < 0 else 3
    rows = min(data.count(b"\n", offset) + 1, (len(data) - offset + 1) // (2 * fields))
    capacity = rows if most is None else min(rows, most)
    u, v = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    whole = np.empty(capacity if fields == 3 else 0, np.int64)
    late = np.zeros(whole.size, np.uint8)
    status, at, count, width, floating = _scan_rows(
        np.frombuffer(data, np.uint8), offset, len(data), np.array(columns, np.int64),
        low, high, capacity, u, v, whole, whole.view(np.float64), late,
    )  # fmt: skip
    w = _weights(data, whole[:count], late[:count], floating) if fields == 3 else None
    return Table(u[:count], v[:count], w, width, status, at)


def _weights(data: bytes, whole: np.ndarray, late: np.ndarray, floating: bool) -> np.ndarray:
    if not floating:
        return whole
    real = whole.view(np.float64)
    for row in np.flatnonzero(late).tolist():
        place = int(whole[row])
        start = place >> 16
        real[row] = float(data[start : start + (place & 0xFFFF)].strip(b'"'))
    return real


def fault(
    data: bytes, offset: int, message: str, file: str, remedy: str | None = None
) -> ParseError:
    """A `ParseError` at a byte offset, quoting nothing but the place."""
    line = data.count(b"\n", 0, offset) + 1
    column = offset - data.rfind(b"\n", 0, offset)
    return ParseError(message, file=file, line=line, column=column, remedy=remedy)


def token(data: bytes, offset: int) -> str:
    """The field at a byte offset, shortened, for messages."""
    words = data[offset : offset + 40].split(b"\n")[0].replace(b",", b" ").split()
    return words[0].decode("utf-8", "replace") if words else "end of line"


def explain(
    data: bytes, table: Table, file: str, low: int = 0, high: int = 2**63 - 1
) -> ParseError:
    """The `ParseError` of a scan that stopped."""
    found = token(data, table.offset)
    message, remedy = {
        BAD_ID: (f"{found!r} is not a vertex id", "give integer ids"),
        ID_RANGE: (f"vertex {found} is not within {low}..{high}", "correct the id or the header"),
        BAD_WEIGHT: (f"{found!r} is not a weight", "give a finite decimal number"),
        BIG_WEIGHT: (f"weight {found} exceeds 2^63", "scale the weights down"),
        RAGGED: (f"this row does not have {table.width} fields", "complete or remove it"),
        TOO_MANY: ("more rows than the header promises", "correct the header or remove them"),
        BAD_LINE: (f"line of unknown kind {found!r}", "remove it or make it a comment"),
    }[table.status]
    return fault(data, table.offset, message, file, remedy)
