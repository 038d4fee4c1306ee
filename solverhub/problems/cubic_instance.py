"""Costs on pairs and triples of vertices: the instances of cubic correlation clustering.

Pairs and triples stand in canonical order, so that equal instances have equal arrays; what
is not listed costs nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solverhub.core.errors import InputTooLarge, InvalidInstance
from solverhub.problems.graph import INT64_MAX, as_ids, as_weights, largest

MOST_VERTICES = 2**20
"""So that a triple of ids fits one integer."""


@dataclass(frozen=True, eq=False)
class CubicInstance:
    """Costs of pairs and triples; build it with `CubicInstance.of`.

    - `pairs`: int64 (2, P), `triples`: int64 (3, T), ascending in each column, columns
      ascending lexicographically and distinct.
    - `pair_costs` (P,), `triple_costs` (T,): both int64, or both float64; none is 0.
    """

    n: int
    pairs: np.ndarray
    pair_costs: np.ndarray
    triples: np.ndarray
    triple_costs: np.ndarray

    @classmethod
    def of(
        cls, n: int, pairs: Any, pair_costs: Any, triples: Any, triple_costs: Any
    ) -> CubicInstance:
        """The instance of items in any order, `pairs` (2, k) and `triples` (3, k).

        The costs of an item listed again, its ids in any order, are summed; items of cost 0
        are dropped.  Raises `InvalidInstance` for ids outside 0..n-1, an id twice in one item,
        and costs that are not finite or whose sums leave int64.
        """
        if n > MOST_VERTICES:
            raise InputTooLarge(f"n is {n}", remedy=f"at most {MOST_VERTICES} vertices are read")
        two = _merged(n, "pairs", pairs, pair_costs)
        three = _merged(n, "triples", triples, triple_costs)
        if {two[1].dtype.kind, three[1].dtype.kind} == {"i", "f"}:
            two, three = ((ids, costs.astype(np.float64)) for ids, costs in (two, three))
        return cls(n, *two, *three)

    @property
    def n_pairs(self) -> int:
        """Number of pairs with a cost."""
        return int(self.pair_costs.size)

    @property
    def n_triples(self) -> int:
        """Number of triples with a cost."""
        return int(self.triple_costs.size)

    @property
    def whole(self) -> bool:
        """True if all costs are integers."""
        return self.pair_costs.dtype.kind == "i"

    @cached_property
    def pair_keys(self) -> np.ndarray:
        """int64 (P,), ascending: `keys(n, pairs)`."""
        return keys(self.n, self.pairs)

    @cached_property
    def triple_keys(self) -> np.ndarray:
        """int64 (T,), ascending: `keys(n, triples)`."""
        return keys(self.n, self.triples)

    def costs(self) -> np.ndarray:
        """Those of the pairs and then those of the triples, (P + T,)."""
        return np.concatenate([self.pair_costs, self.triple_costs])

    def digest(self, label: str) -> str:
        """`sha256:...` of the instance under `label`; equal instances have equal digests."""
        head = f"solverhub cubic 1 {label} {self.n} {self.n_pairs} {self.n_triples}"
        found = hashlib.sha256(f"{head} {self.pair_costs.dtype.kind}\n".encode())
        for values in (self.pairs, self.pair_costs, self.triples, self.triple_costs):
            found.update(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).data)
        return f"sha256:{found.hexdigest()}"


def keys(n: int, ids: np.ndarray) -> np.ndarray:
    """One integer an item, int64 (k,), of ids (2, k) or (3, k): its ids as digits to base n."""
    found: np.ndarray = ids[0].copy()
    for more in ids[1:]:
        found = found * n + more
    return found


def costs_at(known: np.ndarray, costs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Cost of each wanted key, 0 where it is not among the ascending known ones."""
    if not known.size:
        return np.zeros(wanted.size, costs.dtype)
    at = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    found: np.ndarray = np.where(known[at] == wanted, costs[at], 0)
    return found


def _merged(n: int, what: str, ids: Any, costs: Any) -> tuple[np.ndarray, np.ndarray]:
    rows = np.stack([as_ids(row, what) for row in ids])
    weights = as_weights(costs, f"costs of {what}", rows.shape[1])
    _check_ids(n, what, rows)
    rows = np.sort(rows, axis=0)
    repeated = (rows[1:] == rows[:-1]).any(axis=0)
    if repeated.any():
        at = int(repeated.argmax())
        raise InvalidInstance(
            f"{what}[{at}] has the vertex {int(rows[1, at])} twice",
            remedy=f"give {rows.shape[0]} distinct vertices",
        )
    order, first = _order(keys(n, rows), weights)
    rows, weights = rows[:, order[first]], _sums(weights[order], first)
    kept = weights != 0
    return np.ascontiguousarray(rows[:, kept]), weights[kept]


def _check_ids(n: int, what: str, rows: np.ndarray) -> None:
    outside = ((rows < 0) | (rows >= n)).any(axis=0)
    if outside.any():
        at = int(outside.argmax())
        raise InvalidInstance(
            f"{what}[{at}] {tuple(rows[:, at].tolist())} leaves the vertices 0..{n - 1}",
            remedy="ids count from 0 and are below n",
        )


def _order(key: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By key, equal ones by weight, so that no order of the input shows; and where keys begin."""
    order = np.lexsort((weights, key))
    key = key[order]
    first = np.ones(key.size, np.bool_)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    return order, np.flatnonzero(first)


def _sums(weights: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sums of the runs that begin at `starts`; int64 where all are integers."""
    if starts.size == weights.size:
        return weights
    most = int(np.diff(np.append(starts, weights.size)).max())
    if weights.dtype.kind == "i" and most * largest(weights) > INT64_MAX:
        raise InvalidInstance("costs listed again may sum beyond 2^63", remedy="scale them down")
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(weights, starts)
    if not np.isfinite(sums).all():
        raise InvalidInstance("costs listed again sum to infinity", remedy="scale them down")
    return as_weights(sums, "costs", sums.size)
