"""Numba kernels that read the sections of an MPS file straight from its bytes.

A kernel starts at the first line after its section's header and stops at the next header.
It trusts nothing: what does not fit ends the scan with one of the statuses below and the
byte offset of the token at fault, from which `mps` makes the error.  Every loop advances,
so no bytes can make a kernel hang.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.decimal_scan import LATE, NOT_A_NUMBER, NUMBER, parse_decimal, same_word
from solverhub.problems.integer_program import INFINITY
from solverhub.problems.name_table import find, grown, same_bytes

(
    DONE,
    FIELDS,
    UNKNOWN_SECTION,
    ROW_KIND,
    ROW_TWICE,
    ROW_UNKNOWN,
    COLUMN_TWICE,
    COLUMN_UNKNOWN,
    ENTRY_TWICE,
    BAD_NUMBER,
    NAN,
    HUGE,
    MARKER,
    SIDE_TWICE,
    BOUND_KIND,
    SEMICONTINUOUS,
    BOUND_INFINITE,
    SIDE_INFINITE,
) = range(18)

_ALONE = ["ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA"]
SECTIONS = [
    *_ALONE,
    *("NAME", "OBJSENSE", "OBJSENSES", "OBJNAME", "MAX", "MIN"),
    *("SOS", "SOS1", "SOS2", "SETS", "REFROW", "INDICATORS", "LAZYCONS", "USERCUTS"),
    *("QUADOBJ", "QMATRIX", "QSECTION", "QCMATRIX", "QUADS", "CSECTION", "GENCONS", "PWLOBJ"),
]
"""Known headers; the first six are headers only where they stand alone on their line."""

_FREE_FROM = len(_ALONE)
_WORDS = np.zeros((len(SECTIONS), 12), np.uint8)
for _row, _word in zip(_WORDS, SECTIONS, strict=True):
    _row[: len(_word)] = np.frombuffer(_word.lower().encode(), np.uint8)
_LENGTHS = np.array([len(word) for word in SECTIONS])
_MARKER = np.frombuffer(b"'marker'", np.uint8)
_INTORG = np.frombuffer(b"'intorg'", np.uint8)
_INTEND = np.frombuffer(b"'intend'", np.uint8)
_NEWLINE = 10
MOST = 6
"""Fields of a line whose spans are kept."""


@njit(cache=True, nogil=True)
def section(data: np.ndarray, start: int, stop: int) -> int:
    """Index into `SECTIONS` of the word data[start:stop], or -1."""
    for k in range(_LENGTHS.size):
        if same_word(data, start, stop, _WORDS[k], _LENGTHS[k]):
            return k
    return -1


@njit(cache=True, nogil=True)
def split(
    data: np.ndarray, pos: int, end: int, starts: np.ndarray, stops: np.ndarray
) -> tuple[int, int]:
    """(number of fields, start of the next line); the first six spans are stored."""
    count = 0
    while pos < end:
        while pos < end and data[pos] <= 32 and data[pos] != _NEWLINE:
            pos += 1
        if pos >= end or data[pos] == _NEWLINE:
            break
        if count == 0 and data[pos] == 42:
            while pos < end and data[pos] != _NEWLINE:
                pos += 1
            break
        first = pos
        while pos < end and data[pos] > 32:
            pos += 1
        if count < MOST:
            starts[count], stops[count] = first, pos
        count += 1
    return count, pos + 1


@njit(cache=True, nogil=True)
def next_line(
    data: np.ndarray, pos: int, end: int, starts: np.ndarray, stops: np.ndarray
) -> tuple[int, int, int, bool]:
    """(fields, start, next start, is a header) of the next line that is not blank or a comment.

    A header starts in column 1 with a known section name, alone where the section demands it.
    """
    while pos < end:
        count, after = split(data, pos, end, starts, stops)
        if count > 0:
            header = False
            if starts[0] == pos and count <= 2:
                known = section(data, starts[0], stops[0])
                header = known >= _FREE_FROM or (known >= 0 and count == 1)
            return count, pos, after, header
        pos = after
    return 0, end, end, False


@njit(cache=True, nogil=True)
def scan_rows(
    data: np.ndarray,
    pos: int,
    end: int,
    seed: np.uint64,
    kinds: np.ndarray,
    names: np.ndarray,
    lengths: np.ndarray,
) -> tuple[int, int, int, np.ndarray]:
    """(status, offset, rows, slots).

    `kinds` uint8 takes N, L, G or E, `names` int64 and `lengths` int32 the spans.
    """
    starts, stops = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    slots = np.zeros(1024, np.int32)
    rows = 0
    while True:
        count, begin, after, header = next_line(data, pos, end, starts, stops)
        if count == 0 or header:
            return DONE, begin, rows, slots
        if count == 1 and starts[0] == begin:
            return UNKNOWN_SECTION, starts[0], rows, slots
        if count != 2:
            return FIELDS, starts[0], rows, slots
        kind = data[starts[0]] & np.uint8(223)
        if stops[0] - starts[0] != 1 or (kind != 78 and kind != 76 and kind != 71 and kind != 69):
            return ROW_KIND, starts[0], rows, slots
        known, slot = find(data, starts[1], stops[1], seed, slots, names, lengths)
        if known >= 0:
            return ROW_TWICE, starts[1], rows, slots
        kinds[rows], names[rows], lengths[rows] = kind, starts[1], stops[1] - starts[1]
        slots[slot] = rows + 1
        rows += 1
        slots = grown(data, rows, seed, slots, names, lengths)
        pos = after


@njit(cache=True, nogil=True)
def scan_columns(
    data: np.ndarray,
    pos: int,
    end: int,
    seed: np.uint64,
    row_slots: np.ndarray,
    row_names: np.ndarray,
    row_lengths: np.ndarray,
    place: np.ndarray,
    names: np.ndarray,
    lengths: np.ndarray,
    integer: np.ndarray,
    first: np.ndarray,
    cost: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    late: np.ndarray,
) -> tuple[int, int, int, int, int, np.ndarray]:
    """(status, offset, columns, entries, late numbers, slots).

    `place` int32: constraint of each row of the file, -1 for the objective, -2 for a free row
    to drop.  Column j has the entries first[j]:first[j + 1] of `rows` and `values`.  A `late`
    record int64 (k, 3) is entry (or -1 - column for a cost), start and stop of its number.
    """
    starts, stops = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    slots = np.zeros(1024, np.int32)
    seen = np.zeros(place.size, np.int32)
    columns = entries = lates = 0
    whole = False
    while True:
        count, begin, after, header = next_line(data, pos, end, starts, stops)
        if count == 0 or header:
            first[columns] = entries
            return DONE, begin, columns, entries, lates, slots
        if count >= 3 and same_word(data, starts[1], stops[1], _MARKER, 8):
            if same_word(data, starts[2], stops[2], _INTORG, 8):
                whole = True
            elif same_word(data, starts[2], stops[2], _INTEND, 8):
                whole = False
            else:
                return MARKER, starts[2], columns, entries, lates, slots
            pos = after
            continue
        if count == 1 and starts[0] == begin:
            return UNKNOWN_SECTION, starts[0], columns, entries, lates, slots
        if count != 3 and count != 5:
            return FIELDS, starts[0], columns, entries, lates, slots
        length = stops[0] - starts[0]
        if (
            columns == 0
            or lengths[columns - 1] != length
            or not same_bytes(data, names[columns - 1], starts[0], length)
        ):
            known, slot = find(data, starts[0], stops[0], seed, slots, names, lengths)
            if known >= 0:
                return COLUMN_TWICE, starts[0], columns, entries, lates, slots
            names[columns], lengths[columns], integer[columns] = starts[0], length, whole
            first[columns], cost[columns] = entries, 0.0
            slots[slot] = columns + 1
            columns += 1
            slots = grown(data, columns, seed, slots, names, lengths)
        for k in range(1, count, 2):
            row, _ = find(data, starts[k], stops[k], seed, row_slots, row_names, row_lengths)
            if row < 0:
                return ROW_UNKNOWN, starts[k], columns, entries, lates, slots
            if seen[row] == columns:
                return ENTRY_TWICE, starts[k], columns, entries, lates, slots
            seen[row] = columns
            status, value = parse_decimal(data, starts[k + 1], stops[k + 1])
            if status != NUMBER and status != LATE:
                bad = NAN if status == NOT_A_NUMBER else BAD_NUMBER
                return bad, starts[k + 1], columns, entries, lates, slots
            if not abs(value) < INFINITY:
                return HUGE, starts[k + 1], columns, entries, lates, slots
            if place[row] == -2 or (status == NUMBER and value == 0.0):
                continue
            where = entries
            if place[row] == -1:
                cost[columns - 1], where = value, -columns
            else:
                rows[entries], values[entries] = place[row], value
                entries += 1
            if status == LATE:
                late[lates, 0], late[lates, 1], late[lates, 2] = where, starts[k + 1], stops[k + 1]
                lates += 1
        pos = after


@njit(cache=True, nogil=True)
def to_rows(
    m: int, columns: int, first: np.ndarray, rows: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR arrays (indptr, indices, data) of entries listed by column."""
    indptr = np.zeros(m + 1, np.int32)
    for k in range(first[columns]):
        indptr[rows[k] + 1] += 1
    for i in range(m):
        indptr[i + 1] += indptr[i]
    at = indptr[:-1].copy()
    indices = np.empty(first[columns], np.int32)
    data = np.empty(first[columns], np.float64)
    for j in range(columns):
        for k in range(first[j], first[j + 1]):
            where = at[rows[k]]
            indices[where], data[where] = j, values[k]
            at[rows[k]] += 1
    return indptr, indices, data
