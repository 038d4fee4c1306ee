"""Lower bounds on correlation clustering, recomputed from multipliers of cycle inequalities.

With x_e = 1 for a pair in two clusters, the disagreements are sum_{w_e < 0} |w_e| +
sum_e w_e x_e, and every cycle (v_0, ..., v_k) gives x(v_0 v_k) <= sum_i x(v_i v_{i+1}): who
is apart is apart somewhere along any path.  So for multipliers z >= 0

    sum_{w_e < 0} |w_e| + sum_e min(0, w_e + (A'z)_e)  <=  optimum,

where (A'z)_e adds z of the cycles closed by e and subtracts z of those whose path uses e.
Any z proves its own bound, so multipliers are rounded down to multiples of 2^-20 first,
after which integer weights leave no rounding in the sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.graph import exact_sum, largest
from solverhub.problems.signed_graph import SignedGraph

_GRID = 2**20
_EXACT = 2**40


def cycle_packing(instance: SignedGraph, evidence: Mapping[str, Any]) -> Number | None:
    """The bound of `{"cycles", "indptr", "duals"}`, or None where the form is wrong.

    Cycle c has the vertices `cycles[indptr[c]:indptr[c + 1]]`, at least 3 of them, adjacent
    ones distinct; its first and last are the pair that closes it.
    """
    form = _form(instance.n, evidence)
    if form is None:
        return None
    cycles, indptr, duals = form
    if duals.size == 0:
        return 0
    starts, ends = indptr[:-1], indptr[1:]
    first = np.ones(cycles.size, np.bool_)
    first[starts] = False
    u = np.concatenate([cycles[starts], cycles[:-1][first[1:]]])
    v = np.concatenate([cycles[ends - 1], cycles[1:][first[1:]]])
    if (u == v).any():
        return None
    lengths = ends - starts - 1
    z = np.concatenate([duals, -np.repeat(duals, lengths)])
    key = np.minimum(u, v) * instance.n + np.maximum(u, v)
    pairs, group = np.unique(key, return_inverse=True)
    load = np.zeros(pairs.size, np.int64)
    np.add.at(load, group.reshape(-1), z)
    return _value(instance, instance.weights_of(*np.divmod(pairs, max(1, instance.n))), load)


def _value(instance: SignedGraph, weights: np.ndarray, load: np.ndarray) -> Number | None:
    """|w| where w < 0, plus min(0, w + load): pairs in no cycle add nothing."""
    if weights.dtype.kind == "i":
        if largest(weights) > _EXACT // 2**8 or largest(load) > 2**61:
            return None
        gains = np.minimum(0, weights * _GRID + load) - np.minimum(0, weights * _GRID)
        bound = Fraction(int(exact_sum(gains)), _GRID)
        return max(0, math.ceil(bound) if instance.weights.dtype.kind == "i" else float(bound))
    scaled = load / _GRID
    gains = np.minimum(0.0, weights + scaled) - np.minimum(0.0, weights)
    slack = 2.0**-50 * float(np.abs(weights).sum() + np.abs(scaled).sum())
    return max(0.0, float(exact_sum(gains)) - slack)


def _form(n: int, evidence: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The three arrays, the multipliers in units of the grid; None unless well-formed."""
    try:
        cycles = np.asarray(evidence["cycles"])
        indptr = np.asarray(evidence["indptr"])
        duals = np.asarray(evidence["duals"], np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    whole = cycles.dtype.kind == indptr.dtype.kind == "i"
    if not whole or cycles.ndim != 1 or indptr.shape != (duals.size + 1,) or duals.ndim != 1:
        return None
    if indptr[0] != 0 or indptr[-1] != cycles.size or (np.diff(indptr) < 3).any():
        return None
    if cycles.size and (cycles.min() < 0 or cycles.max() >= n):
        return None
    if not bool((duals >= 0).all()) or float(duals.sum()) > _EXACT:
        return None
    return (
        cycles.astype(np.int64),
        indptr.astype(np.int64),
        np.floor(duals * _GRID).astype(np.int64),
    )
