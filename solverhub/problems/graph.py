"""Undirected graphs in canonical order, with optional vertex and edge weights.

Vertices are 0..n-1; edge e joins `edge_index[0, e] < edge_index[1, e]`, and edges are
sorted lexicographically without loops or duplicates, so that equal graphs have equal
arrays.  Weights are int64 where every one is an integer (exact beyond 2^53), else
float64, and None where every one is 1.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solverhub.core.errors import InputTooLarge, InvalidInstance

MAX_VERTICES = 2**31
MAX_COMPLEMENT_PAIRS = 10**8
EXACT_FLOAT = 2**53
INT64_MAX = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected simple graph; build it with `Graph.from_edges`.

    - `edge_index`: int64 (2, E), u < v, lexicographic.
    - `weights`: of vertices, int64 or float64 (n,), None for all 1.
    - `edge_weights`: int64 or float64 (E,), None for all 1.
    """

    n: int
    edge_index: np.ndarray
    weights: np.ndarray | None = None
    edge_weights: np.ndarray | None = None

    @classmethod
    def from_edges(
        cls,
        n: int,
        u: Any,
        v: Any,
        weights: Any | None = None,
        edge_weights: Any | None = None,
    ) -> Graph:
        """The graph of edges in any order and direction.

        Loops are dropped.  Duplicates (either direction) are one edge; their edge weights
        are summed.  Raises `InvalidInstance` for ids outside 0..n-1, arrays of the wrong
        length and weights that are not finite or whose sums leave int64.
        """
        u, v = as_ids(u, "edges"), as_ids(v, "edges")
        if u.size != v.size:
            raise InvalidInstance(f"edges have {u.size} first and {v.size} second ends")
        check_range(n, u, v)
        vertex = None if weights is None else as_weights(weights, "weights", n)
        edge = None if edge_weights is None else as_weights(edge_weights, "edge weights", u.size)
        edges = canonical_edges(n, u, v, edge)
        return cls(n, edges.edge_index, unless_unit(vertex), unless_unit(edges.weights))

    @property
    def n_edges(self) -> int:
        """Number of edges E."""
        return int(self.edge_index.shape[1])

    @cached_property
    def _rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from solverhub.problems.graph_kernels import adjacency

        rows: tuple[np.ndarray, np.ndarray, np.ndarray]
        rows = adjacency(self.n, self.edge_index[0], self.edge_index[1])
        return rows

    @property
    def indptr(self) -> np.ndarray:
        """int64 (n+1,): the neighbours of u are `indices[indptr[u]:indptr[u + 1]]`."""
        return self._rows[0]

    @property
    def indices(self) -> np.ndarray:
        """int64 (2E,): neighbours, sorted within each vertex."""
        return self._rows[1]

    @property
    def edge_ids(self) -> np.ndarray:
        """int64 (2E,): the edge of each entry of `indices`."""
        return self._rows[2]

    @property
    def degrees(self) -> np.ndarray:
        """int64 (n,)."""
        return np.diff(self.indptr)

    def neighbours(self, vertex: int) -> np.ndarray:
        """Sorted neighbours of one vertex, a view."""
        return self.indices[self.indptr[vertex] : self.indptr[vertex + 1]]

    @property
    def vertex_weights(self) -> np.ndarray:
        """`weights`, or ones, int64 or float64 (n,)."""
        return np.ones(self.n, np.int64) if self.weights is None else self.weights

    @property
    def weights_of_edges(self) -> np.ndarray:
        """`edge_weights`, or ones, int64 or float64 (E,)."""
        return np.ones(self.n_edges, np.int64) if self.edge_weights is None else self.edge_weights

    def complement(self) -> Graph:
        """The graph of the absent edges, with the same vertex weights.

        Raises `InputTooLarge` above 10^8 vertex pairs (about 14,000 vertices).
        """
        pairs = self.n * (self.n - 1) // 2
        if pairs > MAX_COMPLEMENT_PAIRS:
            raise InputTooLarge(
                f"the complement of a graph of {self.n} vertices has too many pairs ({pairs})",
                remedy="use a method that works on the sparse graph",
            )
        absent = np.ones(pairs, np.bool_)
        u, v = self.edge_index
        absent[u * (2 * self.n - u - 1) // 2 + (v - u - 1)] = False
        first, second = np.triu_indices(self.n, 1)
        return Graph(self.n, np.stack([first[absent], second[absent]]), self.weights)

    def digest(self, label: str) -> str:
        """`sha256:...` of the graph under `label`; equal graphs have equal digests."""
        found = hashlib.sha256(f"solverhub graph 1 {label} {self.n} {self.n_edges}\n".encode())
        found.update(_little_endian(self.edge_index))
        for kind, values in (("vertex", self.weights), ("edge", self.edge_weights)):
            if values is not None:
                found.update(f"{kind} {values.dtype.kind}\n".encode())
                found.update(_little_endian(values))
        return f"sha256:{found.hexdigest()}"


def _little_endian(values: np.ndarray) -> Any:
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).data


