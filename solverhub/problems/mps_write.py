"""Writer of free MPS: every number comes back bit for bit.

Names that free MPS cannot hold (blanks, control characters, a leading `*`, two alike) make
the writer name all columns x0, x1, ... or all rows r0, r1, ...  A free row is written with
an infinite side, and a range whose sides no width gives back exactly, which takes sides of
very different precision, comes back one bit off.  MPS has no row with crossed sides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.core.result import Sense
from solverhub.problems.integer_program import IntegerProgram

_BAD = re.compile(r"[\x00-\x20\x7f]|^\*|^$|^'marker'$", re.IGNORECASE)
_INFINITE = "1e+30"


def write_mps(instance: IntegerProgram, naming: Naming = INTERNAL, *, title: str = "") -> bytes:
    """The instance as free MPS in UTF-8, with the names of `naming` where they can be written.

    Raises `InvalidInstance` if a row has a lower side above its upper side.
    """
    crossed = instance.row_lower > instance.row_upper
    if crossed.any():
        raise InvalidInstance(
            f"row {int(crossed.argmax())} has crossed sides, which MPS cannot express",
            remedy="the instance is infeasible by that row alone",
        )
    columns = _names(naming.items, "x", instance.n)
    rows = _names(naming.rows, "r", instance.m)
    objective = _unused("obj", set(rows))
    out = [f"NAME {title.split()[0] if title.split() else 'solverhub'}"]
    if instance.sense is Sense.MAXIMISE:
        out += ["OBJSENSE", "    MAX"]
    kinds = _kinds(instance)
    out += ["ROWS", f" N {objective}"]
    out += [f" {kind} {row}" for kind, row in zip(kinds, rows, strict=True)]
    out.append("COLUMNS")
    _columns(instance, columns, rows, objective, out)
    _sides(instance, kinds, rows, objective, out)
    _bounds(instance, columns, out)
    out.append("ENDATA\n")
    return "\n".join(out).encode()


def _names(given: Sequence[str] | None, letter: str, size: int) -> list[str]:
    names = [] if given is None else [str(name) for name in given]
    usable = len(names) == size == len(set(names)) and not any(map(_BAD.search, names))
    return names if usable else [f"{letter}{i}" for i in range(size)]


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _text(value: float) -> str:
    """The shortest decimal that reads back as the same float64."""
    if value.is_integer() and -1e15 < value < 1e15:
        return str(int(value))
    if math.isinf(value):
        return _INFINITE if value > 0 else "-" + _INFINITE
    return repr(value)


def _kinds(instance: IntegerProgram) -> list[str]:
    """E, L or G of each row; a range is written from the side of the larger size."""
    lower, upper = instance.row_lower, instance.row_upper
    from_above = np.isneginf(lower) | (np.isfinite(upper) & (np.abs(lower) > np.abs(upper)))
    kinds = np.where(lower == upper, "E", np.where(from_above & np.isfinite(upper), "L", "G"))
    return list(kinds.tolist())


def _columns(
    instance: IntegerProgram, columns: list[str], rows: list[str], objective: str, out: list[str]
) -> None:
    matrix = instance.A.tocsc()
    indptr, indices = matrix.indptr.tolist(), matrix.indices.tolist()
    data, costs, integer = matrix.data.tolist(), instance.c.tolist(), instance.integer.tolist()
    whole, markers = False, 0
    for j, column in enumerate(columns):
        if integer[j] != whole:
            whole = integer[j]
            kind = "INTORG" if whole else "INTEND"
            out.append(f" M{markers} 'MARKER' '{kind}'")
            markers += 1
        if costs[j] != 0 or indptr[j] == indptr[j + 1]:
            out.append(f" {column} {objective} {_text(costs[j])}")
        for k in range(indptr[j], indptr[j + 1]):
            out.append(f" {column} {rows[indices[k]]} {_text(data[k])}")
    if whole:
        out.append(f" M{markers} 'MARKER' 'INTEND'")


def _sides(
    instance: IntegerProgram, kinds: list[str], rows: list[str], objective: str, out: list[str]
) -> None:
    out.append("RHS")
    if instance.offset:
        out.append(f" RHS {objective} {_text(-instance.offset)}")
    ranges = []
    lows, highs = instance.row_lower.tolist(), instance.row_upper.tolist()
    for kind, row, low, high in zip(kinds, rows, lows, highs, strict=True):
        side = high if kind == "L" else low
        if side:
            out.append(f" RHS {row} {_text(side)}")
        if kind != "E" and np.isfinite(low) and np.isfinite(high):
            ranges.append(f" RNG {row} {_text(_width(low, high, kind))}")
    if ranges:
        out += ["RANGES", *ranges]


def _width(low: float, high: float, kind: str) -> float:
    """The width that gives the other side back exactly, where one does."""
    width = high - low
    for candidate in (width, np.nextafter(width, np.inf), np.nextafter(width, 0.0)):
        if (high - candidate == low) if kind == "L" else (low + candidate == high):
            return float(candidate)
    return width


def _bounds(instance: IntegerProgram, columns: list[str], out: list[str]) -> None:
    """Every bound that is not [0, inf), and for integer columns that one too."""
    out.append("BOUNDS")
    lows, highs = instance.lower.tolist(), instance.upper.tolist()
    for column, low, high, whole in zip(
        columns, lows, highs, instance.integer.tolist(), strict=True
    ):
        if low == high:
            out.append(f" FX BND {column} {_text(low)}")
            continue
        if low == -np.inf and high == np.inf:
            out.append(f" FR BND {column}")
            continue
        if low == -np.inf:
            out.append(f" MI BND {column}")
        elif low != 0 or high < 0:
            out.append(f" LO BND {column} {_text(low)}")
        if high != np.inf:
            out.append(f" UP BND {column} {_text(high)}")
        elif whole and low == 0:
            out.append(f" PL BND {column}")
