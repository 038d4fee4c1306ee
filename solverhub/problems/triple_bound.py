"""Lower bounds on cubic correlation clustering, recomputed from messages between pairs and triples.

With x_ij = 1 for a pair in one cluster, the three pairs of a triple are joined all, one or
not at all.  Let every triple t = ijk take m_tij of the cost of its pair ij, and so on.  Then

    sum over pairs p of min(0, c_p - sum over t of m_tp)
    + sum over t of min(0, m_tij, m_tik, m_tjk, m_tij + m_tik + m_tjk + c_t)  <=  optimum,

since a clustering pays at least the least of what each pair and each triple may pay by
itself.  Any messages prove their own bound, zero ones the sum of the negative costs; the best
ones give the relaxation in which every triple is convex (it implies the triangle
inequalities).  Messages are rounded to multiples of 2^-20 first, after which integer costs
leave no rounding in the sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.cubic_instance import CubicInstance, costs_at, keys
from solverhub.problems.graph import exact_sum, largest

GRID = 2**20
_EXACT = 2**40


def negative_total(instance: CubicInstance) -> Number:
    """The sum of the negative costs: the bound of no messages."""
    total = exact_sum(np.minimum(instance.costs(), 0))
    if instance.whole:
        return total
    return float(np.nextafter(total, -np.inf))


def triple_messages(instance: CubicInstance, evidence: Mapping[str, Any]) -> Number | None:
    """The bound of `{"triples", "messages"}`, or None where it proves none.

    `triples` int64 (3, k), ascending in each column, columns ascending; `messages` float64
    (3, k): what each takes of the costs of its pairs (0, 1), (0, 2) and (1, 2).
    """
    form = _form(instance.n, evidence)
    if form is None or largest_cost(instance) > _EXACT:
        return None
    triples, messages = form
    ends = np.concatenate([triples[[0, 1]], triples[[0, 2]], triples[[1, 2]]], axis=1)
    used, at = np.unique(keys(instance.n, ends), return_inverse=True)
    load = np.zeros(used.size, np.int64)
    np.add.at(load, at.reshape(-1), messages.reshape(-1))
    pair = costs_at(instance.pair_keys, instance.pair_costs, used)
    key = keys(instance.n, triples)
    triple = costs_at(instance.triple_keys, instance.triple_costs, key)
    idle = ~np.isin(instance.pair_keys, used), ~np.isin(instance.triple_keys, key)
    alone = np.concatenate([instance.pair_costs[idle[0]], instance.triple_costs[idle[1]]])
    if instance.whole:
        return _exact(pair, load, triple, messages, alone)
    return _rounded(pair, load / GRID, triple, messages / GRID, alone)


def largest_cost(instance: CubicInstance) -> float:
    """The largest absolute value of a cost."""
    return float(np.abs(instance.costs().astype(np.float64)).max(initial=0.0))


def _least(messages: np.ndarray, triple: np.ndarray) -> np.ndarray:
    """What each triple pays at least."""
    alone = np.minimum(messages.min(axis=0), 0)
    found: np.ndarray = np.minimum(alone, messages.sum(axis=0) + triple)
    return found


def _exact(
    pair: np.ndarray,
    load: np.ndarray,
    triple: np.ndarray,
    messages: np.ndarray,
    alone: np.ndarray,
) -> Number | None:
    if largest(load) > 2**61:
        return None
    total = exact_sum(np.minimum(pair * GRID - load, 0))
    total += exact_sum(_least(messages, triple * GRID))
    return math.ceil(Fraction(int(total), GRID) + int(exact_sum(np.minimum(alone, 0))))


def _rounded(
    pair: np.ndarray,
    load: np.ndarray,
    triple: np.ndarray,
    messages: np.ndarray,
    alone: np.ndarray,
) -> float:
    parts = [np.minimum(pair - load, 0.0), _least(messages, triple), np.minimum(alone, 0.0)]
    terms = sum(float(np.abs(part).sum()) for part in (pair, load, triple, messages, alone))
    return float(exact_sum(np.concatenate(parts))) - 2.0**-50 * terms


def _form(n: int, evidence: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """The two arrays, the messages in units of the grid; None unless well-formed."""
    try:
        triples = np.asarray(evidence["triples"])
        messages = np.asarray(evidence["messages"], np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    if triples.size == 0:
        triples = np.zeros((3, 0), np.int64)
        messages = messages.reshape(3, -1) if messages.size == 0 else messages
    if triples.dtype.kind != "i" or triples.ndim != 2 or triples.shape[0] != 3:
        return None
    if messages.shape != triples.shape or not np.isfinite(messages).all():
        return None
    triples = triples.astype(np.int64)
    if triples.size and (triples.min() < 0 or triples.max() >= n):
        return None
    ascending = (triples[:-1] < triples[1:]).all()
    if not ascending or (np.diff(keys(n, triples)) <= 0).any():
        return None
    if float(np.abs(messages).sum()) > _EXACT:
        return None
    return triples, np.rint(messages * GRID).astype(np.int64)
