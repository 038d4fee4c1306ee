"""Bounds of the subset families, recomputed from combinatorial evidence.

Each function returns the bound that the evidence proves, or None where the evidence is
malformed or does not hold.  Weights may be negative: a maximum never falls below the
empty set, and a minimum is split as sum of the negative weights + bound with the others.
Fractional packings are scaled down by their largest overload, so that rounding in the
evidence costs tightness and not truth; with integer weights the result is rounded to an
integer, keeping 1e-9 relative for the rounding of the sum itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.graph import Graph, exact_sum

_SUM_SLACK = 1e-9


def clique_cover(graph: Graph, labels: Any) -> Number | None:
    """Upper bound on an independent set: one vertex of each clique."""
    groups = _labels(graph, labels)
    if groups is None:
        return None
    u, v = graph.edge_index
    sizes = np.bincount(groups)
    inside = np.bincount(groups[u[groups[u] == groups[v]]], minlength=sizes.size)
    if not np.array_equal(inside, sizes * (sizes - 1) // 2):
        return None
    return _heaviest_of_each(graph, groups)


def colouring(graph: Graph, labels: Any) -> Number | None:
    """Upper bound on a clique: one vertex of each colour."""
    groups = _labels(graph, labels)
    if groups is None:
        return None
    u, v = graph.edge_index
    return None if (groups[u] == groups[v]).any() else _heaviest_of_each(graph, groups)


def matching(graph: Graph, edges: Any) -> Number | None:
    """Lower bound on a vertex cover: the lighter end of each matched edge."""
    chosen = _indices(edges, graph.n_edges)
    if chosen is None:
        return None
    ends = graph.edge_index[:, chosen]
    if np.unique(ends).size != ends.size:
        return None
    base, weights = _split(graph)
    return base + exact_sum(weights[ends].min(axis=0, initial=_most(weights)))


def edge_packing(graph: Graph, values: Any) -> Number | None:
    """Lower bound on a vertex cover: a feasible dual of its linear relaxation."""
    packed = _nonnegative(values, graph.n_edges)
    if packed is None:
        return None
    u, v = graph.edge_index
    load = np.bincount(u, packed, graph.n) + np.bincount(v, packed, graph.n)
    return _scaled(graph, packed, load)


def packing(graph: Graph, vertices: Any) -> Number | None:
    """Lower bound on a dominating set: the lightest dominator of each packed vertex."""
    chosen = _indices(vertices, graph.n)
    if chosen is None:
        return None
    inside = np.zeros(graph.n, np.int64)
    inside[chosen] = 1
    u, v = graph.edge_index
    reached = inside + np.bincount(u, inside[v], graph.n) + np.bincount(v, inside[u], graph.n)
    if (reached > 1).any():
        return None
    base, weights = _split(graph)
    lightest = weights.copy()
    np.minimum.at(lightest, u, weights[v])
    np.minimum.at(lightest, v, weights[u])
    return base + exact_sum(lightest[chosen])


def fractional_packing(graph: Graph, values: Any) -> Number | None:
    """Lower bound on a dominating set: a feasible dual of its linear relaxation."""
    packed = _nonnegative(values, graph.n)
    if packed is None:
        return None
    u, v = graph.edge_index
    load = packed + np.bincount(u, packed[v], graph.n) + np.bincount(v, packed[u], graph.n)
    return _scaled(graph, packed, load)


def _labels(graph: Graph, labels: Any) -> np.ndarray | None:
    found = _array(labels, "i")
    if found is None or found.shape != (graph.n,):
        return None
    return np.unique(found, return_inverse=True)[1].reshape(-1)


def _indices(values: Any, below: int) -> np.ndarray | None:
    found = _array(values, "i")
    if found is None or found.ndim != 1 or np.unique(found).size != found.size:
        return None
    if found.size and (found.min() < 0 or found.max() >= below):
        return None
    return found


def _nonnegative(values: Any, size: int) -> np.ndarray | None:
    found = _array(values, "f")
    if found is None or found.shape != (size,):
        return None
    return found if bool(np.isfinite(found).all() and (found >= 0).all()) else None


def _array(values: Any, kind: str) -> np.ndarray | None:
    """A list or array of plain numbers as int64 ("i") or float64 ("f")."""
    if not isinstance(values, list | tuple | np.ndarray):
        return None
    try:
        found = np.asarray(values)
    except (ValueError, TypeError, OverflowError):
        return None
    if found.size == 0:
        found = found.astype(np.int64)
    if found.dtype.kind not in ("iu" if kind == "i" else "iuf"):
        return None
    return found.astype(np.int64 if kind == "i" else np.float64)


def _heaviest_of_each(graph: Graph, groups: np.ndarray) -> Number:
    heaviest = np.zeros(int(groups.max(initial=-1)) + 1, graph.vertex_weights.dtype)
    np.maximum.at(heaviest, groups, graph.vertex_weights)
    return exact_sum(heaviest)


def _split(graph: Graph) -> tuple[Number, np.ndarray]:
    """Sum of the negative weights, and the weights with those at 0."""
    weights = graph.vertex_weights
    return exact_sum(np.minimum(weights, 0)), np.maximum(weights, 0)


def _most(weights: np.ndarray) -> Any:
    return weights.max(initial=0)


def _scaled(graph: Graph, packed: np.ndarray, load: np.ndarray) -> Number | None:
    base, weights = _split(graph)
    if (load[weights == 0] > 0).any():
        return None
    loaded = load > 0
    overload = float(np.max(load[loaded] / weights[loaded], initial=1.0))
    if not math.isfinite(overload):
        return None
    value = math.fsum(packed) / overload
    value -= _SUM_SLACK * value
    if graph.weights is None or graph.weights.dtype.kind == "i":
        return base + math.ceil(value - _SUM_SLACK * max(1.0, value))
    return base + value
