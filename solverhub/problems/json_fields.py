"""Fields of a JSON instance: lists of numbers, sparse matrices, flags and names, checked.

An error names the key and the place in its list.  Long lists may come as NumPy arrays (see
`json_arrays`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from solverhub.core.errors import InvalidInstance

_INFINITIES = {"inf": np.inf, "+inf": np.inf, "infinity": np.inf, "-inf": -np.inf}
_INFINITIES |= {"+infinity": np.inf, "-infinity": -np.inf}


def given(wire: Mapping[str, Any], key: str) -> bool:
    """True if the key is there and not null."""
    return wire.get(key) is not None


def flat_list(key: str, value: Any) -> Sequence[Any]:
    """The list under a key."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return list(value.tolist())
    if not isinstance(value, list | tuple):
        raise InvalidInstance(f"{key} is not a list", remedy="give a flat list")
    return value


def numbers(key: str, value: Any, empty: float | None = None) -> np.ndarray:
    """float64 array of a list; null means `empty` where that is given."""
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "if":
        return value.astype(np.float64)
    values = flat_list(key, value)
    if not set(map(type, values)) <= {int, float}:
        values = [_number(key, i, item, empty) for i, item in enumerate(values)]
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise InvalidInstance(f"{key} has a number beyond 1e308") from error


def _number(key: str, index: int, item: Any, empty: float | None) -> float:
    if isinstance(item, int | float | np.number) and not isinstance(item, bool):
        try:
            return float(item)
        except OverflowError as error:
            raise InvalidInstance(f"{key}[{index}] is beyond 1e308") from error
    if empty is not None and item is None:
        return empty
    if empty is not None and isinstance(item, str) and item.lower() in _INFINITIES:
        return float(_INFINITIES[item.lower()])
    allowed = "a number" if empty is None else 'a number, null, "inf" or "-inf"'
    raise InvalidInstance(f"{key}[{index}] is {str(item)[:40]!r}", remedy=f"give {allowed}")


def flags(wire: Mapping[str, Any], n: int) -> np.ndarray:
    """bool array of `integer`, all False where it is missing."""
    if not given(wire, "integer"):
        return np.zeros(n, dtype=bool)
    values = flat_list("integer", wire["integer"])
    for index, item in enumerate(values):
        if not isinstance(item, bool) and (not isinstance(item, int) or item not in (0, 1)):
            raise InvalidInstance(
                f"integer[{index}] is {str(item)[:40]!r}", remedy="give true or false a column"
            )
    return np.array(values, dtype=bool)


def matrix(key: str, value: Any, shape: tuple[int, int], lengths: tuple[str, str]) -> coo_array:
    """The matrix of `{rows, cols, values}`, empty where it is missing.

    `lengths` say what the numbers of rows and of columns are, for the errors.
    """
    if value is None:
        return coo_array(shape)
    if not isinstance(value, Mapping) or set(value) != {"rows", "cols", "values"}:
        raise InvalidInstance(f"{key} is not an object", remedy="give its rows, cols and values")
    rows = _ids(f"{key}.rows", value["rows"], shape[0], lengths[0])
    columns = _ids(f"{key}.cols", value["cols"], shape[1], lengths[1])
    values = numbers(f"{key}.values", value["values"])
    if not rows.size == columns.size == values.size:
        raise InvalidInstance(
            f"{key} has {rows.size} rows, {columns.size} cols and {values.size} values",
            remedy="give the three lists one length",
        )
    return coo_array((values, (rows, columns)), shape=shape)


def _ids(key: str, value: Any, size: int, length: str) -> np.ndarray:
    if not (isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind == "i"):
        value = flat_list(key, value)
        if set(map(type, value)) - {int}:
            index = next(i for i, item in enumerate(value) if type(item) is not int)
            raise InvalidInstance(f"{key}[{index}] is {str(value[index])[:40]!r}, not an integer")
        wrong = next((i for i, item in enumerate(value) if not 0 <= item < size), None)
    else:
        outside = (value < 0) | (value >= size)
        wrong = int(outside.argmax()) if outside.any() else None
    if wrong is not None:
        raise InvalidInstance(
            f"{key}[{wrong}] is {str(value[wrong])[:40]}, out of range",
            remedy=f"ids go from 0 and below {size}, {length}",
        )
    return np.array(value, dtype=np.int64)


def names(wire: Mapping[str, Any], key: str, size: int) -> tuple[str, ...] | None:
    """The distinct names under a key, None where it is missing."""
    if not given(wire, key):
        return None
    listed = flat_list(key, wire[key])
    for index, name in enumerate(listed):
        if not isinstance(name, str) or not name:
            raise InvalidInstance(f"{key}[{index}] is not a name", remedy="give non-empty strings")
    if len(listed) != size or len(set(listed)) != size:
        raise InvalidInstance(
            f"{key} has {len(set(listed))} distinct names", remedy=f"give {size} distinct names"
        )
    return tuple(listed)
