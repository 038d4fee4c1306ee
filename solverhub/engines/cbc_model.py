"""The files between us and CBC 2.10: a model that its MPS reader takes as meant, starts, solutions.

Its reader guesses between fixed and free form unless the NAME line says FREE, gives integer
columns bounds of its own unless both are written, and takes objective constants with a sign
that differs between versions.  So the model is always minimised, without a constant, in free
form, with names c0, c1, ... and r0, r1, ..., and every bound is written.  Rows without a finite
side are left out.

The text form of a solution has 8 digits; the binary one is exact: int32 rows, int32 columns,
float64 objective, then float64 row activities, row duals, column values, reduced costs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from scipy.sparse import csc_array

from solverhub.problems.integer_program import IntegerProgram

_CHUNK = 2048


def kept_rows(program: IntegerProgram) -> np.ndarray:
    """Indices of the rows that have a finite side."""
    return np.flatnonzero(np.isfinite(program.row_lower) | np.isfinite(program.row_upper))


def write_model(program: IntegerProgram, file: TextIO) -> Iterator[None]:
    """Write the program to be minimised; yields between parts, so that the caller may stop."""
    rows = kept_rows(program)
    lower, upper = program.row_lower[rows], program.row_upper[rows]
    kinds = np.where(lower == upper, "E", np.where(np.isfinite(upper), "L", "G")).tolist()
    file.write("NAME solverhub FREE\nROWS\n N obj\n")
    file.writelines(f" {kind} r{i}\n" for i, kind in zip(rows.tolist(), kinds, strict=True))
    yield
    file.write("COLUMNS\n")
    columns = csc_array(program.A)
    kept = np.zeros(program.m, dtype=bool)
    kept[rows] = True
    for first in range(0, program.n, _CHUNK):
        file.writelines(_columns(program, columns, kept, first, min(first + _CHUNK, program.n)))
        yield
    file.write("RHS\n")
    sides = np.where(np.isfinite(upper), upper, lower).tolist()
    file.writelines(
        f" rhs r{i} {side!r}\n" for i, side in zip(rows.tolist(), sides, strict=True) if side
    )
    ranged = np.isfinite(lower) & np.isfinite(upper) & (lower != upper)
    if ranged.any():
        file.write("RANGES\n")
        widths = (upper - lower)[ranged].tolist()
        file.writelines(
            f" rng r{i} {width!r}\n" for i, width in zip(rows[ranged].tolist(), widths, strict=True)
        )
    yield
    file.write("BOUNDS\n")
    file.writelines(_bounds(program))
    file.write("ENDATA\n")


def _columns(
    program: IntegerProgram, columns: csc_array, kept: np.ndarray, first: int, last: int
) -> Iterator[str]:
    sign = program.sense.sign
    costs = (sign * program.c[first:last]).tolist()
    whole = program.integer[first:last].tolist()
    ends = columns.indptr[first : last + 1].tolist()
    within = slice(ends[0], ends[-1])
    indices, values = columns.indices[within].tolist(), columns.data[within].tolist()
    named = kept[columns.indices[within]].tolist()
    for j in range(last - first):
        name = f" c{first + j}"
        # Columns between their own pair of markers, so that parts can be written one by one.
        if whole[j]:
            yield " M 'MARKER' 'INTORG'\n"
        yield f"{name} obj {costs[j]!r}\n"
        for k in range(ends[j] - ends[0], ends[j + 1] - ends[0]):
            if named[k]:
                yield f"{name} r{indices[k]} {values[k]!r}\n"
        if whole[j]:
            yield " M 'MARKER' 'INTEND'\n"


def _bounds(program: IntegerProgram) -> Iterator[str]:
    limits = zip(program.lower.tolist(), program.upper.tolist(), strict=True)
    for j, (low, high) in enumerate(limits):
        if low == -np.inf and high == np.inf:
            yield f" FR b c{j}\n"
            continue
        yield f" MI b c{j}\n" if low == -np.inf else f" LO b c{j} {low!r}\n"
        yield f" PL b c{j}\n" if high == np.inf else f" UP b c{j} {high!r}\n"


def write_start(values: np.ndarray, file: TextIO) -> None:
    """A feasible point to begin with, float64 (n,)."""
    file.write("Stopped on time - objective value 0\n")
    file.writelines(f"{j} c{j} {value!r} 0\n" for j, value in enumerate(values.tolist()))


def read_solution(path: Path, program: IntegerProgram) -> tuple[np.ndarray, np.ndarray] | None:
    """Values float64 (n,) and row duals float64 (m,) of the program as given, or None.

    None stands for a file that is absent, cut short or of another size.
    """
    rows = kept_rows(program)
    expected = 16 + 8 * 2 * (len(rows) + program.n)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if len(data) != expected or struct.unpack_from("<ii", data) != (len(rows), program.n):
        return None
    numbers = np.frombuffer(data, dtype="<f8", offset=16).astype(np.float64)
    dual = np.zeros(program.m)
    dual[rows] = program.sense.sign * numbers[len(rows) : 2 * len(rows)]
    return numbers[2 * len(rows) : 2 * len(rows) + program.n].copy(), dual
