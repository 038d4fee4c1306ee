"""States, moves and features of batched walks, against the judge and brute force."""

import numpy as np
import pytest
import torch

from solverhub.learned.job_shop_features import WIDTHS
from solverhub.learned.job_shop_moves import Arcs, Times, _on_device, moves_of
from solverhub.learned.job_shop_rollout import (
    Recency,
    Shops,
    assess,
    choose,
    observe,
    swap,
    swap_rows,
)
from solverhub.learned.job_shop_start import (
    active_orders,
    earliest_starts,
    orders_of,
    priorities,
)
from solverhub.ops.schedules import evaluate
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop import JobShop, ShopInstance

SIZES = [(3, 4), (6, 5), (10, 4), (5, 1), (1, 5)]


def walk_of(shop, size, seed):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((size, shop.n_operations))
    after = torch.from_numpy(active_orders(shop, priorities(shop) + noise))
    shops = Shops.copies(shop, size)
    return shops, assess(shops, after)


def odd_shop(seed):
    """Ragged jobs that skip and repeat machines, with durations of 0."""
    rng = np.random.default_rng(seed)
    jobs = [
        [(int(rng.integers(3)), int(rng.integers(0, 4))) for _ in range(rng.integers(0, 6))]
        for _ in range(5)
    ]
    return ShopInstance.from_jobs([*jobs, [(0, 3), (1, 2)]], 3)


def starts_of(shop, after):
    start = np.zeros(shop.n_operations, np.int64)
    assert earliest_starts(shop.duration, shop.indptr, after, start)
    return start


@pytest.mark.parametrize("size", SIZES)
def test_every_step_is_a_schedule_that_the_judge_accepts(size):
    shop, judge = random_job_shop(*size, seed=3), JobShop()
    shops, state = walk_of(shop, 4, 0)
    recency, draw = Recency(4, 5, "cpu"), torch.Generator().manual_seed(0)
    for _ in range(25):
        for row in range(4):
            start = starts_of(shop, state.after[row].numpy())
            assert judge.violations(shop, start) == []
            assert judge.objective(shop, start) == state.makespan[row]
            assert np.array_equal(start, state.est[row].numpy())
        action = choose(torch.zeros(state.mask.shape), recency.mask(state), draw)
        recency.note(state, action)
        state = assess(shops, swap(state, action))


@pytest.mark.parametrize("seed", range(6))
def test_odd_shops_never_reach_a_cycle(seed):
    shop, judge = odd_shop(seed), JobShop()
    shops, state = walk_of(shop, 3, seed)
    draw = torch.Generator().manual_seed(seed)
    for _ in range(40):
        assert (state.makespan >= 0).all()
        start = starts_of(shop, state.after[0].numpy())
        assert judge.violations(shop, start) == []
        state = assess(shops, swap(state, choose(torch.zeros(state.mask.shape), state.mask, draw)))


def n5_by_hand(shop, state, row):
    """The pairs of N5 from blocks of the marked path, read forwards."""
    path = np.flatnonzero(state.path[row].numpy())
    order = path[np.argsort(state.est[row].numpy()[path], kind="stable")]
    blocks = []
    for v in order:
        if blocks and state.before[row, v] == blocks[-1][-1]:
            blocks[-1].append(int(v))
        else:
            blocks.append([int(v)])
    pairs = set()
    for k, block in enumerate(blocks):
        if len(block) > 1 and k > 0:
            pairs.add((block[0], block[1]))
        if len(block) > 1 and k < len(blocks) - 1:
            pairs.add((block[-2], block[-1]))
    return pairs


@pytest.mark.parametrize("seed", range(8))
def test_the_mask_is_n5(seed):
    shop = random_job_shop(6, 5, seed)
    _, state = walk_of(shop, 8, seed)
    for row in range(8):
        listed = {tuple(pair) for pair in state.pairs[row][state.mask[row]].tolist()}
        assert listed == n5_by_hand(shop, state, row)


def test_no_other_swap_of_neighbours_shortens_the_schedule_at_once():
    for seed in range(10):
        shop = random_job_shop(5, 4, seed)
        shops, state = walk_of(shop, 1, seed)
        if int(torch.where(state.est == state.lst, 1, 0).sum()) != int(state.path.sum()):
            continue  # several critical paths: one swap may shorten none
        allowed = {tuple(pair) for pair in state.pairs[0][state.mask[0]].tolist()}
        for v in range(shop.n_operations):
            u = int(state.before[0, v])
            if u < 0 or (u, v) in allowed:
                continue
            one = assess(shops, state.after)
            object.__setattr__(one, "pairs", torch.tensor([[[u, v]]]))
            after = swap_rows(one, torch.tensor([0]), torch.tensor([0]))
            told = evaluate(shops.duration, shops.indptr, after).makespan
            assert told[0] < 0 or told[0] >= state.makespan[0]


@pytest.mark.parametrize("make", [lambda seed: random_job_shop(7, 6, seed), odd_shop])
def test_both_forms_of_the_moves_agree(make):
    for seed in range(12):
        shops, state = walk_of(make(seed), 5, seed)
        times = Times(state.est, state.lst, shops.duration, state.makespan)
        arcs = Arcs(shops.job_before, shops.job_after, state.before, state.after)
        for name in ("path", "pairs", "mask"):
            here, there = (
                getattr(moves_of(times, arcs), name),
                getattr(_on_device(times, arcs), name),
            )
            assert torch.equal(here, there), name


def test_a_swap_may_not_be_undone_until_its_tenure_is_over():
    shop = random_job_shop(10, 5, 1)
    shops, state = walk_of(shop, 1, 1)
    recency = Recency(1, 3, "cpu")
    u, v = state.pairs[0, 0].tolist()
    recency.note(state, torch.tensor([0]))
    state = assess(shops, swap(state, torch.tensor([0])))
    back = [k for k, pair in enumerate(state.pairs[0].tolist()) if pair == [v, u]]
    for waited in range(3):
        mask = recency.mask(state)
        assert all(not mask[0, k] or int(mask.sum()) == int(state.mask.sum()) for k in back)
        recency.note(state, torch.tensor([-1]))
        assert recency.tensors()["count"] == waited + 2
    assert torch.equal(recency.mask(state), state.mask)


@pytest.mark.parametrize("kind", WIDTHS)
def test_features_are_finite_and_those_of_local_do_not_know_the_unit(kind):
    shop = random_job_shop(6, 5, 2)
    large = ShopInstance(shop.machine, shop.duration * 1000, shop.indptr, shop.n_machines)
    (shops, state), (others, other) = walk_of(shop, 2, 0), walk_of(large, 2, 0)
    here, there = observe(kind, shops, state), observe(kind, others, other)
    assert here.features.shape == (2, 30, WIDTHS[kind])
    assert torch.isfinite(here.features).all()
    if kind == "local":
        assert torch.allclose(here.features, there.features, atol=1e-5)


def test_starts_keep_the_orders_of_a_schedule_and_mend_others():
    shop, judge = random_job_shop(8, 6, 4), JobShop()
    _, state = walk_of(shop, 1, 3)
    kept = orders_of(shop, state.est[0].numpy().astype(np.int64))
    assert np.array_equal(kept, state.after[0].numpy())
    rng = np.random.default_rng(0)
    for _ in range(5):
        wild = rng.integers(-(2**62), 2**62, shop.n_operations)
        start = starts_of(shop, orders_of(shop, wild))
        assert judge.violations(shop, start) == []
