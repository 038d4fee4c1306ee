"""What a solver is: class variables that describe it, a frozen `Params`, and `solve`."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.result import Guarantee, Result


@dataclass(frozen=True)
class Params:
    """Base of every solver's parameters: a frozen dataclass that validates itself.

    Subclasses add fields with defaults and check ranges in `__post_init__`, raising
    `InvalidParams`.  Field types are `int`, `float`, `bool`, `str`, `Literal[...]`, one of
    these or None, or `Mapping[str, Any]` (an engine's native parameters, set on the command
    line as `--param native.NAME=VALUE`).
    """

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """Build from a JSON object or from `k=v` strings; unknown names raise `InvalidParams`."""
        hints = typing.get_type_hints(cls)
        known = {field.name: hints[field.name] for field in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in given.items():
            group, _, key = name.partition(".")
            if key and known.get(group) == Mapping[str, Any]:
                values[group] = {**values.get(group, {}), key: value}
            elif name in known:
                values[name] = _coerce(name, value, known[name])
            else:
                choices = ", ".join(sorted(known)) or "none"
                raise InvalidParams(f"unknown parameter {name!r}", remedy=f"known are {choices}")
        return cls(**values)

    @classmethod
    def describe(cls) -> list[dict[str, Any]]:
        """Name, type and default of each parameter, JSON-ready."""
        hints = typing.get_type_hints(cls)
        return [
            {
                "name": field.name,
                "type": _type_name(hints[field.name]),
                "default": field.default_factory()
                if field.default_factory is not MISSING
                else field.default,
            }
            for field in fields(cls)
        ]

    def to_mapping(self) -> dict[str, Any]:
        """The values as a JSON-ready mapping."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _type_name(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return " | ".join(repr(value) for value in typing.get_args(hint))
    if typing.get_origin(hint) is Mapping:
        return "mapping"
    return getattr(hint, "__name__", str(hint)) if isinstance(hint, type) else str(hint)


def _coerce(name: str, value: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        if value is None or value == "none":
            return None
        return _coerce(name, value, options[0])
    if origin is Literal:
        for choice in typing.get_args(hint):
            if value == choice or (isinstance(value, str) and value == str(choice)):
                return choice
        choices = ", ".join(map(str, typing.get_args(hint)))
        raise InvalidParams(f"parameter {name} is {value!r}", remedy=f"one of {choices}")
    try:
        return _scalar(value, hint)
    except (TypeError, ValueError) as error:
        raise InvalidParams(
            f"parameter {name} is {value!r}", remedy=f"give a value of type {_type_name(hint)}"
        ) from error


def _scalar(value: Any, hint: Any) -> Any:
    if hint is bool:
        if isinstance(value, bool):
            return value
        known = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
        if not isinstance(value, str) or value.lower() not in known:
            raise ValueError(value)
        return known[value.lower()]
    if hint is int:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError(value)
        return int(value)
    if hint is float:
        if isinstance(value, bool):
            raise ValueError(value)
        return float(value)
    if hint is str:
        if not isinstance(value, str):
            raise ValueError(value)
        return value
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(value)


class Solver(Protocol):
    """A method for one or more families; the catalog builds it with the problem it serves.

    - `requires`: import names of packages it needs beyond the base installation.
    - `deterministic` results need one thread or `budget.deterministic`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    guarantee: ClassVar[Guarantee]
    devices: ClassVar[tuple[str, ...]]
    requires: ClassVar[tuple[str, ...]]
    Params: ClassVar[type[Params]]

    def __init__(self, problem: Problem) -> None: ...

    def solve(
        self,
        instance: Any,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget.

        Never raises for "no solution": that is a `Termination`.  Raises `InvalidSolution`
        for a warm start of the wrong form, `SolverFailed` when the engine breaks down.
        `observe` is called from any thread and must be cheap.
        """
        ...
