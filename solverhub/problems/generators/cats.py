"""Bids of a combinatorial auction in the "arbitrary" distribution of CATS.

Leyton-Brown, Pearson and Shoham 2000, Towards a universal test suite for combinatorial
auction algorithms (doi 10.1145/352871.352879), section 4.3.  Items have a common value and,
for each bidder, a private deviation; items that go well together have a high mutual
compatibility, by which bundles grow item by item.  A bundle is worth the sum of its private
values plus its size to the power 1 + additivity.  A bidder also bids for substitutes: bundles
of the same size grown from each item of the first, which fit a budget and a resale value;
the best few of them and the first exclude each other.

Departure: the compatibilities of a bundle with further items are summed as it grows, in
float32, so that large auctions take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_VALUE, MOST_VALUE = 1.0, 100.0
DEVIATION = 0.5
GROWTH = 0.9
ADDITIVITY = 0.2
SUBSTITUTES = 5
BUDGET = 1.5
RESALE = 0.5


@dataclass(frozen=True, slots=True)
class Bid:
    """Distinct items int64 (k,), the price of the bundle, and its bidder (0, 1, ...)."""

    items: np.ndarray
    price: float
    bidder: int


@dataclass(frozen=True, slots=True)
class _Market:
    """Common values (n,) and compatibilities float32 (n, n), symmetric with zero diagonal."""

    values: np.ndarray
    compatible: np.ndarray


def arbitrary_bids(n_items: int, n_bids: int, rng: np.random.Generator) -> list[Bid]:
    """Exactly `n_bids` bids; prices are above 0 and rounded to cents."""
    values = rng.uniform(LEAST_VALUE, MOST_VALUE, n_items)
    compatible = np.triu(rng.random((n_items, n_items), dtype=np.float32), 1)
    market = _Market(values, compatible + compatible.T)
    bids: list[Bid] = []
    bidder = 0
    while len(bids) < n_bids:
        found = _bidder(market, rng)
        bids += [Bid(items, price, bidder) for items, price in found[: n_bids - len(bids)]]
        bidder += bool(found)
    return bids


def _bidder(market: _Market, rng: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """The bundles of one bidder with their prices, the first choice first."""
    interest = rng.random(market.values.size)
    private = market.values + MOST_VALUE * DEVIATION * (2 * interest - 1)
    size = int(rng.geometric(1 - GROWTH))
    start = int(rng.choice(market.values.size, p=interest / interest.sum()))
    first = _grow(market, interest, start, size, rng)
    price = _price(private, first)
    if price <= 0:
        return []
    chosen = {tuple(first): price}
    for items, value in _substitutes(market, interest, private, first, price, rng):
        if len(chosen) > SUBSTITUTES:
            break
        chosen.setdefault(tuple(items), value)
    return [(np.array(items), value) for items, value in chosen.items()]


def _substitutes(
    market: _Market,
    interest: np.ndarray,
    private: np.ndarray,
    first: np.ndarray,
    price: float,
    rng: np.random.Generator,
) -> list[tuple[np.ndarray, float]]:
    """Bundles of the same size from each item of the first, within budget, dearest first."""
    least = RESALE * market.values[first].sum()
    found = []
    for start in first.tolist():
        items = _grow(market, interest, start, first.size, rng)
        value = _price(private, items)
        if 0 < value <= BUDGET * price and market.values[items].sum() >= least:
            found.append((items, value))
    return sorted(found, key=lambda bid: -bid[1])


def _grow(
    market: _Market, interest: np.ndarray, start: int, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Sorted items of a bundle: each next one by compatibility with the bundle times interest."""
    items = [start]
    weights = market.compatible[start] * interest
    taken = np.zeros(interest.size, dtype=bool)
    taken[start] = True
    while len(items) < min(size, interest.size):
        total = np.cumsum(np.where(taken, 0.0, weights))
        if total[-1] <= 0:
            break
        item = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
        items.append(item)
        taken[item] = True
        weights = weights + market.compatible[item] * interest
    return np.sort(np.array(items))


def _price(private: np.ndarray, items: np.ndarray) -> float:
    return round(float(private[items].sum() + items.size ** (1 + ADDITIVITY)), 2)
