"""What every reader of an integer program hands back, and the warnings on its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solverhub.core.errors import ParseError
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.integer_program import EXACT, IntegerProgram


@dataclass(frozen=True, slots=True)
class Model:
    """A program as read, the ids of its file, the title inside the file or "", and warnings."""

    program: IntegerProgram
    naming: Naming = INTERNAL
    title: str = ""
    warnings: tuple[str, ...] = ()


def error_at(
    data: bytes, offset: int, message: str, *, file: str, remedy: str | None = None
) -> ParseError:
    """The error of a byte offset, as line and column (from 1, columns in bytes)."""
    offset = min(max(offset, 0), len(data))
    return ParseError(
        message,
        file=file,
        line=data.count(b"\n", 0, offset) + 1,
        column=offset - data.rfind(b"\n", 0, offset),
        remedy=remedy,
    )


def scale_warnings(program: IntegerProgram) -> list[str]:
    """Warnings on sizes at which solvers lose digits: tiny, huge or inexact integer data."""
    found = []
    for what, values in (("matrix coefficients", program.A.data), ("costs", program.c)):
        smallest, largest = magnitude_range(values)
        if largest > 1e9 or 0 < smallest < 1e-9:
            found.append(
                f"{what} range from {smallest:g} to {largest:g} in size: solvers may treat the"
                " small ones as zero and answers may violate rows; rescale the model"
            )
    for name, values in _integer_data(program).items():
        finite = np.abs(values[np.isfinite(values)])
        if finite.size and finite.max() >= EXACT:
            found.append(
                f"{name} of integer columns reach {finite.max():g}, beyond 2^53: neighbouring"
                " integers there cannot be told apart"
            )
    return found


def magnitude_range(values: np.ndarray) -> tuple[float, float]:
    """Smallest and largest size of the nonzero values; (0, 0) if there are none."""
    sizes = np.abs(values)
    if sizes.size == 0 or not (largest := float(sizes.max())):
        return 0.0, 0.0
    return float(sizes.min(where=sizes > 0, initial=np.inf)), largest


def _integer_data(program: IntegerProgram) -> Mapping[str, np.ndarray]:
    integer = program.integer
    return {
        "bounds": np.concatenate([program.lower[integer], program.upper[integer]]),
        "costs": program.c[integer],
        "coefficients": program.A.data[integer[program.A.indices]],
    }
