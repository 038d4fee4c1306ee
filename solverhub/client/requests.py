"""What a user hands in, as the body of a job: a path, a parsed instance or a JSON form.

A small file travels in the request itself; a large one is uploaded once and named by its
digest from then on.  A parsed instance is written in its JSON form, as an upload where
that is large.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from solverhub import wire
from solverhub.core.errors import InvalidInstance, ParseError
from solverhub.core.problem import Parsed
from solverhub.core.result import Number
from solverhub.problems import families

SMALL_BYTES = 2**20


BUDGET = {
    "time_limit": "time_s",
    "iterations": "iterations",
    "target": "target",
    "gap": "gap",
    "threads": "threads",
    "device": "device",
    "memory_bytes": "memory_bytes",
    "deterministic": "deterministic",
}


class JobOptions(TypedDict, total=False):
    """Everything about a job beside instance, problem and solver; the server defaults it.

    The budget: `time_limit` in seconds, `iterations`, `target`, `gap`, `threads`, `device`,
    `memory_bytes`, `deterministic`.  `warm_start` is a solution in JSON form, or an array in
    internal order where a parsed instance is given.  `name` is shown in lists, a higher
    `priority` goes first.  `signs` replaces summed edge weights by their signs,
    `symmetrise` takes the mean of both directions of a distance matrix.
    """

    time_limit: float | None
    iterations: int | None
    target: Number | None
    gap: float | None
    threads: int | None
    device: str | None
    memory_bytes: int | None
    deterministic: bool | None
    params: Mapping[str, Any] | None
    seed: int | None
    warm_start: Mapping[str, Any] | np.ndarray | None
    use_cache: bool | None
    signs: bool | None
    symmetrise: bool | None
    name: str | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class Input:
    """An instance on its way out: JSON or a file, and the parsed instance where it is held."""

    name: str | None
    problem: str | None
    body: Mapping[str, Any] | None = None
    path: Path | None = None
    parsed: Parsed | None = None


def take(x: Any, problem: str | None) -> Input:
    """`x` as an input: a path, a `Parsed`, a mapping (JSON form), or an instance with `problem`."""
    if isinstance(x, str | os.PathLike):
        path = Path(x)
        if not path.is_file():
            raise ParseError("there is no such file", file=str(path), remedy="check the path")
        return Input(path.name, problem, path=path)
    if isinstance(x, Mapping):
        return Input(None, problem or x.get("problem"), body=x)
    parsed = x if isinstance(x, Parsed) else _parsed(x, problem)
    form = parsed.problem.to_wire(parsed.instance, parsed.naming)
    return Input(parsed.name, parsed.problem.name, body=form, parsed=parsed)


def _parsed(instance: Any, problem: str | None) -> Parsed:
    if problem is None:
        raise InvalidInstance(
            f"an instance of type {type(instance).__name__} does not say its problem",
            remedy="pass problem=...",
        )
    return Parsed(families.get(problem), instance)


def job_fields(given: Input, solver: str, options: JobOptions) -> dict[str, Any]:
    """The members of a job's body beside the instance; what the server defaults is left out."""
    budget = {BUDGET[key]: value for key, value in options.items() if key in BUDGET}
    fields = {
        "problem": given.problem,
        "solver": solver,
        "budget": {key: value for key, value in budget.items() if value is not None},
        "params": dict(options.get("params") or {}),
        "seed": options.get("seed"),
        "warm_start": _warm_start(given, options.get("warm_start")),
        "use_cache": options.get("use_cache"),
        "signs": options.get("signs"),
        "symmetrise": options.get("symmetrise"),
        "name": options.get("name") or given.name,
        "priority": options.get("priority"),
    }
    return {key: value for key, value in fields.items() if value not in (None, {})}


def _warm_start(given: Input, warm_start: Any) -> Mapping[str, Any] | None:
    if warm_start is None or isinstance(warm_start, Mapping):
        return warm_start
    if given.parsed is None:
        raise InvalidInstance(
            "an array as warm start needs the parsed instance",
            remedy="pass a Parsed, or the warm start in its JSON form",
        )
    parsed = given.parsed
    return parsed.problem.solution_to_wire(parsed.instance, np.asarray(warm_start), parsed.naming)


def form_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    """The members as fields of a form: names as text, the others as JSON."""
    plain = ("problem", "solver", "name")
    return {
        key: value if key in plain else wire.dump(value).decode() for key, value in fields.items()
    }


def file_digest(path: Path) -> str:
    """`sha256:...` of a file's bytes, which names its upload."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def bytes_digest(body: bytes) -> str:
    """`sha256:...` of bytes."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
