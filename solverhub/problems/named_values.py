"""Solutions as `{"values": {name: value}}`, for the families whose variables have names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import Naming


def variable_name(naming: Naming, j: int) -> str:
    """Name of column j, `x<j>` where the input gave none."""
    return f"x{j}" if naming.items is None else str(naming.items[j])


def values_to_wire(solution: np.ndarray, integer: np.ndarray, naming: Naming) -> dict[str, Any]:
    """`{"values": {name: value}}` of the nonzeros; whole values of integer columns are ints."""
    values: dict[str, int | float] = {}
    for j in np.flatnonzero(solution).tolist():
        value = float(solution[j])
        whole = integer[j] and value.is_integer()
        values[variable_name(naming, j)] = int(value) if whole else value
    return {"values": values}


def values_from_wire(wire: Mapping[str, Any], n: int, naming: Naming) -> np.ndarray:
    """float64 (n,): a name that is missing means 0, an unknown one raises `InvalidSolution`."""
    values = wire.get("values") if isinstance(wire, Mapping) else None
    if not isinstance(values, Mapping):
        raise InvalidSolution("the solution has no values", remedy='give {"values": {name: v}}')
    solution = np.zeros(n)
    index = {variable_name(naming, j): j for j in range(n)} if values else {}
    for name, value in values.items():
        if name not in index:
            raise InvalidSolution(
                f"the instance has no variable {str(name)[:80]!r}",
                remedy="use the names of the file, or x0, x1, ... where it has none",
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidSolution(f"the value of {str(name)[:80]!r} is not a number")
        try:
            solution[index[name]] = float(value)
        except OverflowError as error:
            raise InvalidSolution(f"the value of {str(name)[:80]!r} is beyond 1e308") from error
    return solution
