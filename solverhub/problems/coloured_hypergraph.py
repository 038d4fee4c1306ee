"""Hypergraphs whose edges have one colour each, in canonical order.

Vertices are 0..n-1, colours 0..k-1.  The vertices of an edge are sorted and distinct, edges are
sorted by their vertices and then by colour, and an edge listed again (same vertices, same
colour) is one edge with the sum of the weights, so that equal hypergraphs have equal arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.problems.graph import INT64_MAX, as_weights, largest

MOST_COLOURS = 2**20


@dataclass(frozen=True, eq=False)
class ColouredHypergraph:
    """Edge e has the vertices `vertices[indptr[e]:indptr[e + 1]]`; build it with `of`.

    - `n`, `n_colours`: numbers of vertices and of colours.
    - `indptr` int64 (m + 1,), `vertices` int64 (s,), `colour` int64 (m,).
    - `weights` int64 or float64 (m,), 0 or more.
    """

    n: int
    n_colours: int
    indptr: np.ndarray
    vertices: np.ndarray
    colour: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(
        cls,
        n: int,
        n_colours: int,
        edges: Sequence[Sequence[int]],
        colours: Sequence[int],
        weights: Any | None = None,
    ) -> tuple[ColouredHypergraph, tuple[str, ...]]:
        """The hypergraph of edges in any order, and warnings of what was merged or dropped.

        Edges without a vertex break nothing and are dropped; a vertex that an edge lists twice
        counts once.  Raises `InvalidInstance` for ids or colours out of range and for weights
        that are negative or not finite.
        """
        drawn = np.ones(len(edges), np.int64)
        if weights is not None:
            drawn = as_weights(weights, "weights", len(edges))
        _check(n, n_colours, edges, colours, drawn)
        warnings = []
        found: dict[tuple[tuple[int, ...], int], list[int]] = {}
        empty = repeated = 0
        for e, (edge, colour) in enumerate(zip(edges, colours, strict=True)):
            distinct = tuple(sorted(set(edge)))
            repeated += len(edge) - len(distinct)
            if distinct:
                found.setdefault((distinct, int(colour)), []).append(e)
            else:
                empty += 1
        if empty:
            warnings.append(f"hyperedges without a vertex dropped: {empty}")
        if repeated:
            warnings.append(f"vertices listed twice in a hyperedge: {repeated}")
        merged = len(edges) - empty - len(found)
        if merged:
            warnings.append(f"hyperedges listed again, their weights summed: {merged}")
        keys = sorted(found)
        sums = [sum(drawn[found[key]].tolist()) for key in keys]
        lengths = [len(edge) for edge, _ in keys]
        instance = cls(
            n,
            n_colours,
            np.append(0, np.cumsum(lengths)).astype(np.int64),
            np.array([v for edge, _ in keys for v in edge], np.int64),
            np.array([colour for _, colour in keys], np.int64),
            as_weights(sums, "summed weights", len(keys)),
        )
        return instance, tuple(warnings)

    @property
    def m(self) -> int:
        """Number of edges."""
        return int(self.colour.size)

    @property
    def sizes(self) -> np.ndarray:
        """Vertices of each edge, int64 (m,)."""
        return np.diff(self.indptr)

    @cached_property
    def edge_of(self) -> np.ndarray:
        """The edge of each entry of `vertices`, int64 (s,)."""
        return np.repeat(np.arange(self.m), self.sizes)

    @cached_property
    def by_vertex(self) -> tuple[np.ndarray, np.ndarray]:
        """(indptr int64 (n + 1,), entries int64 (s,)): the entries of `vertices` of a vertex."""
        order = np.argsort(self.vertices, kind="stable")
        indptr = np.zeros(self.n + 1, np.int64)
        np.cumsum(np.bincount(self.vertices, minlength=self.n), out=indptr[1:])
        return indptr, order

    def digest(self, label: str) -> str:
        """`sha256:...` under `label`; equal hypergraphs have equal digests."""
        head = f"solverhub hypergraph 1 {label} {self.n} {self.n_colours} {self.m}\n"
        found = hashlib.sha256(head.encode())
        for values in (self.indptr, self.vertices, self.colour, self.weights):
            found.update(f"{values.dtype.kind}\n".encode())
            found.update(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes())
        return f"sha256:{found.hexdigest()}"


def _check(
    n: int,
    n_colours: int,
    edges: Sequence[Sequence[int]],
    colours: Sequence[int],
    weights: np.ndarray,
) -> None:
    if len(colours) != len(edges):
        raise InvalidInstance(f"{len(edges)} hyperedges have {len(colours)} colours")
    if n_colours > MOST_COLOURS:
        raise InvalidInstance(f"{n_colours} colours are too many", remedy=f"at most {MOST_COLOURS}")
    for e, (edge, colour) in enumerate(zip(edges, colours, strict=True)):
        if edge and not 0 <= colour < n_colours:
            raise InvalidInstance(f"hyperedge {e} has the colour {colour}")
        if edge and (min(edge) < 0 or max(edge) >= n):
            raise InvalidInstance(
                f"hyperedge {e} leaves the vertices 0..{n - 1}", remedy="ids count from 0"
            )
    if weights.size and weights.min() < 0:
        at = int(np.argmin(weights))
        raise InvalidInstance(
            f"hyperedge {at} has the negative weight {weights[at].item()}",
            remedy="give weights of 0 or more",
        )
    if weights.dtype.kind == "i" and weights.size * largest(weights) > INT64_MAX:
        raise InvalidInstance("the weights may sum beyond 2^63", remedy="scale them down")