@dataclass(frozen=True, slots=True)
class Edges:
    """Canonical edges, and how many loops were dropped and duplicates merged on the way."""

    edge_index: np.ndarray
    weights: np.ndarray | None
    loops: int = 0
    merged: int = 0


def canonical_edges(n: int, u: np.ndarray, v: np.ndarray, w: np.ndarray | None = None) -> Edges:
    """Orient, sort and merge edges (int64 ids within 0..n-1); weights of duplicates are summed.

    Edges are sorted as one integer each, u n + v.  Unit weights, the most common, are not
    sorted along: the sum over duplicates is their number.
    """
    key = np.minimum(u, v)
    key *= n
    key += np.maximum(u, v)
    loop = u == v
    loops = int(np.count_nonzero(loop))
    if loops:
        key, w = key[~loop], None if w is None else w[~loop]
    del loop
    unit = w is not None and bool((w == 1).all())
    if w is None or unit:
        key.sort()
    else:
        order = np.argsort(key, kind="stable")
        key, w = key[order], w[order]
        del order
    first = np.ones(key.size, np.bool_)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    merged = int(key.size - np.count_nonzero(first))
    if unit:
        w = np.diff(np.append(np.flatnonzero(first), key.size)) if merged else None
    elif merged and w is not None:
        w = _sum_groups(key, first, w)
    if merged:
        key = key[first]
    edge_index = np.empty((2, key.size), np.int64)
    if key.size:
        np.divmod(key, n, out=(edge_index[0], edge_index[1]))
    return Edges(edge_index, w, loops, merged)


