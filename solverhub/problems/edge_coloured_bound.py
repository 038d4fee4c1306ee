"""Lower bounds on edge-coloured clustering, from shares of each edge's weight at its vertices.

Let edge e put the share s_ve >= 0 of its weight at each of its vertices v and keep what is left
over, l_e = max(0, w_e - sum of its shares).  An edge that is wholly of its colour has all its
shares at vertices that carry its colour, so that for every colouring the satisfied weight is
at most

    sum over v of  max over colours c of  sum of s_ve over e of colour c at v   +   sum of l_e.

Shares are the multipliers of the rows z_e <= y_vc of the linear relaxation

    max sum w_e z_e,   z_e <= y_vc for v in e, c the colour of e,   sum over c of y_vc <= 1,

whose value is the best that any shares prove (Amburg, Veldt and Benson 2020, arXiv:1910.09943,
state it by distances x = 1 - y).  Shares are rounded down to multiples of 2^-20 first, after
which integer weights leave no rounding in the sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.graph import exact_sum, largest

_GRID = 2**20
_EXACT = 2**40


def share_bound(instance: ColouredHypergraph, evidence: Mapping[str, Any]) -> Number | None:
    """The bound of `{"shares": float64 (s,)}`, one an entry of `vertices`; None if malformed."""
    try:
        given = np.asarray(evidence["shares"], np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    if given.shape != instance.vertices.shape or not bool((given >= 0).all()):
        return None
    if given.size == 0:
        return 0
    if float(given.sum()) > _EXACT:
        return None
    shares = np.floor(given * _GRID).astype(np.int64)
    paid = np.add.reduceat(shares, instance.indptr[:-1])
    most = int(_most(instance, shares).sum())
    weights = instance.weights
    if weights.dtype.kind == "i":
        if largest(weights) > _EXACT:
            return None
        left = np.maximum(0, weights * _GRID - paid)
        lost = Fraction(most + int(exact_sum(left)), _GRID)
        return max(0, math.ceil(int(exact_sum(weights)) - lost))
    left = np.maximum(0.0, weights - paid / _GRID)
    total = math.fsum(weights)
    bound = total - most / _GRID - math.fsum(left)
    return max(0.0, bound - 2.0**-48 * (total + most / _GRID))


def _most(instance: ColouredHypergraph, shares: np.ndarray) -> np.ndarray:
    """The largest share of one colour at each vertex that has any."""
    k = instance.n_colours
    key = instance.vertices * k + instance.colour[instance.edge_of]
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    loads = np.add.reduceat(shares[order], starts)
    vertex = key[starts] // k
    firsts = np.flatnonzero(np.append(True, vertex[1:] != vertex[:-1]))
    most: np.ndarray = np.maximum.reduceat(loads, firsts)
    return most
