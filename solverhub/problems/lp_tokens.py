"""Numba kernels that turn the bytes of an LP file into tokens, and names into numbers.

What cannot be read ends `tokenise` with a status and its byte offset; every loop advances.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.decimal_scan import LATE, parse_decimal, same_word
from solverhub.problems.name_table import find, grown

NUMBER, NAME, LABEL, PLUS, MINUS, STAR, LE, GE, EQ, FREE = range(10)

(
    DONE,
    BAD_BYTE,
    QUADRATIC,
    INDICATOR,
    DANGLING,
    MISSING_OPERATOR,
    NO_RELATION,
    NO_VARIABLE,
    RIGHT_SIDE,
    RIGHT_VARIABLE,
    DIRECTIONS,
    HUGE,
    SIDE_INFINITE,
    BOUND_FORM,
    BOUND_COEFFICIENT,
    BOUND_INFINITE,
    ROW_TWICE,
    NOT_A_NAME,
    UNEXPECTED,
) = range(19)

_WORD = np.frombuffer(b"infinity", np.uint8)
_FREE = np.frombuffer(b"free", np.uint8)
_SPECIAL = np.zeros(256, np.bool_)
_SPECIAL[:33] = True
_SPECIAL[[ord(sign) for sign in "+-*^<>=:[]\\"]] = True


@njit(cache=True, nogil=True)
def number_end(data: np.ndarray, pos: int, end: int) -> int:
    """End of the number that starts at `pos`; an exponent needs digits."""
    while pos < end and (48 <= data[pos] <= 57 or data[pos] == 46):
        pos += 1
    if pos < end and (data[pos] | 32) == 101:
        mark = pos + 1
        if mark < end and (data[mark] == 43 or data[mark] == 45):
            mark += 1
        if mark < end and 48 <= data[mark] <= 57:
            while mark < end and 48 <= data[mark] <= 57:
                mark += 1
            return mark
    return pos


@njit(cache=True, nogil=True)
def _name_end(data: np.ndarray, pos: int, end: int) -> int:
    while pos < end and not _SPECIAL[data[pos]]:
        pos += 1
    return pos


@njit(cache=True, nogil=True)
def _operator(data: np.ndarray, pos: int, end: int) -> tuple[int, int]:
    """(kind, end) of the operator at `pos`; kind -1 where there is none."""
    byte = data[pos]
    following = data[pos + 1] if pos + 1 < end else np.uint8(0)
    if byte == 43:
        return PLUS, pos + 1
    if byte == 45:
        return MINUS, pos + 1
    if byte == 42:
        return STAR, pos + 1
    if byte == 60:
        return LE, pos + 2 if following == 61 else pos + 1
    if byte == 62:
        return GE, pos + 2 if following == 61 else pos + 1
    if byte == 61:
        if following == 60:
            return LE, pos + 2
        if following == 62:
            return GE, pos + 2
        return EQ, pos + 2 if following == 61 else pos + 1
    return -1, pos


@njit(cache=True, nogil=True)
def tokenise(
    data: np.ndarray,
    pos: int,
    end: int,
    bounds: bool,
    kinds: np.ndarray,
    starts: np.ndarray,
    values: np.ndarray,
    fresh: np.ndarray,
) -> tuple[int, int, int]:
    """(status, offset, tokens) of data[pos:end]; a backslash starts a comment.

    `free` is a word of its own only in `bounds`.

    `kinds` uint8, `starts` int32, `values` float64 (numbers; NaN where `float` must convert),
    `fresh` bool (first of its line).
    """
    count = 0
    new_line = True
    while pos < end:
        byte = data[pos]
        if byte <= 32:
            new_line |= byte == 10
            pos += 1
            continue
        if byte == 92:
            while pos < end and data[pos] != 10:
                pos += 1
            continue
        begin = pos
        value = 0.0
        if byte == 45 and pos + 1 < end and data[pos + 1] == 62:
            return INDICATOR, pos, count
        if byte == 91 or byte == 93 or byte == 94:
            return QUADRATIC, pos, count
        kind, pos = _operator(data, pos, end)
        if kind < 0:
            if byte == 58:
                return BAD_BYTE, pos, count
            if 48 <= byte <= 57 or (byte == 46 and pos + 1 < end and 48 <= data[pos + 1] <= 57):
                kind = NUMBER
                pos = number_end(data, pos, end)
                status, value = parse_decimal(data, begin, pos)
                if status == LATE:
                    value = np.nan
                elif status != 0:
                    return BAD_BYTE, begin, count
            else:
                kind = NAME
                pos = _name_end(data, pos, end)
                after = pos
                while after < end and data[after] <= 32 and data[after] != 10:
                    after += 1
                if after < end and data[after] == 58:
                    kind = LABEL
                elif same_word(data, begin, pos, _WORD, 3) or same_word(data, begin, pos, _WORD, 8):
                    kind, value = NUMBER, np.inf
                elif bounds and same_word(data, begin, pos, _FREE, 4):
                    kind = FREE
        kinds[count], starts[count] = kind, begin
        values[count], fresh[count] = value, new_line
        if kind == LABEL:
            pos = after + 1
        new_line = False
        count += 1
    return DONE, end, count


@njit(cache=True, nogil=True)
def number_names(
    data: np.ndarray,
    seed: np.uint64,
    kind: int,
    kinds: np.ndarray,
    starts: np.ndarray,
    values: np.ndarray,
    slots: np.ndarray,
    names: np.ndarray,
    name_lengths: np.ndarray,
    known: int,
) -> tuple[int, np.ndarray]:
    """(names known now, slots): give every token of one kind the number of its name as value."""
    for t in range(kinds.size):
        if kinds[t] != kind:
            continue
        stop = _name_end(data, starts[t], data.size)
        found, slot = find(data, starts[t], stop, seed, slots, names, name_lengths)
        if found < 0:
            found = known
            names[known], name_lengths[known] = starts[t], stop - starts[t]
            slots[slot] = known + 1
            known += 1
            slots = grown(data, known, seed, slots, names, name_lengths)
        values[t] = found
    return known, slots
