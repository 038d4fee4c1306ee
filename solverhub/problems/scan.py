"""Scan tables of numbers, such as edge lists, at memory speed, with exact places of faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from solverhub.core.errors import ParseError
from solverhub.problems.decimal_scan import late_value
from solverhub.problems.scan_fields import (
    BAD_ID,
    BAD_LINE,
    BAD_WEIGHT,
    BIG_WEIGHT,
    DONE,
    ID_RANGE,
    NEWLINE,
    RAGGED,
    TOO_MANY,
    blank,
    comment,
    field_end,
    line_end,
    next_field,
    read_id,
    read_weight,
)

ANY_ID = 2**63 - 1


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


class Weights:
    """Room for up to `size` weights as a kernel writes them."""

    def __init__(self, size: int) -> None:
        self.whole = np.empty(size, np.int64)
        self.real = self.whole.view(np.float64)
        self.late = np.zeros(size, np.uint8)

    def finish(self, data: bytes, count: int, floating: bool) -> tuple[np.ndarray, int | None]:
        """The weights, int64 or float64 (count,), and the offset of one that is not finite."""
        if not floating:
            return self.whole[:count], None
        real = self.real[:count]
        for row in np.flatnonzero(self.late[:count]).tolist():
            place = int(self.whole[row])
            start = place >> 16
            real[row] = late_value(data[start : start + (place & 0xFFFF)])
            if not np.isfinite(real[row]):
                return real, start
        return real, None


def scan_rows(
    data: bytes,
    offset: int,
    columns: tuple[int, int, int],
    *,
    low: int = 0,
    high: int = ANY_ID,
    most: int | None = None,
) -> Table:
    """Scan rows of numbers from byte `offset`; `columns` are the fields of u, v, w (-1: none).

    Separators are blanks, commas and semicolons; `#`, `%` and `//` start comments; blank
    lines are skipped.  Ids lie in `low..high`; more than `most` rows stop the scan.
    """
    weighted = columns[2] >= 0
    shortest = 6 if weighted else 4
    capacity = min(data.count(b"\n", offset), (len(data) - offset) // shortest) + 1
    if most is not None:
        capacity = min(capacity, most)
    u, v = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    weights = Weights(capacity if weighted else 0)
    status, at, count, width, floating = _scan_rows(
        np.frombuffer(data, np.uint8), offset, len(data), np.array(columns, np.int64),
        low, high, u, v, weights.whole, weights.real, weights.late,
    )  # fmt: skip
    w = None
    if weighted:
        w, infinite = weights.finish(data, count, floating)
        if infinite is not None:
            status, at = BAD_WEIGHT, infinite
    return Table(u[:count], v[:count], w, width, status, at)


@njit(cache=True, nogil=True)
def _scan_rows(  # type: ignore[no-untyped-def]
    data, pos, end, columns, low, high, u, v, whole, real, late
):
    """(status, offset, rows, fields a row, whether weights are floats)."""
    cu, cv, cw = columns[0], columns[1], columns[2]
    row = 0
    width = 0
    floating = False
    while True:
        while pos < end and (blank(data[pos]) or data[pos] == NEWLINE):
            pos += 1
        if pos >= end:
            return DONE, pos, row, width, floating
        if comment(data, pos, end):
            pos = line_end(data, pos, end)
            continue
        if row >= u.size:
            return TOO_MANY, pos, row, width, floating
        start = pos
        field = 0
        while pos < end and data[pos] != NEWLINE and not comment(data, pos, end):
            at = pos
            status = DONE
            if field == cu:
                status, u[row], pos = read_id(data, pos, end, low, high)
            elif field == cv:
                status, v[row], pos = read_id(data, pos, end, low, high)
            elif field == cw:
                status, floating, pos = read_weight(
                    data, pos, end, row, whole, real, late, floating
                )
            else:
                pos = field_end(data, pos, end)
            if status != DONE:
                return status, at, row, width, floating
            field += 1
            pos = next_field(data, pos, end)
        width = width or field
        if field != width or field <= max(cu, cv, cw):
            return RAGGED, start, row, max(width, max(cu, cv, cw) + 1), floating
        row += 1


def fault(
    data: bytes, offset: int, message: str, file: str, remedy: str | None = None
) -> ParseError:
    """A `ParseError` at a byte offset."""
    line = data.count(b"\n", 0, offset) + 1
    column = offset - data.rfind(b"\n", 0, offset)
    return ParseError(message, file=file, line=line, column=column, remedy=remedy)


def token(data: bytes, offset: int) -> str:
    """The field at a byte offset, shortened, for messages."""
    words = data[offset : offset + 40].split(b"\n")[0].replace(b",", b" ").split()
    return words[0].decode("utf-8", "replace") if words else "end of line"


def explain(
    data: bytes,
    status: int,
    offset: int,
    file: str,
    *,
    width: int = 0,
    low: int = 0,
    high: int = ANY_ID,
) -> ParseError:
    """The `ParseError` of a scan that stopped at `offset` with `status`."""
    found = token(data, offset)
    message, remedy = {
        BAD_ID: (f"{found!r} is not a vertex id", "give integer ids"),
        ID_RANGE: (
            f"vertex {found} is not within {low}..{high}",
            "correct the id, or the number of vertices in the header",
        ),
        BAD_WEIGHT: (f"{found!r} is not a weight", "give a finite decimal number"),
        BIG_WEIGHT: (f"the weight {found} exceeds 2^63", "scale the weights down"),
        RAGGED: (f"this row does not have {width} fields", "complete or remove it"),
        TOO_MANY: (
            "more rows or edges than the header promises",
            "correct the header, or remove what follows",
        ),
        BAD_LINE: (f"a line of the unknown kind {found!r}", "remove it, or make it a comment"),
    }[status]
    return fault(data, offset, message, file, remedy)
