"""From a path, bytes or JSON to an instance: decompress, tell the problem, parse."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solverhub.core.errors import InputError
from solverhub.core.problem import Parsed, Source
from solverhub.problems import families


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one input may cost.

    `max_bytes` counts decompressed bytes, `max_ratio` decompressed to compressed ones.
    """

    max_bytes: int = 2**31
    max_ratio: float = 250.0
    max_vertices: int = 2**25
    max_edges: int = 2**28


DEFAULT_LIMITS = ReadLimits()


def read(
    x: str | os.PathLike[str] | bytes | Mapping[str, Any],
    problem: str | None = None,
    *,
    name: str | None = None,
    signs: bool = False,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> Parsed:
    """PROVISIONAL: the instance of a path, bytes or JSON form."""
    if isinstance(x, Mapping):
        chosen = problem or x.get("problem")
        if chosen is None:
            raise InputError("name the problem")
        return families.get(chosen).from_wire(x)
    if isinstance(x, bytes):
        source = Source(name or "<input>", x, signs=signs)
    else:
        path = Path(x)
        source = Source(name or path.name, path.read_bytes(), path.resolve().parent.name, signs)
    chosen = problem or source.folder
    return families.get(chosen).parse(source)
