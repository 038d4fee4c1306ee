"""Bounds on the distances of a metric, one lower and one upper a pair.

They are given as a number for all pairs, as a matrix, or as a list beside the pairs; without a
lower bound a distance is at least 0, and infinity is no upper bound.  No metric keeps them exactly
if some pair's lower bound is beyond the upper bounds along a path between its ends, which is the
certificate `conflict_holds` checks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance

FREE = {"lower": 0.0, "upper": math.inf}
"""What bounds nothing."""

Bound = float | np.ndarray | None


def pair_bounds(
    name: str, given: Bound, upper: tuple[np.ndarray, ...], n: int, symmetrise: bool
) -> np.ndarray | None:
    """float64 (E,) of a number or a matrix; `upper` are the indices of the pairs in it.

    Where the two directions differ, the tighter one holds if `symmetrise`; else it is refused.
    """
    if given is None or np.ndim(given) == 0:
        return listed_bounds(name, given, upper[0].size)
    matrix = np.asarray(given)
    if matrix.shape != (n, n):
        raise InvalidInstance(
            f"{name} has shape {matrix.shape}", remedy=f"give a number, or {(n, n)}"
        )
    one = checked(name, matrix)[upper]
    other = matrix.T[upper].astype(np.float64)
    if (one != other).any():
        if not symmetrise:
            e = int((one != other).argmax())
            i, j = upper[0][e], upper[1][e]
            raise InvalidInstance(
                f"{name} is not symmetric: [{i}][{j}] is {one[e]:g} and [{j}][{i}] is {other[e]:g}",
                remedy='give one bound a pair, --symmetrise, or JSON with "symmetrise": true',
            )
        one = tighter(name)(one, other)
    return _unless_free(name, one)


def listed_bounds(name: str, given: Bound, size: int) -> np.ndarray | None:
    """float64 (size,) of a number or a list, one a listed pair; None where nothing is bounded."""
    if given is None:
        return None
    array = np.asarray(given)
    if array.ndim == 0:
        array = np.full(size, checked(name, array.reshape(1))[0])
    elif array.shape != (size,):
        raise InvalidInstance(
            f"{name} has shape {array.shape}", remedy=f"give a number, or one a pair, {size}"
        )
    return _unless_free(name, checked(name, array))


def tighter(name: str) -> np.ufunc:
    """The function that takes the tighter of two bounds."""
    return np.maximum if name == "lower" else np.minimum


def checked(name: str, values: np.ndarray) -> np.ndarray:
    """float64, or `InvalidInstance` with the place of NaN, negative or infinite lower bounds."""
    if values.dtype.kind not in "biuf":
        raise InvalidInstance(f"{name} is {values.dtype}", remedy="give numbers")
    bounds = np.ascontiguousarray(values, np.float64)
    wrong = ~(bounds >= 0) | (np.isinf(bounds) & (name == "lower"))
    if wrong.any():
        place = "".join(f"[{int(i)}]" for i in np.unravel_index(int(wrong.argmax()), bounds.shape))
        raise InvalidInstance(
            f"{name}{place} is {bounds.flat[int(wrong.argmax())]:g}",
            remedy="give 0 or more; null, or infinity in arrays, is no upper bound",
        )
    return bounds


def conflict_holds(
    evidence: Mapping[str, Any], n: int, edges: Any, floor: np.ndarray, ceiling: np.ndarray,
    slack: float,
) -> bool:  # fmt: skip
    """True if `{"cycle": int64 (k,)}` shows that no metric is within the bounds.

    Its first and last vertices are the pair, adjacent ones its path; `edges` finds the positions
    of pairs.  The pair must lie beyond the path by more than `slack` for each of them, which is
    what a solution may be off.
    """
    try:
        cycle = np.asarray(evidence["cycle"])
    except (KeyError, TypeError, ValueError):
        return False
    if cycle.dtype.kind != "i" or cycle.ndim != 1 or cycle.size < 2:
        return False
    if cycle.min() < 0 or cycle.max() >= n:
        return False
    pair, path = edges(cycle[:1], cycle[-1:]), edges(cycle[:-1], cycle[1:])
    if pair is None or path is None:
        return False
    return float(floor[pair[0]]) > math.fsum(ceiling[path]) + (cycle.size + 1) * slack


def _unless_free(name: str, bounds: np.ndarray) -> np.ndarray | None:
    return None if bool((bounds == FREE[name]).all()) else bounds
