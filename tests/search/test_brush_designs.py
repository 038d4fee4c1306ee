import numpy as np
import pytest

from solverhub.problems.photonic_brush import unpainted
from solverhub.search.brush_designs import BrushDesigns, draw, smooth_costs


@pytest.mark.parametrize("diameter", [1, 3, 5, 7])
def test_every_design_can_be_drawn_whatever_the_order_of_touches(diameter):
    rng = np.random.default_rng(diameter)
    for _ in range(40):
        shape = tuple(rng.integers(diameter, 16, 2))
        designs = BrushDesigns(shape, diameter)
        for costs in (rng.standard_normal(shape), rng.integers(-1, 2, shape)):
            assert not unpainted(designs.solve(costs), diameter).any()
        state = draw(designs._covers, rng.permutation(2 * shape[0] * shape[1]))
        assert (state >= 0).all()
        assert not unpainted((state == 1).reshape(shape), diameter).any()


def test_signs_are_followed_where_the_brush_allows():
    designs = BrushDesigns((9, 12), 3)
    assert designs.solve(np.full((9, 12), -1.0)).all()
    assert not designs.solve(np.full((9, 12), 1.0)).any()
    rng = np.random.default_rng(0)
    one = BrushDesigns((6, 6), 1)
    for _ in range(20):
        costs = rng.standard_normal((6, 6))
        assert np.array_equal(one.solve(costs), costs < 0), "a brush of one pixel is exact"
    halves = np.where(np.arange(12) < 6, -1.0, 1.0) * np.ones((9, 1))
    assert np.array_equal(designs.solve(halves), halves < 0)


def test_designs_are_cheaper_than_those_of_chance():
    rng = np.random.default_rng(1)
    designs = BrushDesigns((16, 16), 3)
    for _ in range(20):
        costs = smooth_costs((16, 16), rng)
        least = np.minimum(costs, 0).sum()
        assert (costs * designs.solve(costs)).sum() < 0.8 * least
