"""Lower bounds on correlation clustering, recomputed from multipliers of valid inequalities.

With x_e = 1 for a pair in two clusters, the disagreements are sum_{w_e < 0} |w_e| +
sum_e w_e x_e.  Two kinds of inequality hold for every clustering:

- cycles (v_0, ..., v_k): x(v_0 v_k) <= sum_i x(v_i v_{i+1}), for who is apart is apart
  somewhere along any path;
- stars, two disjoint sets S (the centres) and T (the leaves) of vertices, with the pairs
  within each on one side (the 2-partition inequalities of Groetschel and Wakabayashi 1990,
  doi:10.1007/BF01580870): x(S) + x(T) - x(S:T) <= k (k - 1) / 2 for k = ||S| - |T||.  A
  cluster with a centres and b leaves joins ab - a(a - 1)/2 - b(b - 1)/2 = (a + b - (a - b)^2)/2
  <= min(a, b) more pairs across than within, so all of them together min(|S|, |T|).

Written A x <= b, they give for multipliers z >= 0

    sum_{w_e < 0} |w_e| + sum_e min(0, w_e + (A'z)_e) - b'z  <=  optimum.

Any z proves its own bound, so multipliers are rounded down to multiples of 2^-20 first,
after which integer weights leave no rounding in the sum.

The inequalities may also speak of *groups* of vertices: the mean over all choices of one
vertex a group is the same inequality in the mean X_AB of x over the pairs between groups A
and B.  Where all pairs between A and B weigh the same, w X_AB |A| |B| is what they cost, so
the bound above holds with one pair AB of weight w |A| |B| in their place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.graph import exact_sum, largest
from solverhub.problems.signed_graph import SignedGraph

MOST_IN_STAR = 257
"""Vertices of a star beyond which the evidence is refused: its pairs are written out."""

_GRID = 2**20
_EXACT = 2**40


class _Loads(NamedTuple):
    """Ends of pairs, what the multipliers add to each, and b'z; in units of the grid."""

    u: np.ndarray
    v: np.ndarray
    load: np.ndarray
    right: int


def cycle_packing(instance: SignedGraph, evidence: Mapping[str, Any]) -> Number | None:
    """What the evidence proves, or None where its form is wrong.

    - Cycle c has the vertices `cycles[indptr[c]:indptr[c + 1]]`, at least 3 of them, adjacent
      ones distinct; its first and last are the pair that closes it.  Multipliers: `duals`.
    - Star c, if there are some: `stars[star_indptr[c]:star_indptr[c + 1]]`, at least 3 vertices
      and `MOST_IN_STAR` at most, all distinct, of which the first `star_centres[c]`, one unless
      given, are the centres and the others, at least one, the leaves.  Multipliers: `star_duals`.
    - `groups`, if given: int64 (n,), the group 0, 1, ... of each vertex; cycles and stars are
      then of groups.
    """
    groups = _groups(instance.n, evidence)
    if groups is None:
        return None
    k = int(groups.max(initial=-1)) + 1
    cycles = _rows(k, evidence, ("cycles", "indptr", "duals"))
    stars = _rows(k, evidence, ("stars", "star_indptr", "star_duals"), MOST_IN_STAR)
    if cycles is None or stars is None:
        return None
    centres = _centres(np.diff(stars[1]), evidence.get("star_centres"))
    if centres is None:
        return None
    path, star = _of_cycles(*cycles), _of_stars(*stars, centres)
    u, v = np.append(path.u, star.u), np.append(path.v, star.v)
    if (u == v).any():
        return None
    key = np.minimum(u, v) * k + np.maximum(u, v)
    pairs, at = np.unique(key, return_inverse=True)
    total = np.zeros(pairs.size, np.int64)
    np.add.at(total, at.reshape(-1), np.append(path.load, star.load))
    weights = _weights(instance, groups, k, pairs)
    return None if weights is None else _value(instance, weights, total, star.right)


def _of_cycles(cycles: np.ndarray, indptr: np.ndarray, duals: np.ndarray) -> _Loads:
    """The closing pair gains the multiplier, those of the path lose it."""
    inner = np.ones(cycles.size, np.bool_)
    inner[indptr[:-1]] = False
    u = np.concatenate([cycles[indptr[:-1]], cycles[:-1][inner[1:]]])
    v = np.concatenate([cycles[indptr[1:] - 1], cycles[inner]])
    return _Loads(u, v, np.append(duals, -np.repeat(duals, np.diff(indptr) - 1)), 0)


def _of_stars(
    stars: np.ndarray, indptr: np.ndarray, duals: np.ndarray, centres: np.ndarray
) -> _Loads:
    """Pairs within the centres or the leaves gain the multiplier, those across lose it."""
    sizes = np.diff(indptr)
    nth = np.arange(stars.size) - np.repeat(indptr[:-1], sizes)
    leaf = nth >= np.repeat(centres, sizes)
    at = np.repeat(np.arange(stars.size), nth)
    other = at - 1 - (np.arange(at.size) - np.repeat(np.cumsum(nth) - nth, nth))
    sign = np.where(leaf[at] == leaf[other], 1, -1)
    z = np.repeat(np.repeat(duals, sizes), nth)
    more = np.abs(sizes - 2 * centres)
    right = more * (more - 1) // 2
    return _Loads(stars[other], stars[at], sign * z, int(exact_sum(right * duals)))


