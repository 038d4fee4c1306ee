"""What an answer depends on, as one digest: the key of the cache.

Everything enters but the time limit, which `answers` treats by itself, and the memory
limit, since an answer that it cut short is not kept.  Versions are those of solverhub and of
every engine that is installed, whichever of them a solver uses: an upgrade of any forgets
more than it must and never too little.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from functools import cache
from typing import Any

from solverhub import assets, wire
from solverhub.service.identity import digest

_PACKAGES = (
    "solverhub",
    "numpy",
    "scipy",
    "numba",
    "highspy",
    "ortools",
    "pulp",
    "pyscipopt",
    "clarabel",
    "piqp",
    "torch",
    "chszlablib",
    "bioimage-cpp",
)
_APART = ("time_s", "memory_bytes")


def question(
    *,
    problem: str,
    instance: str,
    solver: str,
    params: Mapping[str, Any],
    seed: int,
    budget: Mapping[str, Any],
    warm_start: str | None,
) -> str:
    """The digest of a request; `instance` and `warm_start` are digests themselves."""
    parts = {
        "versions": _versions(),
        "weights": _weights(),
        "problem": problem,
        "instance": instance,
        "solver": solver,
        "params": dict(sorted(params.items())),
        "seed": seed,
        "budget": {k: budget[k] for k in sorted(budget) if k not in _APART},
        "warm_start": warm_start,
    }
    return digest(wire.dump(parts))


@cache
def _versions() -> list[str]:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@cache
def _weights() -> str:
    """Digest of all weights of learned solvers."""
    hasher = hashlib.sha256()
    try:
        folder = assets.folder("models")
    except FileNotFoundError:
        return ""
    for path in sorted(folder.glob("*/*.safetensors")):
        hasher.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            hasher.update(hashlib.file_digest(file, "sha256").digest())
    return hasher.hexdigest()
