"""JSON whose large numeric arrays become NumPy arrays without passing through Python objects.

A list of numbers, or of equally long lists of numbers, that is the value of a key is cut
out of the text when it is long, read by a kernel, and put back as int64 or float64 of
shape (k,) or (rows, width).  The kernel accepts exactly JSON's grammar of numbers; what it
does not, and every error, is left to `parse_json` on the whole text.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from numba import njit

from solverhub.core.errors import ParseError
from solverhub.problems.decimal_scan import NUMBER, parse_decimal
from solverhub.problems.json_text import parse_json

_SHORTEST = 2**12


def parse_json_arrays(data: bytes, *, file: str = "<input>") -> Any:
    """As `parse_json`, with long numeric arrays as NumPy arrays."""
    if len(data) < _SHORTEST:
        return parse_json(data, file=file)
    mark = secrets.token_hex(8)
    pieces: list[bytes] = []
    arrays: dict[str, np.ndarray] = {}
    view = np.frombuffer(data, np.uint8)
    done = pos = 0
    while True:
        start, stop, count, width, floating = _find(view, pos, _SHORTEST)
        if start < 0:
            break
        whole = np.empty(count, np.int64)
        real = whole.view(np.float64)
        if _numbers(view, start, whole, real, True, floating)[0] < 0:
            return parse_json(data, file=file)
        name = f"{mark}:{len(arrays)}"
        values = real if floating else whole
        arrays[name] = values.reshape(-1, width) if width else values
        pieces += [data[done:start], f'"{name}"'.encode()]
        done = pos = stop
    pieces.append(data[done:])
    try:
        return _restored(parse_json(b"".join(pieces), file=file), arrays)
    except ParseError:
        return parse_json(data, file=file)  # for the place of the fault in the whole text


def without_arrays(value: Any) -> Any:
    """The same with lists in place of arrays."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: without_arrays(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_arrays(item) for item in value]
    return value


def _restored(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, str):
        return arrays.get(value, value)
    if isinstance(value, dict):
        return {key: _restored(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item, arrays) for item in value]
    return value


@njit(cache=True, nogil=True)
def _space(data, pos):  # type: ignore[no-untyped-def]
    while pos < data.size and (
        data[pos] == 32 or data[pos] == 10 or data[pos] == 13 or data[pos] == 9
    ):
        pos += 1
    return pos


@njit(cache=True, nogil=True)
def _find(data, pos, shortest):  # type: ignore[no-untyped-def]
    """(start, stop, numbers, width, floats?) of the next long array after a colon, or -1s."""
    none = np.empty(0, np.int64)
    nothing = none.view(np.float64)
    before = 0
    while pos < data.size:
        c = data[pos]
        if c == 34:
            pos += 1
            while pos < data.size and data[pos] != 34:
                pos += 2 if data[pos] == 92 else 1
        elif c == 91 and before == 58:
            stop, count, width, floating = _numbers(data, pos, none, nothing, False, False)
            if stop - pos >= shortest:
                return pos, stop, count, width, floating
        if not (c == 32 or c == 10 or c == 13 or c == 9):
            before = c
        pos += 1
    return -1, -1, 0, 0, False


@njit(cache=True, nogil=True)
def _numbers(data, pos, whole, real, store, floating):  # type: ignore[no-untyped-def]
    """(stop, numbers, width, floats?) of the numeric array at `pos`; stop is -1 if it is none.

    With `store` the numbers are written, as floats where `floating`.  Decimals beside integers
    that a float does not hold are no array.
    """
    count = 0
    width = 0
    big = False
    pos = _space(data, pos + 1)
    nested = pos < data.size and data[pos] == 91
    while True:
        if nested:
            if pos >= data.size or data[pos] != 91:
                return -1, 0, 0, False
            pos = _space(data, pos + 1)
        row = count
        while True:
            stop, kind, integer = _number_end(data, pos)
            if kind < 0:
                return -1, 0, 0, False
            floating = floating or kind == 1
            if store and floating:
                status, value = parse_decimal(data, pos, stop)
                if status != NUMBER or not np.isfinite(value):
                    return -1, 0, 0, False
                real[count] = value
            elif store:
                whole[count] = integer
            big = big or integer > 2**53 or integer < -(2**53)
            if big and floating:
                return -1, 0, 0, False
            count += 1
            pos = _space(data, stop)
            if pos >= data.size:
                return -1, 0, 0, False
            if data[pos] == 93:
                pos += 1
                break
            if data[pos] != 44:
                return -1, 0, 0, False
            pos = _space(data, pos + 1)
        if not nested:
            return pos, count, 0, floating
        if width == 0:
            width = count - row
        elif width != count - row:
            return -1, 0, 0, False
        pos = _space(data, pos)
        if pos >= data.size:
            return -1, 0, 0, False
        if data[pos] == 93:
            return pos + 1, count, width, floating
        if data[pos] != 44:
            return -1, 0, 0, False
        pos = _space(data, pos + 1)


@njit(cache=True, nogil=True)
def _number_end(data, pos):  # type: ignore[no-untyped-def]
    """(stop, kind, integer): kind 0 is an integer within int64, 1 a decimal, -1 neither."""
    none = np.int64(0)
    negative = pos < data.size and data[pos] == 45
    if negative:
        pos += 1
    first = pos
    value = np.int64(0)
    while pos < data.size and 48 <= data[pos] <= 57:
        if pos - first >= 18:
            return pos, -1, none
        value = value * 10 + np.int64(data[pos] - 48)
        pos += 1
    if pos == first or (data[first] == 48 and pos > first + 1):
        return pos, -1, none
    kind = 0
    if pos < data.size and data[pos] == 46:
        kind = 1
        pos += 1
        first = pos
        while pos < data.size and 48 <= data[pos] <= 57:
            pos += 1
        if pos == first:
            return pos, -1, none
    if pos < data.size and (data[pos] == 101 or data[pos] == 69):
        kind = 1
        pos += 1
        if pos < data.size and (data[pos] == 43 or data[pos] == 45):
            pos += 1
        first = pos
        while pos < data.size and 48 <= data[pos] <= 57:
            pos += 1
        if pos == first:
            return pos, -1, none
    return pos, kind, -value if negative else value
