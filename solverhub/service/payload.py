"""Results as bytes for the cache: the JSON form, and the arrays in internal order beside it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import zstandard

from solverhub import wire
from solverhub.core.result import Result

_LEVEL = 3


def pack(result: Result) -> bytes:
    """The result without the ids of any input."""
    arrays: dict[str, np.ndarray] = {}
    if result.solution is not None:
        arrays["solution"] = result.solution
    for position, member in enumerate(result.pool):
        arrays[f"pool.{position}"] = member
    plain = {}
    for name, value in (result.evidence or {}).items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            arrays[f"evidence.{name}"] = value
        else:
            plain[name] = value
    bare = replace(
        result,
        solution=None,
        pool=(),
        log=(),
        warnings=(),
        evidence=None if result.evidence is None else plain,
        parsed=None,
    )
    text = np.frombuffer(wire.dump(wire.result_to_wire(bare)), np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{"wire": text, **arrays})
    return zstandard.compress(file.getvalue(), _LEVEL)


def unpack(data: bytes) -> Result:
    """The result again, its arrays in internal order."""
    with np.load(io.BytesIO(zstandard.decompress(data)), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    result = wire.result_from_wire(json.loads(arrays.pop("wire").tobytes()))
    evidence: dict[str, Any] | None = None
    if result.evidence is not None:
        evidence = dict(result.evidence)
        for name, value in arrays.items():
            if name.startswith("evidence."):
                evidence[name.removeprefix("evidence.")] = value
    pool = [f"pool.{position}" for position in range(len(arrays))]
    return replace(
        result,
        solution=arrays.get("solution"),
        pool=tuple(arrays[name] for name in pool if name in arrays),
        evidence=evidence,
    )
