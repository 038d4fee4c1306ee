from itertools import combinations

import numpy as np

from solverhub.search.job_shop_descent import begin
from solverhub.search.job_shop_orders import random_order
from solverhub.search.job_shop_relink import distance, walk
from tests.search.job_shop_cases import recomputed, shops, started


def plain_distance(one, other, machine):
    rank, goal = (
        dict(zip(order.tolist(), range(len(order)), strict=True)) for order in (one, other)
    )
    return sum(
        machine[v] == machine[w] and (rank[v] < rank[w]) != (goal[v] < goal[w])
        for v, w in combinations(rank, 2)
    )


def test_distance_counts_pairs_in_different_order():
    for shop in shops(20):
        layout, state = started(shop)
        one, other = (random_order(shop, layout, 100, state.random) for _ in range(2))
        apart = distance(one, other, layout.machine, layout.first)
        assert apart == plain_distance(one, other, layout.machine)
        assert apart == distance(other, one, layout.machine, layout.first)
        assert distance(one, one, layout.machine, layout.first) == 0


def test_a_walk_comes_exactly_as_much_nearer_through_schedules_only():
    for shop in shops(30, seed=1):
        layout, state = started(shop)
        one, goal = (random_order(shop, layout, 100, state.random) for _ in range(2))
        apart = int(distance(one, goal, layout.machine, layout.first))
        for steps in (0, apart // 3, apart, apart + 5):
            order = one.copy()
            assert walk(order, goal, layout.machine, steps, state.random) == min(steps, apart)
            begin(state, order, layout.machine, layout.first)
            assert recomputed(layout, state.sequence) is not None
            left = distance(order, goal, layout.machine, layout.first)
            assert left == apart - min(steps, apart)
            assert distance(one, order, layout.machine, layout.first) == min(steps, apart)
            assert (np.sort(order) == np.sort(one)).all()
