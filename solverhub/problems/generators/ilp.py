"""The four classic families of integer programs on which large neighbourhood search is measured.

All columns are binary.  Sizes of the published sets (variables / rows, small and large):
vertex cover 1,000 / 65,100 and 2,000 / 135,100; independent set 6,000 / 24,000 and
12,000 / 48,000; auction 4,000 / 2,700 and 8,000 / 5,400; set cover 4,000 / 5,000 and
8,000 / 5,000.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.problems.generators.cats import Bid, arbitrary_bids
from solverhub.problems.generators.graph import ba, er
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram

MOST_ENTRIES = 2**26


def vertex_cover(n: int = 1000, m: int = 70, weights: int = 1, *, seed: int) -> IntegerProgram:
    """Cover the edges of a Barabasi-Albert graph: one row x_u + x_v >= 1 an edge.

    Each new vertex joins m others.  Costs are uniform integers 1..`weights`.
    """
    graph = ba(n, m, seed=seed)
    rows = _edge_rows(graph)
    return _binary(Sense.MINIMISE, _costs(n, weights, seed), rows, 1.0, np.inf)


def independent_set(
    n: int = 6000, degree: float = 8.0, weights: int = 1, *, seed: int
) -> IntegerProgram:
    """A largest set of vertices of an Erdos-Renyi graph without an edge: x_u + x_v <= 1 an edge.

    The mean degree is `degree` (4 n edges by default).  Gains are uniform integers 1..`weights`.
    """
    graph = er(n, degree=degree, seed=seed)
    rows = _edge_rows(graph)
    return _binary(Sense.MAXIMISE, _costs(n, weights, seed), rows, -np.inf, 1.0)


def auction(items: int = 2000, bids: int = 4000, *, seed: int) -> IntegerProgram:
    """Winner determination of a combinatorial auction, CATS "arbitrary": each item sold once.

    One column a bid with its price, one row an item that has a bid, and one a bidder with
    several bids, of which one may win.
    """
    _check(items >= 1, "items", items)
    _check(bids >= 1, "bids", bids)
    if items > 20_000 or bids > 1_000_000:
        raise InvalidParams(
            f"{items} items and {bids} bids are too many", remedy="give at most 20000 and 1000000"
        )
    drawn = arbitrary_bids(items, bids, np.random.default_rng(seed))
    return _auction(drawn, items)


def set_cover(
    columns: int = 4000, rows: int = 5000, density: float = 0.05, most: int = 100, *, seed: int
) -> IntegerProgram:
    """Random set cover: costs 1..`most`, entries of a share `density`, at random places.

    Every row has at least two columns and every column at least one row.  Balas and Ho 1980,
    Set covering algorithms using cutting planes, heuristics, and subgradient optimization
    (doi 10.1007/BFb0120886).
    """
    _check(columns >= 2, "columns", columns, 2)
    _check(rows >= 1, "rows", rows)
    _check(most >= 1, "most", most)
    if not 0 < density <= 1:
        raise InvalidParams(f"density is {density}", remedy="give a share above 0, at most 1")
    if columns * rows * density > MOST_ENTRIES:
        raise InvalidParams("too many entries", remedy=f"give sizes of at most {MOST_ENTRIES}")
    rng = np.random.default_rng(seed)
    count = max(2 * rows, columns, round(columns * rows * density))
    row = np.concatenate([np.repeat(np.arange(rows), 2), rng.integers(rows, size=columns)])
    column = np.concatenate([_pairs(columns, rows, rng), np.arange(columns)])
    code = np.unique(row * columns + column)
    code = _fill(code, min(count, rows * columns), rows * columns, rng)
    entries = (np.ones(code.size), (code // columns, code % columns))
    costs = rng.integers(1, most, size=columns, endpoint=True).astype(np.float64)
    matrix = coo_array(entries, shape=(rows, columns))
    return _binary(Sense.MINIMISE, costs, matrix, 1.0, np.inf)


def _pairs(columns: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Two distinct columns a row, (2 rows,)."""
    first = rng.integers(columns, size=rows)
    second = (first + rng.integers(1, columns, size=rows)) % columns
    return np.stack([first, second], axis=1).ravel()


def _fill(code: np.ndarray, count: int, below: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted distinct codes, filled up to `count` by uniform draws from 0..below-1."""
    if 2 * count > below:
        others = np.setdiff1d(np.arange(below), code, assume_unique=True)
        return np.union1d(code, rng.choice(others, max(0, count - code.size), replace=False))
    while code.size < count:
        more = np.unique(rng.integers(below, size=count - code.size))
        code = np.union1d(code, more)
    return code


def _costs(n: int, weights: int, seed: int) -> np.ndarray:
    _check(weights >= 1, "weights", weights)
    rng = np.random.default_rng([seed, 2])
    return rng.integers(1, weights, size=n, endpoint=True).astype(np.float64)


def _edge_rows(graph: Graph) -> coo_array:
    """One row an edge with a 1 at both ends."""
    edges = graph.edge_index.shape[1]
    row = np.tile(np.arange(edges), 2)
    return coo_array((np.ones(2 * edges), (row, graph.edge_index.ravel())), shape=(edges, graph.n))


def _auction(bids: list[Bid], items: int) -> IntegerProgram:
    column = np.repeat(np.arange(len(bids)), [len(bid.items) for bid in bids])
    row = np.concatenate([bid.items for bid in bids])
    bidder = np.array([bid.bidder for bid in bids])
    several = np.flatnonzero(np.bincount(bidder)[bidder] > 1)
    row = np.concatenate([row, items + bidder[several]])
    column = np.concatenate([column, several])
    used, row = np.unique(row, return_inverse=True)
    matrix = coo_array((np.ones(row.size), (row, column)), shape=(used.size, len(bids)))
    prices = np.array([bid.price for bid in bids])
    return _binary(Sense.MAXIMISE, prices, matrix, -np.inf, 1.0)


def _binary(
    sense: Sense, c: np.ndarray, matrix: coo_array, low: float, high: float
) -> IntegerProgram:
    m, n = matrix.shape
    return IntegerProgram(
        sense=sense,
        c=c,
        A=matrix,
        row_lower=np.full(m, low),
        row_upper=np.full(m, high),
        lower=np.zeros(n),
        upper=np.ones(n),
        integer=np.ones(n, dtype=bool),
    )


def _check(holds: bool, what: str, value: object, least: int = 1) -> None:
    if not holds:
        raise InvalidParams(f"{what} is {value}", remedy=f"give {least} or more")
