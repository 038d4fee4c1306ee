"""Lower bounds on min-max correlation clustering, by refuting every clustering within a limit D.

Write p+ and p- for the positive and the negative part of w_ux, q+ and q- for those of w_vx.
Whatever the clustering, two vertices u, v pay together at least

    joined:    2 w_uv-  +  sum over x of min(p+, q-) + min(p-, q+)     (x lies with both or neither)
    separated: 2 w_uv+  +  sum over x of min(p+, q+)                  (x lies with one at most)

so that neither may be done where its sum exceeds 2D.  Here that is only the first of the
rules.  Pairs once decided cost their ends what they cost, imply others by transitivity, and in
the sums above x that is decided for one of u, v is decided for the other: it costs that one
vertex its whole weight, which must fit into what D leaves to it alone.  Rules run until nothing
changes; a pair that may neither be joined nor separated refutes D, and so does a case split
all of whose leaves are refuted, given as the pairs to split on in depth-first order.

The pairwise sums, with a bound of half the lesser one, are the idea of Heidrich, Irmai and
Andres (AISTATS 2024); rules, their repetition and splits are this code's own.  On facebook's ego
networks they raise the bound from 16 to 23 and from 8 to 14.

Weights are taken as integers, rounded towards zero to multiples of a power of two where they
are fractional or huge: that lowers every cost, so that what is refuted stays refuted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.min_max_kernels import outside, replay
from solverhub.problems.signed_graph import SignedGraph

MOST_VERTICES = 1500
"""Vertices of a refutation: its matrices take 25 bytes a pair."""

_LARGEST = 2**50
"""No vertex's weights add up to more, so that sums of four vertices fit int64."""

MOST_WORK = 2**28
"""Splits times pairs of vertices that a refutation may take to follow: some 20 s."""


@dataclass(frozen=True, eq=False)
class Core:
    """Some vertices with all that the rules need of the others; build it with `Core.of`.

    - `vertices` int64 (k,), sorted; `weights` int64 (k, k) of their pairs, scaled by 2^`shift`.
    - `split`, `clash` int64 (k, k): what u and v pay together to vertices outside if they are
      separated, and if they are joined.
    """

    vertices: np.ndarray
    weights: np.ndarray
    split: np.ndarray
    clash: np.ndarray
    shift: int

    @classmethod
    def of(cls, instance: SignedGraph, vertices: np.ndarray) -> Core:
        """The core of some distinct vertices, at most `MOST_VERTICES`."""
        vertices = np.sort(vertices)
        k, n = vertices.size, instance.n
        weights, shift = scaled(instance)
        place = np.full(n, -1, np.int64)
        place[vertices] = np.arange(k)
        u, v = place[instance.graph.edge_index]
        inside = (u >= 0) & (v >= 0)
        matrix = np.full((k, k), -1 if instance.complete else 0, np.int64)
        matrix[u[inside], v[inside]] = matrix[v[inside], u[inside]] = weights[inside]
        np.fill_diagonal(matrix, 0)
        graph = instance.graph
        split, clash = outside(
            vertices, place, graph.indptr, graph.indices, weights[graph.edge_ids], instance.complete
        )
        return cls(vertices, matrix, split, clash, shift)

    @property
    def k(self) -> int:
        """Number of vertices."""
        return int(self.vertices.size)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`weights`, `split`, `clash`, as the kernels take them."""
        return self.weights, self.split, self.clash

    def refutes(self, limit: int, pairs: np.ndarray) -> bool:
        """True if every clustering has a vertex of the core beyond `limit`, in scaled weights.

        `pairs` int64 (m, 2) are positions in `vertices` to split on.
        """
        return bool(replay(limit, *self.arrays, pairs))

    def value(self, limit: int) -> Number:
        """The least objective beyond `limit`: an int or a dyadic fraction."""
        exact = Fraction(limit + 1) * Fraction(2) ** -self.shift
        return int(exact) if exact.denominator == 1 else exact


def refuted_below(instance: SignedGraph, evidence: Mapping[str, Any]) -> Number | None:
    """The bound of `{"limit", "vertices", "pairs"}`, or None where they do not prove it."""
    form = _form(instance.n, evidence)
    if form is None:
        return None
    limit, vertices, pairs = form
    if (pairs.shape[0] + 1) * vertices.size**2 > MOST_WORK:
        return None
    core = Core.of(instance, vertices)
    if not core.refutes(limit, pairs):
        return None
    return core.value(limit)


def scaled(instance: SignedGraph) -> tuple[np.ndarray, int]:
    """Weights of the listed pairs times 2^shift, rounded towards zero, int64 (E,); the shift.

    It is 0 for integers whose sums are small, as they are.
    """
    weights = instance.weights
    graph = instance.graph
    if weights.size == 0:
        return np.zeros(0, np.int64), 0
    magnitude = np.abs(weights.astype(np.float64))
    sums = np.bincount(graph.edge_index.reshape(-1), np.tile(magnitude, 2), instance.n)
    room = math.floor(math.log2(_LARGEST / max(1.0, float(sums.max()))))
    if weights.dtype.kind == "i":
        shift = min(0, room)
        if shift == 0:
            return weights.astype(np.int64), 0
        whole = np.sign(weights) * (np.abs(weights) >> -shift)
        return whole.astype(np.int64), shift
    shift = math.floor(math.log2(_LARGEST / float(sums.max()))) if sums.max() > 0 else 0
    shift = max(-1000, min(1000, shift))
    return np.trunc(np.ldexp(weights, shift)).astype(np.int64), shift


def _form(n: int, evidence: Mapping[str, Any]) -> tuple[int, np.ndarray, np.ndarray] | None:
    """The three parts, pairs as positions among the sorted vertices; None unless well-formed."""
    try:
        limit, vertices = evidence["limit"], np.asarray(evidence["vertices"])
        pairs = np.asarray(evidence["pairs"])
    except (KeyError, TypeError, ValueError):
        return None
    if isinstance(limit, np.ndarray | np.generic):
        limit = limit.item()
    if not isinstance(limit, int) or not 0 <= limit <= 4 * _LARGEST:
        return None
    if vertices.ndim != 1 or vertices.dtype.kind != "i" or not 2 <= vertices.size <= MOST_VERTICES:
        return None
    if vertices.min() < 0 or vertices.max() >= n or np.unique(vertices).size != vertices.size:
        return None
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind != "i":
        return None
    ordered = np.sort(vertices).astype(np.int64)
    at = np.searchsorted(ordered, pairs)
    if pairs.size and (at.max() >= ordered.size or (ordered[at] != pairs).any()):
        return None
    return limit, ordered, at.astype(np.int64)