def _value(
    instance: SignedGraph, weights: np.ndarray, load: np.ndarray, right: int
) -> Number | None:
    """|w| where w < 0, plus min(0, w + load), less b'z: pairs without a load add nothing."""
    if weights.dtype.kind == "i":
        if largest(weights) > _EXACT // 2**8:
            return None
        gains = np.minimum(0, weights * _GRID + load) - np.minimum(0, weights * _GRID)
        bound = Fraction(int(exact_sum(gains)) - right, _GRID)
        return max(0, math.ceil(bound) if instance.weights.dtype.kind == "i" else float(bound))
    scaled = load / _GRID
    gains = np.minimum(0.0, weights + scaled) - np.minimum(0.0, weights)
    size = float(np.abs(weights).sum() + np.abs(scaled).sum()) + right / _GRID
    return max(0.0, float(exact_sum(gains)) - right / _GRID - 2.0**-50 * size)


def _groups(n: int, evidence: Mapping[str, Any]) -> np.ndarray | None:
    """int64 (n,), each group 0, 1, ... in use; None unless well-formed."""
    if evidence.get("groups") is None:
        return np.arange(n)
    groups = np.asarray(evidence["groups"])
    if groups.dtype.kind != "i" or groups.shape != (n,) or (groups < 0).any():
        return None
    if int(groups.max(initial=-1)) >= n or (np.bincount(groups) == 0).any():
        return None
    return groups.astype(np.int64)


def _weights(
    instance: SignedGraph, groups: np.ndarray, k: int, pairs: np.ndarray
) -> np.ndarray | None:
    """Weight of all pairs between two groups, (k,); None where these are not all alike."""
    first, second = np.divmod(pairs, max(1, k))
    if k == instance.n:
        place = np.empty(k, np.int64)
        place[groups] = np.arange(k)
        return instance.weights_of(place[first], place[second])
    u, v = groups[instance.graph.edge_index]
    key = np.minimum(u, v) * k + np.maximum(u, v)
    order = np.argsort(key, kind="stable")
    keys, begins, listed = np.unique(key[order], return_index=True, return_counts=True)
    place = np.searchsorted(keys, pairs)
    there = place < keys.size
    there[there] = keys[place[there]] == pairs[there]
    sizes = np.bincount(groups, minlength=k)
    area = sizes[first] * sizes[second]
    weights = np.full(pairs.size, -1 if instance.complete else 0, instance.weights.dtype)
    if there.any():
        found, sorted_weights = place[there], instance.weights[order]
        low = np.minimum.reduceat(sorted_weights, begins)[found]
        high = np.maximum.reduceat(sorted_weights, begins)[found]
        if (low != high).any() or (listed[found] != area[there]).any():
            return None
        weights[there] = low
    product: np.ndarray = weights * area
    return product


def _rows(
    k: int, evidence: Mapping[str, Any], names: tuple[str, str, str], most: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Vertices, indptr and multipliers, in units of the grid; None unless well-formed.

    With `most`, the rows may be missing and have distinct vertices, so many at most.
    """
    if most is not None and all(evidence.get(name) is None for name in names):
        return np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64)
    try:
        vertices, indptr = (np.asarray(evidence[name]) for name in names[:2])
        duals = np.asarray(evidence[names[2]], np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    whole = vertices.dtype.kind == indptr.dtype.kind == "i"
    if not whole or vertices.ndim != 1 or indptr.shape != (duals.size + 1,) or duals.ndim != 1:
        return None
    sizes = np.diff(indptr)
    if indptr[0] != 0 or indptr[-1] != vertices.size or (sizes < 3).any():
        return None
    if vertices.size and (vertices.min() < 0 or vertices.max() >= k):
        return None
    if most is not None and not _distinct(k, vertices, sizes, most):
        return None
    if not bool((duals >= 0).all()) or float((duals * sizes).sum() * (most or 1)) > _EXACT:
        return None
    return (
        vertices.astype(np.int64),
        indptr.astype(np.int64),
        np.floor(duals * _GRID).astype(np.int64),
    )


def _centres(sizes: np.ndarray, given: Any) -> np.ndarray | None:
    """int64 (c,), centres of stars of these sizes; None unless each has centres and leaves."""
    if given is None:
        return np.ones(sizes.size, np.int64)
    centres = np.asarray(given)
    if centres.dtype.kind != "i" or centres.shape != sizes.shape:
        return None
    if (centres < 1).any() or (centres >= sizes).any():
        return None
    return centres.astype(np.int64)


def _distinct(k: int, vertices: np.ndarray, sizes: np.ndarray, most: int) -> bool:
    if (sizes > most).any():
        return False
    keys = np.sort(np.repeat(np.arange(sizes.size), sizes) * max(1, k) + vertices)
    return not bool((keys[1:] == keys[:-1]).any())
