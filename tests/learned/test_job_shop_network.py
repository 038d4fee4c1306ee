"""The network: equivariance, gradients, the gather-only message passing."""

import numpy as np
import pytest
import torch

from solverhub.core.errors import InvalidParams
from solverhub.learned.job_shop_links import Links, attend, mean_over
from solverhub.learned.job_shop_network import NetworkConfig, PolicyNetwork
from solverhub.learned.job_shop_rollout import Shops, assess, observe
from solverhub.learned.job_shop_start import active_orders, priorities
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop import ShopInstance

CONFIGS = [
    NetworkConfig(width=8, layers=2, score_layers=2, features=features, scorer=scorer)
    for features in ("local", "published")
    for scorer in ("joint", "product")
]


def relabelled(shop, jobs, machines):
    """The shop with jobs in another order and machines of other names; new place of each op."""
    pieces = [np.arange(shop.indptr[j], shop.indptr[j + 1]) for j in jobs]
    old = np.concatenate(pieces)
    rows = [
        [(int(machines[shop.machine[i]]), int(shop.duration[i])) for i in piece] for piece in pieces
    ]
    new = np.empty_like(old)
    new[old] = np.arange(len(old))
    return ShopInstance.from_jobs(rows, shop.n_machines), new


def scores(network, shop, after):
    shops = Shops.copies(shop, 1)
    state = assess(shops, torch.from_numpy(after[None]))
    seen = observe(network.config.features, shops, state)
    logits = network(seen.features, seen.jobs, seen.machines, seen.pairs)
    kept = state.mask[0]
    return {
        tuple(pair): float(value.detach())
        for pair, value in zip(state.pairs[0][kept].tolist(), logits[0][kept], strict=True)
    }


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_scores_do_not_depend_on_the_names_of_jobs_and_machines(config):
    torch.manual_seed(1)
    network = PolicyNetwork(config)
    rng = np.random.default_rng(0)
    shop = random_job_shop(6, 5, 1, high=10**6)  # so that there is one critical path
    after = active_orders(shop, rng.standard_normal((1, 30)))[0]
    other, new = relabelled(shop, rng.permutation(6), rng.permutation(5))
    moved = np.full_like(after, -1)
    moved[new] = np.where(after >= 0, new[after], -1)
    plain = scores(network, shop, after)
    assert len(plain) > 1
    renamed = scores(network, other, moved)
    for (u, v), value in plain.items():
        assert renamed[int(new[u]), int(new[v])] == pytest.approx(value, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_parameter_gets_a_gradient(config):
    torch.manual_seed(2)
    network = PolicyNetwork(config)
    shop = random_job_shop(8, 5, 3)
    rng = np.random.default_rng(1)
    orders = active_orders(shop, priorities(shop) + rng.standard_normal((4, 40)))
    shops = Shops.copies(shop, 4)
    state = assess(shops, torch.from_numpy(orders))
    seen = observe(config.features, shops, state)
    logits = network(seen.features, seen.jobs, seen.machines, seen.pairs)
    torch.log_softmax(logits, 1)[:, 0].sum().backward()
    for name, parameter in network.named_parameters():
        if name != f"score.{len(network.score) - 1}.bias" or config.scorer == "product":
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_a_batch_gives_what_each_gives_alone():
    torch.manual_seed(3)
    network = PolicyNetwork(NetworkConfig(width=8, layers=2))
    shops = [random_job_shop(5, 4, seed) for seed in range(3)]
    orders = np.concatenate([active_orders(shop, priorities(shop)[None]) for shop in shops])
    batch = Shops.of(np.stack([shop.duration for shop in shops]), shops[0].indptr)
    state = assess(batch, torch.from_numpy(orders))
    seen = observe("local", batch, state)
    logits = network(seen.features, seen.jobs, seen.machines, seen.pairs)
    for row, shop in enumerate(shops):
        alone = list(scores(network, shop, orders[row]).values())
        assert logits[row][state.mask[row]].tolist() == pytest.approx(alone, abs=1e-5)


def links_and_rows():
    torch.manual_seed(4)
    chain = torch.tensor([[-1, 0, 1, -1], [2, -1, -1, 0]])
    back = torch.tensor([[1, 2, -1, -1], [3, -1, 0, -1]])
    jobs, machines = Links.of(chain, back), Links.of(back, chain)
    return jobs, machines, torch.randn(8, 3, dtype=torch.float64, requires_grad=True)


def test_the_gradient_of_message_passing_is_that_of_its_formula():
    jobs, machines, rows = links_and_rows()
    assert torch.autograd.gradcheck(lambda x: mean_over(x, jobs, machines), (rows,))
    asked, told = (torch.randn(8, dtype=torch.float64, requires_grad=True) for _ in range(2))
    passed = torch.autograd.gradcheck(
        lambda x, a, t: attend(x, a, t, jobs), (rows, asked, told), eps=1e-3, atol=1e-2
    )  # the weights are float32
    assert passed


def test_bad_configurations_are_refused():
    with pytest.raises(InvalidParams, match="width"):
        NetworkConfig(width=0)
    with pytest.raises(InvalidParams, match="features"):
        NetworkConfig(features="none")
    with pytest.raises(InvalidParams, match="unknown network key"):
        NetworkConfig.from_mapping({"depth": 3})
