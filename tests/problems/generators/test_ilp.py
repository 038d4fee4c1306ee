"""Generated integer programs: sizes, structure, seeds."""

from __future__ import annotations

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.problems.generators.ilp import auction, independent_set, set_cover, vertex_cover
from solverhub.problems.ilp import Ilp, IntegerProgram

ILP = Ilp()
SMALL = {
    "vertex-cover": lambda seed: vertex_cover(60, 5, seed=seed),
    "independent-set": lambda seed: independent_set(100, seed=seed),
    "auction": lambda seed: auction(40, 80, seed=seed),
    "set-cover": lambda seed: set_cover(50, 40, 0.1, seed=seed),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_seed_gives_one_instance(name: str) -> None:
    digests = [ILP.digest(SMALL[name](seed)) for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("name", SMALL)
def test_all_columns_are_binary_with_unit_entries(name: str) -> None:
    case: IntegerProgram = SMALL[name](3)
    assert case.integer.all()
    assert not case.lower.any()
    assert (case.upper == 1).all()
    assert (case.A.data == 1).all()
    assert (case.c > 0).all()


def test_published_sizes() -> None:
    cover = vertex_cover(seed=1)
    assert (cover.n, cover.m) == (1000, 65_100)
    chosen = independent_set(seed=1)
    assert chosen.n == 6000
    assert chosen.m == pytest.approx(24_000, rel=0.03)


def test_graph_rows_are_edges() -> None:
    cover = SMALL["vertex-cover"](5)
    assert (np.diff(cover.A.indptr) == 2).all()
    assert cover.sense is Sense.MINIMISE
    assert not ILP.violations(cover, np.ones(60))
    assert ILP.violations(cover, np.zeros(60))
    chosen = SMALL["independent-set"](5)
    assert chosen.sense is Sense.MAXIMISE
    assert not ILP.violations(chosen, np.zeros(100))
    assert ILP.violations(chosen, np.ones(100))


def test_weights_are_integers_of_their_range() -> None:
    case = vertex_cover(200, 3, weights=5, seed=1)
    assert set(case.c) == {1.0, 2.0, 3.0, 4.0, 5.0}


@pytest.mark.parametrize(("columns", "rows", "density"), [(50, 40, 0.1), (5, 200, 0.01), (9, 9, 1)])
def test_set_cover_rows_and_columns(columns: int, rows: int, density: float) -> None:
    case = set_cover(columns, rows, density, seed=4)
    assert (np.diff(case.A.indptr) >= 2).all()
    assert (np.bincount(case.A.indices, minlength=columns) >= 1).all()
    if density in (0.1, 1):
        assert case.A.nnz == columns * rows * density
    assert case.c.min() >= 1
    assert case.c.max() <= 100


def test_auction_rows_sell_each_item_once_and_exclude_substitutes() -> None:
    case = auction(60, 150, seed=2)
    assert case.n == 150
    assert case.m > 60
    assert (np.diff(case.A.indptr) >= 1).all()
    one = np.zeros(case.n)
    one[7] = 1
    assert not ILP.violations(case, one)
    assert ILP.violations(case, np.ones(case.n))


@pytest.mark.parametrize(
    "make",
    [
        lambda: set_cover(1, 1, seed=0),
        lambda: set_cover(10, 0, seed=0),
        lambda: set_cover(10, 10, 0, seed=0),
        lambda: set_cover(10**9, 10**9, seed=0),
        lambda: auction(0, 5, seed=0),
        lambda: auction(5, 0, seed=0),
        lambda: auction(10**6, 5, seed=0),
        lambda: vertex_cover(5, 9, seed=0),
        lambda: vertex_cover(50, 3, weights=0, seed=0),
        lambda: independent_set(-1, seed=0),
    ],
)
def test_sizes_out_of_range_are_refused(make: object) -> None:
    with pytest.raises(InvalidParams):
        make()  # type: ignore[operator]
