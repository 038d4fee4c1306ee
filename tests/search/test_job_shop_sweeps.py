import numpy as np

from solverhub.search.job_shop_orders import starts_of
from solverhub.search.job_shop_state import MAKESPAN
from solverhub.search.job_shop_sweeps import apply
from tests.search.job_shop_cases import recomputed, shops, started


def assert_consistent(shop, layout, state):
    end, rest = recomputed(layout, state.sequence)
    node = layout.node
    assert (state.end == end).all()
    assert (state.rest == rest).all()
    assert state.control[MAKESPAN] == end.max() == rest.max()
    assert (state.order[state.position[state.order]] == state.order).all()
    assert sorted(state.order.tolist()) == sorted(node.tolist())
    assert (state.sequence[state.place[node]] == node).all()
    assert (state.before[node] == state.sequence[state.place[node] - 1]).all()
    assert (state.after[node] == state.sequence[state.place[node] + 1]).all()
    for v in node:
        for w in (state.before[v], v - 1):
            if layout.machine[w] >= 0 and w != 0:
                assert state.position[w] < state.position[v]
    assert not state.sequence[layout.first - 1].any()
    assert (state.end[layout.machine < 0] == 0).all()


def test_random_moves_keep_everything_as_a_full_recomputation_has_it():
    rng = np.random.default_rng(0)
    refused = 0
    for shop in shops(40):
        layout, state = started(shop)
        assert_consistent(shop, layout, state)
        for _ in range(30):
            machine = int(rng.integers(len(layout.first) - 1))
            low, high = int(layout.first[machine]), int(layout.first[machine + 1]) - 2
            i, k = rng.integers(low, high + 1, size=2).tolist()
            if i == k:
                continue
            moved = state.sequence.tolist()
            moved.insert(k, moved.pop(i))
            possible = recomputed(layout, np.array(moved)) is not None
            refused += not possible
            assert apply(state, i, k) == possible
            assert (state.sequence.tolist() == moved) == possible
            assert_consistent(shop, layout, state)
    assert refused > 20


def test_starts_of_an_order_are_those_of_its_schedule():
    for shop in shops(20, seed=1):
        layout, state = started(shop)
        starts = starts_of(layout, state.order)
        assert (starts == (state.end - state.duration)[layout.node]).all()
