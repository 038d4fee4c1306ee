"""Distances that ought to be a metric: the instances of `metric-nearness`.

Pairs are sorted lexicographically, u < v; a complete instance has all n (n - 1) / 2 of them.
A distance of weight 0 counts for nothing in the objective, and still takes part in the metric.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.problems.metric_box import Bound, listed_bounds, pair_bounds, tighter

NORMS = ("l2", "l1", "linf")
ASYMMETRY = 1e-12
"""Relative to the largest entry: up to that, two directions differ by rounding alone."""


@dataclass(frozen=True, eq=False)
class MetricInstance:
    """Distances on the pairs of n points, or on some of them.

    - `edge_index`: int64 (2, E), u < v, lexicographic.
    - `distances`: float64 (E,), finite, 0 or more.
    - `weights`: float64 (E,), finite, 0 or more; None for all 1.
    - `norm`: `l2` (sum of w (x - d)^2), `l1` (sum of w |x - d|) or `linf` (largest w |x - d|).
    - `decrease_only`: whether x <= d is asked for as well.
    - `lower`, `upper`: float64 (E,), bounds on x; None for none, infinity for none above a pair.
    """

    n: int
    edge_index: np.ndarray
    distances: np.ndarray
    weights: np.ndarray | None = None
    norm: str = "l2"
    decrease_only: bool = False
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None

    @property
    def n_edges(self) -> int:
        """Number of pairs E."""
        return int(self.distances.size)

    @property
    def complete(self) -> bool:
        """True if every pair has a distance."""
        return self.n_edges == self.n * (self.n - 1) // 2

    @cached_property
    def pair_weights(self) -> np.ndarray:
        """`weights`, or ones, float64 (E,)."""
        return np.ones(self.n_edges) if self.weights is None else self.weights

    @property
    def largest(self) -> float:
        """The largest distance, 0 without any."""
        return float(self.distances.max(initial=0.0))

    @property
    def bounded(self) -> bool:
        """True if some distance has a bound of its own."""
        return self.lower is not None or self.upper is not None

    @cached_property
    def floor(self) -> np.ndarray:
        """The lower bounds or zeros, float64 (E,)."""
        return np.zeros(self.n_edges) if self.lower is None else self.lower

    @cached_property
    def ceiling(self) -> np.ndarray:
        """Finite upper bounds float64 (E,) that some nearest metric keeps.

        Cut off at the largest distance or lower bound, a metric is one still, and no farther.
        """
        most = np.full(self.n_edges, max(self.largest, float(self.floor.max(initial=0.0))))
        if self.upper is not None:
            most = np.minimum(most, self.upper)
        return np.minimum(most, self.distances) if self.decrease_only else most

    def square(self, values: np.ndarray) -> np.ndarray:
        """The symmetric float64 (n, n) matrix of values (E,) of a complete instance."""
        return square(self.n, values)

    def digest(self, family: str) -> str:
        """sha256 of sizes, pairs, distances, weights, norm and bounds."""
        state = hashlib.sha256(f"solverhub {family} 1\0{self.n} {self.norm} ".encode())
        state.update(f"{self.decrease_only} {self.complete} ".encode())
        if not self.complete:
            state.update(np.ascontiguousarray(self.edge_index, "<i8").data)
        for values in (self.distances, self.pair_weights):
            state.update(np.ascontiguousarray(values, "<f8").data)
        for name, bounds in (("lower", self.lower), ("upper", self.upper)):
            if bounds is not None:
                state.update(name.encode())
                state.update(np.ascontiguousarray(bounds, "<f8").data)
        return f"sha256:{state.hexdigest()}"


def pairs(n: int) -> np.ndarray:
    """int64 (2, n (n - 1) / 2): all pairs u < v, lexicographic."""
    return np.array(np.triu_indices(n, 1), np.int64).reshape(2, -1)


def square(n: int, values: np.ndarray) -> np.ndarray:
    """The symmetric float64 (n, n) matrix, diagonal 0, of values of all pairs."""
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n, 1)] = values
    matrix += matrix.T
    return matrix


def of_matrix(
    distances: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    norm: str = "l2",
    decrease_only: bool = False,
    symmetrise: bool = False,
    lower: Bound = None,
    upper: Bound = None,
) -> MetricInstance:
    """The complete instance of a square matrix.

    `symmetrise` takes the mean of both directions; `lower` and `upper` are numbers or matrices,
    of which it takes the tighter direction.  Raises `InvalidInstance` with the place for
    matrices that are not square, not symmetric, or have NaN, infinite or negative entries or
    a diagonal that is not 0.
    """
    d = _symmetric(distances, "distances", symmetrise)
    n = d.shape[0]
    diagonal = np.flatnonzero(np.diagonal(d))
    if diagonal.size:
        i = int(diagonal[0])
        raise InvalidInstance(
            f"distances[{i}][{i}] is {d[i, i]:g}", remedy="a point has distance 0 to itself"
        )
    above = np.triu_indices(n, 1)
    w = None
    if weights is not None:
        square_weights = _symmetric(weights, "weights", symmetrise)
        if square_weights.shape != d.shape:
            raise InvalidInstance(
                f"weights have shape {square_weights.shape}", remedy=f"give {d.shape}"
            )
        w = unless_ones(square_weights[above])
    bounds = (
        pair_bounds(name, given, above, n, symmetrise)
        for name, given in (("lower", lower), ("upper", upper))
    )
    return MetricInstance(n, pairs(n), d[above], w, checked_norm(norm), decrease_only, *bounds)


def of_edges(
    n: int,
    u: np.ndarray,
    v: np.ndarray,
    distances: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    norm: str = "l2",
    decrease_only: bool = False,
    lower: Bound = None,
    upper: Bound = None,
) -> tuple[MetricInstance, tuple[str, ...]]:
    """The instance of pairs in any order and direction, and warnings.

    `lower` and `upper` are numbers or float64, one a listed pair.  Loops of distance 0 are dropped.
    A pair that is listed again with the same distance adds its weights up, and the tighter bounds
    hold; with another distance it is refused.
    """
    _nonnegative(distances, "distances")
    w = np.ones(distances.size) if weights is None else weights
    _nonnegative(w, "weights")
    outside = (np.minimum(u, v) < 0) | (np.maximum(u, v) >= n)
    if outside.any():
        e = int(outside.argmax())
        raise InvalidInstance(f"edge {e} is {u[e]} {v[e]}", remedy=f"ids go from 0 to {n - 1}")
    loop = u == v
    if (distances[loop] != 0).any():
        e = int(np.flatnonzero(loop & (distances != 0))[0])
        raise InvalidInstance(
            f"edge {e} gives point {u[e]} the distance {distances[e]:g} to itself",
            remedy="remove it",
        )
    warnings: tuple[str, ...] = ()
    if loop.any():
        warnings = (f"self-loops dropped: {int(loop.sum())}",)
    u, v, d, w = u[~loop], v[~loop], distances[~loop], w[~loop]
    key = np.minimum(u, v) * n + np.maximum(u, v)
    kept, first, group = np.unique(key, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    differs = d != d[first][group]
    if differs.any():
        e = int(differs.argmax())
        raise InvalidInstance(
            f"the pair {u[e]} {v[e]} has the distances {d[first][group][e]:g} and {d[e]:g}",
            remedy="give each pair one distance",
        )
    if kept.size < key.size:
        warnings += (f"pairs listed again, weights summed: {key.size - kept.size}",)
    index = np.array(np.divmod(kept, max(n, 1)), np.int64).reshape(2, -1)
    total = unless_ones(np.bincount(group, w, kept.size))
    bounds = (
        _grouped(name, listed_bounds(name, given, loop.size), ~loop, group, first)
        for name, given in (("lower", lower), ("upper", upper))
    )
    made = MetricInstance(n, index, d[first], total, checked_norm(norm), decrease_only, *bounds)
    return made, warnings


def unless_ones(weights: np.ndarray) -> np.ndarray | None:
    """None where every weight is 1."""
    return None if bool((weights == 1).all()) else np.ascontiguousarray(weights, np.float64)


def checked_norm(norm: object) -> str:
    """The norm, or `InvalidInstance` with the choices."""
    if norm not in NORMS:
        raise InvalidInstance(f"norm is {norm!r}", remedy=f"one of {', '.join(NORMS)}")
    return str(norm)


def _grouped(
    name: str, bounds: np.ndarray | None, kept: np.ndarray, group: np.ndarray, first: np.ndarray
) -> np.ndarray | None:
    """The tightest bound of each group of listed pairs, float64 of the size of `first`."""
    if bounds is None:
        return None
    listed = bounds[kept]
    found: np.ndarray = listed[first].copy()
    tighter(name).at(found, group, listed)
    return found


def _symmetric(matrix: np.ndarray, what: str, symmetrise: bool) -> np.ndarray:
    """float64 (n, n), finite, nonnegative and exactly symmetric."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.dtype.kind not in "biuf":
        raise InvalidInstance(
            f"{what} are {matrix.dtype} of shape {matrix.shape}",
            remedy="give a square matrix of numbers",
        )
    square = np.ascontiguousarray(matrix, np.float64)
    _nonnegative(square, what)
    difference = np.abs(square - square.T)
    if difference.max(initial=0.0) > ASYMMETRY * square.max(initial=0.0) and not symmetrise:
        i, j = np.unravel_index(int(difference.argmax()), square.shape)
        raise InvalidInstance(
            f"{what} are not symmetric: [{i}][{j}] is {square[i, j]:g} and [{j}][{i}] is "
            f"{square[j, i]:g}, which is the largest difference",
            remedy='give (D + D.T) / 2, --symmetrise, or JSON with "symmetrise": true',
        )
    return square if not difference.any() else (square + square.T) / 2


def _nonnegative(values: np.ndarray, what: str) -> None:
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        place = "".join(f"[{int(i)}]" for i in np.unravel_index(int(wrong.argmax()), values.shape))
        raise InvalidInstance(
            f"{what}{place} is {values.flat[int(wrong.argmax())]:g}",
            remedy="give a finite number, 0 or more; a missing distance has weight 0",
        )
