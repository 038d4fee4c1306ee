"""The JSON form of a sharding task, and why a task may have no placement.

    {"devices": 4, "memory_bytes": 5000000000, "model": {"batch": 65536, ...},
     "tables": [{"name", "dim", "rows", "pooling", "reuse": [17 shares]}, ...]}

`reuse`, left out, means that every row is read once; `name` and the constants of `model` (see
`sharding_model.LatencyModel`) may be left out too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.json_fields import numbers
from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.problems.sharding_model import REUSE_BINS, LatencyModel

_KNOWN = ("tables", "devices", "memory_bytes", "model", "problem", "name")
_FIELDS = ("name", "dim", "rows", "pooling", "reuse")


def from_wire(wire: Any) -> tuple[ShardingInstance, Naming]:
    """The instance, and the names of its tables; `InvalidInstance` names table and field."""
    if not isinstance(wire, Mapping):
        raise InvalidInstance("the instance is not a JSON object")
    _only(wire, _KNOWN, "the instance")
    tables = wire.get("tables")
    if not isinstance(tables, list | tuple) or not all(isinstance(t, Mapping) for t in tables):
        raise InvalidInstance('there is no list "tables"', remedy="give objects with dim and rows")
    names = [table.get("name", at) for at, table in enumerate(tables)]
    for at, name in enumerate(names):
        if isinstance(name, bool) or not isinstance(name, int | str):
            raise InvalidInstance(f"the name of table {at} is {name!r:.40}", remedy="give a string")
    if len(set(names)) != len(names):
        raise InvalidInstance("two tables have one name", remedy="name each differently")
    for table, name in zip(tables, names, strict=True):
        _only(table, _FIELDS, f"table {name}")
    instance = ShardingInstance.of(
        [_whole(table.get("dim"), f"dim of table {n}") for table, n in _each(tables, names)],
        [_whole(table.get("rows"), f"rows of table {n}") for table, n in _each(tables, names)],
        [_pooling(table.get("pooling", 1), n) for table, n in _each(tables, names)],
        np.array([_reuse(table.get("reuse"), n) for table, n in _each(tables, names)]),
        _whole(wire.get("devices"), "devices"),
        _whole(wire.get("memory_bytes"), "memory_bytes"),
        _model(wire.get("model")),
        names,
    )
    return instance, Naming(items=names)


def to_wire(instance: ShardingInstance, naming: Naming) -> dict[str, Any]:
    """The JSON form, in the names of the input."""
    columns = (instance.dim, instance.rows, instance.pooling, instance.reuse)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    tables = [
        {"name": naming.item(at), **dict(zip(_FIELDS[1:], row, strict=True))}
        for at, row in enumerate(rows)
    ]
    return {
        "devices": instance.devices,
        "memory_bytes": instance.memory_bytes,
        "model": instance.model.to_mapping(),
        "tables": tables,
    }


def too_large(instance: ShardingInstance, naming: Naming = INTERNAL) -> tuple[str, ...]:
    """What proves that no placement exists, in words; empty where nothing does."""
    sizes = instance.bytes.tolist()
    found = [
        f"table {naming.item(at)} needs {size} bytes, {size - instance.memory_bytes} more than any"
        " device has"
        for at, size in enumerate(sizes)
        if size > instance.memory_bytes
    ][:10]
    short = sum(sizes) - instance.devices * instance.memory_bytes
    if short > 0:
        found.append(f"the tables need {sum(sizes)} bytes, {short} more than all devices have")
    return tuple(found)


def _each(tables: Any, names: list[Any]) -> Any:
    return zip(tables, names, strict=True)


def _only(found: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise InvalidInstance(
            f"{what} has the unknown key {unknown[0][:80]!r}",
            remedy=f"known are {', '.join(known)}",
        )


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise InvalidInstance(f"{what} is {value!r:.40}", remedy="give a whole number")
    if abs(value) >= 2**62:
        raise InvalidInstance(f"{what} is {value!r:.40}", remedy="give less than 2**62")
    return int(value)


def _pooling(value: Any, name: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInstance(f"pooling of table {name} is {value!r:.40}", remedy="give a number")
    return float(min(value, 1e300))


def _reuse(value: Any, name: Any) -> np.ndarray:
    if value is None:
        return np.bincount([0], minlength=REUSE_BINS).astype(np.float64)
    shares: np.ndarray = numbers(f"reuse of table {name}", value)
    if len(shares) != REUSE_BINS:
        raise InvalidInstance(
            f"reuse of table {name} has {len(shares)} entries", remedy=f"give {REUSE_BINS}"
        )
    return shares


def _model(value: Any) -> LatencyModel:
    if value is None:
        return LatencyModel()
    known = {field.name for field in fields(LatencyModel)}
    if not isinstance(value, Mapping):
        raise InvalidInstance('"model" is not an object', remedy="give constants by name")
    _only(value, tuple(sorted(known)), "the model")
    for name, constant in value.items():
        if isinstance(constant, bool) or not isinstance(constant, int | float):
            raise InvalidInstance(f"the model's {name} is {constant!r:.40}", remedy="give a number")
    return LatencyModel(**value)
