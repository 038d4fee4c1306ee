"""Numba kernels of the MPS sections that hold one number a line: RHS, RANGES and BOUNDS.

The contract is that of `mps_scan`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.decimal_scan import LATE, NOT_A_NUMBER, NUMBER, parse_decimal, same_word
from solverhub.problems.integer_program import INFINITY
from solverhub.problems.mps_scan import (
    BAD_NUMBER,
    BOUND_INFINITE,
    BOUND_KIND,
    COLUMN_UNKNOWN,
    DONE,
    FIELDS,
    MOST,
    NAN,
    ROW_UNKNOWN,
    SEMICONTINUOUS,
    SIDE_INFINITE,
    SIDE_TWICE,
    UNKNOWN_SECTION,
    next_line,
)
from solverhub.problems.name_table import find, same_bytes

_BOUNDS = np.frombuffer(b"loupfxfrmiplbvliuiscsi", np.uint8)
_LO, _UP, _FX, _FR, _MI, _PL, _BV, _LI, _UI, _SC, _SI = range(11)


@njit(cache=True, nogil=True)
def scan_sides(
    data: np.ndarray,
    pos: int,
    end: int,
    seed: np.uint64,
    row_slots: np.ndarray,
    row_names: np.ndarray,
    row_lengths: np.ndarray,
    kinds: np.ndarray,
    values: np.ndarray,
    given: np.ndarray,
    late: np.ndarray,
    chosen: np.ndarray,
) -> tuple[int, int, int, int]:
    """(status, offset, late numbers, lines of other sets) of RHS or RANGES.

    `kinds` as in `scan_rows` (all 0 for RANGES, whose numbers may all be infinite); `values`
    float64 and `given` bool: one a row of the file.  `chosen` int64 (2,): span of the
    set's name, the first that a line gives (length -1: none yet); lines without one count.
    """
    starts, stops = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    lates = skipped = 0
    while True:
        count, begin, after, header = next_line(data, pos, end, starts, stops)
        if count == 0 or header:
            return DONE, begin, lates, skipped
        pos = after
        if count == 1 and starts[0] == begin:
            return UNKNOWN_SECTION, starts[0], lates, skipped
        if count < 2 or count > 5:
            return FIELDS, starts[0], lates, skipped
        if count % 2 == 1:
            length = stops[0] - starts[0]
            if chosen[1] < 0:
                chosen[0], chosen[1] = starts[0], length
            elif chosen[1] != length or not same_bytes(data, chosen[0], starts[0], length):
                skipped += 1
                continue
        for k in range(count % 2, count, 2):
            row, _ = find(data, starts[k], stops[k], seed, row_slots, row_names, row_lengths)
            if row < 0:
                return ROW_UNKNOWN, starts[k], lates, skipped
            if given[row]:
                return SIDE_TWICE, starts[k], lates, skipped
            status, value = parse_decimal(data, starts[k + 1], stops[k + 1])
            if status != NUMBER and status != LATE:
                bad = NAN if status == NOT_A_NUMBER else BAD_NUMBER
                return bad, starts[k + 1], lates, skipped
            absent = value >= INFINITY and kinds[row] != 76
            if (absent or (value <= -INFINITY and kinds[row] != 71)) and kinds[row] != 0:
                return SIDE_INFINITE, starts[k + 1], lates, skipped
            given[row], values[row] = True, value
            if status == LATE:
                late[lates, 0], late[lates, 1], late[lates, 2] = row, starts[k + 1], stops[k + 1]
                lates += 1


@njit(cache=True, nogil=True)
def _bound_kind(data: np.ndarray, start: int, stop: int) -> int:
    for kind in range(11):
        if same_word(data, start, stop, _BOUNDS[2 * kind :], 2):
            return kind
    return -1


@njit(cache=True, nogil=True)
def scan_bounds(
    data: np.ndarray,
    pos: int,
    end: int,
    seed: np.uint64,
    slots: np.ndarray,
    names: np.ndarray,
    lengths: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    integer: np.ndarray,
    bounded: np.ndarray,
    late: np.ndarray,
    chosen: np.ndarray,
) -> tuple[int, int, int, int]:
    """(status, offset, late numbers, lines of other sets).

    `bounded` uint8: 1 lower, 2 upper bound given.  The last bound of a column wins.  A `late`
    record is 2 column (+ 1 for the upper bound), start and stop, and its bound NaN until
    converted; `chosen` as in `scan_sides`.
    """
    starts, stops = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    lates = skipped = 0
    while True:
        count, begin, after, header = next_line(data, pos, end, starts, stops)
        if count == 0 or header:
            return DONE, begin, lates, skipped
        pos = after
        if count == 1 and starts[0] == begin:
            return UNKNOWN_SECTION, starts[0], lates, skipped
        if count < 2 or count > 4:
            return FIELDS, starts[0], lates, skipped
        kind = _bound_kind(data, starts[0], stops[0])
        if kind < 0:
            return BOUND_KIND, starts[0], lates, skipped
        if kind in (_SC, _SI):
            return SEMICONTINUOUS, starts[0], lates, skipped
        valued = kind not in (_FR, _MI, _PL, _BV)
        if count == 2 and valued:
            return FIELDS, starts[0], lates, skipped
        column, field = -1, 2
        if count >= 3 and not (count == 3 and valued):
            column, _ = find(data, starts[2], stops[2], seed, slots, names, lengths)
        if count == 2 or (count == 3 and column < 0):
            field = 1
            column, _ = find(data, starts[1], stops[1], seed, slots, names, lengths)
        else:
            length = stops[1] - starts[1]
            if chosen[1] < 0:
                chosen[0], chosen[1] = starts[1], length
            elif chosen[1] != length or not same_bytes(data, chosen[0], starts[1], length):
                skipped += 1
                continue
        if column < 0:
            return COLUMN_UNKNOWN, starts[field], lates, skipped
        if not valued:
            if kind == _BV:
                lower[column], upper[column], integer[column] = 0.0, 1.0, True
            if kind in (_FR, _MI):
                lower[column] = -np.inf
            if kind in (_FR, _PL):
                upper[column] = np.inf
            bounded[column] |= 1 if kind == _MI else 2 if kind == _PL else 3
            continue
        at = starts[field + 1]
        status, value = parse_decimal(data, at, stops[field + 1])
        if status != NUMBER and status != LATE:
            bad = NAN if status == NOT_A_NUMBER else BAD_NUMBER
            return bad, at, lates, skipped
        if kind in (_LI, _UI):
            integer[column] = True
        limit = np.nan if status == LATE else value
        if kind in (_LO, _LI, _FX):
            if value >= INFINITY:
                return BOUND_INFINITE, at, lates, skipped
            lower[column] = limit
            bounded[column] |= 1
            if status == LATE:
                late[lates, 0], late[lates, 1], late[lates, 2] = 2 * column, at, stops[field + 1]
                lates += 1
        if kind in (_UP, _UI, _FX):
            if value <= -INFINITY:
                return BOUND_INFINITE, at, lates, skipped
            upper[column] = limit
            bounded[column] |= 2
            if status == LATE:
                late[lates, 0], late[lates, 1], late[lates, 2] = (
                    2 * column + 1,
                    at,
                    stops[field + 1],
                )
                lates += 1