def _sum_groups(key: np.ndarray, first: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Sums over runs of equal keys, independent of the order within a run."""
    starts = np.flatnonzero(first)
    if w.dtype.kind == "f":
        counts = np.diff(np.append(starts, key.size))
        shared = np.repeat(counts > 1, counts)
        among = w[shared][np.lexsort((w[shared], key[shared]))]
        sums: np.ndarray = w[starts]
        with np.errstate(over="ignore"):
            sums[counts > 1] = np.add.reduceat(among, np.flatnonzero(first[shared]))
        if not np.isfinite(sums).all():
            raise InvalidInstance(
                "weights of duplicate edges sum to infinity", remedy="scale the weights down"
            )
        return sums
    most = int(np.diff(np.append(starts, key.size)).max())
    if most * largest(w) > INT64_MAX:
        raise InvalidInstance(
            "weights of duplicate edges may sum beyond 2^63", remedy="scale the weights down"
        )
    total: np.ndarray = np.add.reduceat(w, starts)
    return total


def distinct(values: np.ndarray) -> np.ndarray:
    """Sorted distinct values; sorts in place (`numpy.unique` hashes, which is far slower)."""
    values.sort()
    first = np.ones(values.size, np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return values[first]


def largest(values: np.ndarray) -> int:
    """max |value| of an int64 array as an exact int (0 if empty)."""
    return max(-int(values.min()), int(values.max()), 0) if values.size else 0


def as_ids(values: Any, what: str) -> np.ndarray:
    """int64 (k,) of integer ids; raises `InvalidInstance` for anything else."""
    try:
        found = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidInstance(f"{what} are not a list of integer ids") from error
    if found.ndim != 1:
        raise InvalidInstance(f"{what} are not a flat list of integer ids")
    if found.size == 0:
        return np.zeros(0, np.int64)
    if found.dtype.kind == "f" and _whole(found):
        return found.astype(np.int64)
    if found.dtype.kind not in "iu" or (found.dtype.kind == "u" and found.max() > INT64_MAX):
        raise InvalidInstance(
            f"{what} contain something that is not an integer id",
            remedy="give whole numbers, counted from 0 in JSON",
        )
    return found.astype(np.int64, copy=False)


def check_range(n: int, u: np.ndarray, v: np.ndarray) -> None:
    """Raise unless 0 <= n <= 2^31 and every id is within 0..n-1."""
    if n < 0:
        raise InvalidInstance(f"n is {n}", remedy="give the number of vertices, 0 or more")
    if n > MAX_VERTICES:
        raise InputTooLarge(f"n is {n}", remedy=f"at most {MAX_VERTICES} vertices are supported")
    for ends in (u, v):
        if ends.size and (int(ends.min()) < 0 or int(ends.max()) >= n):
            at = int(np.flatnonzero((ends < 0) | (ends >= n))[0])
            raise InvalidInstance(
                f"edge {at} ({int(u[at])}, {int(v[at])}) leaves the vertices 0..{n - 1}",
                remedy="ids count from 0 and are below n",
            )


def as_weights(values: Any, what: str, size: int) -> np.ndarray:
    """int64 or float64 (size,): int64 where all are integers that it holds exactly."""
    try:
        found = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidInstance(f"{what} are not a list of numbers") from error
    if found.shape != (size,):
        raise InvalidInstance(
            f"{what} have shape {found.shape}", remedy=f"give a flat list of {size} numbers"
        )
    if size == 0:
        return np.zeros(0, np.int64)
    if found.dtype.kind == "i":
        if int(found.min()) == -INT64_MAX - 1:
            raise InvalidInstance(f"{what} reach -2^63", remedy="scale the weights down")
        return found.astype(np.int64, copy=False)
    if found.dtype.kind == "u" and int(found.max()) <= INT64_MAX:
        return found.astype(np.int64)
    beyond = isinstance(values, list | tuple) and any(
        isinstance(value, int) and abs(value) > INT64_MAX for value in values
    )
    if found.dtype.kind in "uO" or beyond:
        raise InvalidInstance(
            f"{what} contain something that is not a number within 2^63",
            remedy="scale the weights down or give numbers",
        )
    if found.dtype.kind != "f":
        raise InvalidInstance(f"{what} are not numbers", remedy="give finite numbers")
    found = found.astype(np.float64, copy=False)
    if not np.isfinite(found).all():
        at = int(np.flatnonzero(~np.isfinite(found))[0])
        raise InvalidInstance(f"{what}[{at}] is {found[at]}", remedy="give finite numbers")
    return found.astype(np.int64) if _whole(found) else found + 0.0


def _whole(values: np.ndarray) -> bool:
    """True for floats that are all integers of at most 2^53."""
    return bool(((np.abs(values) <= EXACT_FLOAT) & (values == np.rint(values))).all())


def unless_unit(weights: np.ndarray | None) -> np.ndarray | None:
    """None where every weight is 1."""
    return None if weights is None or bool((weights == 1).all()) else weights


def exact_sum(values: np.ndarray) -> int | float:
    """The sum: exact (a Python int of any size) for int64, correctly rounded for float64."""
    if values.dtype.kind == "f":
        return math.fsum(values)
    if values.size == 0:
        return 0
    if values.size * largest(values) <= INT64_MAX:
        return int(values.sum())
    total: int = sum(values.tolist())
    return total
