"""Upper bounds on a maximum cut, recomputed from combinatorial evidence.

A cut meets every set of edges in which all degrees are even (a cycle, say) in an even number
of them.  So for such a set C and any odd number of its edges F, with y_e = 1 for cut edges,

    y(F) - y(C without F) <= |F| - 1

(Barahona and Mahjoub 1986, doi:10.1007/BF02592023).  Any multipliers m_C >= 0 then prove

    cut <= sum of m_C (|F| - 1) + sum over edges e of max(0, w_e - sum of m_C a_Ce),

a_Ce = 1 on F, -1 on the rest of C: no cut variable is below 0 or above 1.  The sum is rounded
outwards by an a-priori bound of its rounding errors.

Of few vertices all cuts are weighed.  With integer weights every cut is a multiple of
`cut_step`, and bounds are rounded down to one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.graph import INT64_MAX, Graph, exact_sum, largest

_ROUNDING = 2.0**-52
"""Twice the unit roundoff: leaves room for the errors of the error bound itself."""
MOST_LISTED = 16


def cut_step(graph: Graph) -> int | None:
    """A number that divides the weight of every cut, None for fractional weights; 0 if all are 0.

    A cut weighs the sum of the weighted degrees on one side less twice the edges within, so it
    is a multiple of gcd(weighted degrees, 2 w_1, 2 w_2, ...): even where all degrees are.
    """
    weights = graph.weights_of_edges
    if weights.dtype.kind == "f":
        return None
    common = int(np.gcd.reduce(weights)) if weights.size else 0
    if common == 0:
        return 0
    u, v = graph.edge_index
    odd = np.zeros(graph.n, np.bool_)
    parts = (weights // common) % 2 == 1
    np.logical_xor.at(odd, u[parts], True)
    np.logical_xor.at(odd, v[parts], True)
    return common if odd.any() else 2 * common


def whole_steps(graph: Graph, bound: Number) -> Number:
    """The largest value of a cut that a bound leaves: a multiple of `cut_step`."""
    step = cut_step(graph)
    if step is None:
        return bound
    return 0 if step == 0 else math.floor(bound) // step * step


def edge_total(graph: Graph) -> Number:
    """The sum of the positive weights."""
    return whole_steps(graph, exact_sum(np.maximum(graph.weights_of_edges, 0)))


def best_of_all(graph: Graph) -> Number | None:
    """The largest of all cuts, of fractional weights rounded up; None above 16 vertices."""
    weights = graph.weights_of_edges
    integer = weights.dtype.kind == "i"
    if graph.n > MOST_LISTED or (integer and graph.n_edges * largest(weights) > INT64_MAX):
        return None
    sides = np.arange(1 << max(0, graph.n - 1))  # the last vertex is on side 0
    total = np.zeros(sides.size, weights.dtype)
    for u, v, weight in zip(*graph.edge_index, weights, strict=True):
        total += ((sides >> u ^ sides >> v) & 1) * weight
    best: Number = total.max().item()
    if integer:
        return best
    above = best + (graph.n_edges + 4) * math.fsum(np.abs(weights)) * _ROUNDING
    return above if math.isfinite(above) else None


def odd_cycles(graph: Graph, evidence: Any) -> Number | None:
    """The bound of `{"indptr", "edges", "odd", "multiplier"}`, None where it proves none.

    Set i has the distinct edges `edges[indptr[i]:indptr[i + 1]]`, of which F are those where
    the Boolean `odd` is true, and `multiplier[i]`.
    """
    if not isinstance(evidence, Mapping):
        return None
    read = _read(graph, evidence)
    if read is None:
        return None
    indptr, edges, odd, multiplier = read
    owner = np.repeat(np.arange(multiplier.size), np.diff(indptr))
    if not _even_everywhere(graph, owner, edges):
        return None
    in_odd = np.bincount(owner[odd], minlength=multiplier.size)
    if (in_odd % 2 == 0).any():
        return None
    weights = graph.weights_of_edges.astype(np.float64)
    each = multiplier[owner]
    used = np.bincount(edges, np.where(odd, each, -each), graph.n_edges)
    size = np.abs(weights) + np.bincount(edges, each, graph.n_edges)
    terms = np.bincount(edges, minlength=graph.n_edges) + 4
    left = np.maximum(weights - used + terms * size * _ROUNDING, 0.0)
    total = math.fsum(left) + math.fsum(multiplier * (in_odd - 1.0) * (1 + 4 * _ROUNDING))
    total += abs(total) * 4 * _ROUNDING
    return whole_steps(graph, total) if math.isfinite(total) else None


def _read(
    graph: Graph, evidence: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    indptr, edges, odd, multiplier = (
        np.asarray(evidence[name]) for name in ("indptr", "edges", "odd", "multiplier")
    )
    if multiplier.size == 0 or any(
        array.ndim != 1 or array.dtype.kind not in kinds
        for array, kinds in ((indptr, "iu"), (edges, "iu"), (odd, "b"), (multiplier, "iuf"))
    ):
        return None
    multiplier = multiplier.astype(np.float64)
    fits = (
        indptr.size == multiplier.size + 1
        and indptr[0] == 0
        and indptr[-1] == edges.size == odd.size
        and (np.diff(indptr.astype(np.int64)) > 0).all()
        and int(edges.min()) >= 0
        and int(edges.max()) < graph.n_edges
        and np.isfinite(multiplier).all()
        and (multiplier >= 0).all()
    )
    return (indptr.astype(np.int64), edges.astype(np.int64), odd, multiplier) if fits else None


def _even_everywhere(graph: Graph, owner: np.ndarray, edges: np.ndarray) -> bool:
    """True if each set has distinct edges and meets every vertex an even number of times."""
    keys = np.sort(owner * graph.n_edges + edges)
    if (keys[1:] == keys[:-1]).any():
        return False
    ends = np.concatenate([owner * graph.n + end[edges] for end in graph.edge_index])
    return bool((np.unique(ends, return_counts=True)[1] % 2 == 0).all())
