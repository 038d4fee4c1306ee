"""The solver: weights, walks within a budget, provenance, odd shops."""

import numpy as np
import pytest
import torch

import solverhub
from solverhub import assets
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Limit
from solverhub.learned import job_shop_weights
from solverhub.learned.job_shop_policy import JobShopPolicyParams, JobShopPolicySolver
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop import JobShop, ShopInstance

SOLVER = JobShopPolicySolver(JobShop())


def solve(shop, *, seed=0, warm_start=None, observe=lambda event: None, params=None, **budget):
    limits = {"iterations": 60, "threads": 1, **budget}
    return SOLVER.solve(
        shop,
        Budget.start(**limits),
        params=JobShopPolicyParams(**(params or {})),
        seed=seed,
        warm_start=warm_start,
        observe=observe,
    )


@pytest.mark.parametrize("name", job_shop_weights.names())
def test_every_model_loads_and_its_digest_is_that_of_its_file(name):
    import hashlib

    model = job_shop_weights.load(name)
    file = assets.folder("models") / name / "weights.safetensors"
    assert model.digest == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert (file.parent / "card.md").is_file()
    assert all(torch.isfinite(value).all() for value in model.network.state_dict().values())


def test_the_shipped_policy_beats_one_that_knows_nothing(tmp_path):
    from safetensors.torch import save_file

    from solverhub.learned.job_shop_network import PolicyNetwork

    shipped = assets.folder("models") / job_shop_weights.DEFAULT
    torch.manual_seed(0)
    ignorant = PolicyNetwork(job_shop_weights.load(job_shop_weights.DEFAULT).network.config)
    for parameter in ignorant.parameters():
        torch.nn.init.zeros_(parameter)
    save_file(ignorant.state_dict(), tmp_path / "weights.safetensors")
    (tmp_path / "config.toml").write_text((shipped / "config.toml").read_text())
    found = []
    for model in (job_shop_weights.DEFAULT, str(tmp_path)):
        params = {"model": model, "samples": 2}
        shops = [random_job_shop(10, 10, 900 + k) for k in range(6)]
        found.append([solve(shop, iterations=100, params=params).objective for shop in shops])
    assert np.mean(found[0]) < np.mean(found[1])


def test_answers_carry_weights_and_say_how_far_the_shop_is_from_the_training():
    shop = random_job_shop(4, 3, 1)
    jobs = solverhub.problems.job_shop.JobShop().to_wire(shop)
    result = solverhub.solve(jobs, solver="job-shop-policy", iterations=20, threads=1)
    assert result.verified
    assert result.provenance.weights.startswith("sha256:")
    assert "unlike all" in result.provenance.training
    odd = ShopInstance.from_jobs([[(0, 2), (0, 1)], [(1, 2)]])
    assert "another kind" in solve(odd).training


def test_equal_seeds_walk_equally_and_others_do_not():
    shop = random_job_shop(10, 8, 2)
    first, again, other = (solve(shop, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.solution, again.solution)
    assert [p.objective for p in first.trace] == [p.objective for p in again.trace]
    assert not np.array_equal(first.solution, other.solution)


def test_a_target_stops_the_walks_and_incumbents_are_told():
    shop, events = random_job_shop(10, 8, 2), []
    full = solve(shop)
    target = full.trace[len(full.trace) // 2].objective
    result = solve(shop, target=target, observe=events.append)
    assert result.termination.limit is Limit.TARGET
    told = [event.objective for event in events if event.kind is EventKind.INCUMBENT]
    assert told == sorted(told, reverse=True)
    assert told[-1] == result.objective


def test_walks_go_back_and_take_in_what_others_found():
    shop = random_job_shop(10, 8, 3)
    better = solve(shop, seed=9, iterations=150).solution
    given = iter([[Event(EventKind.INCUMBENT, 0.0, objective=1, solution=better)]])
    budget = Budget.start(iterations=30, threads=1).replace(incoming=lambda: next(given, []))
    params = JobShopPolicyParams(samples=2, patience=5)
    result = SOLVER.solve(shop, budget, params=params, seed=0)
    assert result.objective <= JobShop().objective(shop, better)


def test_an_infeasible_warm_start_is_mended():
    shop = random_job_shop(6, 5, 3)
    result = solve(shop, warm_start=np.zeros(30, np.int64), iterations=5)
    assert JobShop().violations(shop, result.solution) == []


@pytest.mark.parametrize(
    "jobs",
    [
        [[(0, 0)]],
        [[(0, 5), (0, 0), (1, 0)], [], [(1, 3)]],
        [[(0, 2**58), (1, 2**57)], [(1, 2**58), (0, 2**58 + 1)], [(0, 1), (1, 2**57)]],
        [[(m, 1)] for m in (0, 0, 0)],
        [[(0, 1), (1, 1), (0, 1), (1, 1)], [(1, 2), (0, 2), (1, 2)]],
    ],
)
def test_odd_shops_are_solved_too(jobs):
    shop = ShopInstance.from_jobs(jobs)
    result = solve(shop)
    assert JobShop().violations(shop, result.solution) == []
    assert JobShop().objective(shop, result.solution) == result.objective


def test_bad_parameters_name_the_remedy():
    for bad in ({"samples": 0}, {"temperature": -1.0}, {"tenure": -1}, {"patience": 0}):
        with pytest.raises(InvalidParams, match="give"):
            JobShopPolicyParams(**bad)
    with pytest.raises(InvalidParams, match="no model 'nothing'"):
        solve(random_job_shop(3, 3, 1), params={"model": "nothing"})


@pytest.mark.gpu
def test_both_devices_walk_equally_at_temperature_0():
    shop = random_job_shop(10, 10, 4)
    params = {"samples": 4, "temperature": 0.0}
    here = solve(shop, params=params, iterations=20)
    there = solve(shop, params=params, iterations=20, device="cuda")
    assert here.objective == pytest.approx(there.objective, rel=0.03)
    assert JobShop().violations(shop, there.solution) == []


@pytest.mark.gpu
def test_both_devices_score_and_evaluate_equally():
    from solverhub.learned.job_shop_rollout import Shops, assess, observe
    from solverhub.learned.job_shop_start import active_orders, priorities

    shop = random_job_shop(12, 8, 5)
    noise = np.random.default_rng(0).standard_normal((16, 96))
    orders = torch.from_numpy(active_orders(shop, priorities(shop) + noise))
    model = job_shop_weights.load(job_shop_weights.DEFAULT)
    logits = []
    for device in ("cpu", "cuda"):
        shops = Shops.copies(shop, 16, device)
        state = assess(shops, orders.to(device))
        network = model.network.to(device)
        seen = observe(network.config.features, shops, state)
        logits.append((state, network(seen.features, seen.jobs, seen.machines, seen.pairs)))
    model.network.to("cpu")
    (here, left), (there, right) = logits
    for name in ("est", "lst", "makespan", "path", "pairs", "mask"):
        assert torch.equal(getattr(here, name), getattr(there, name).cpu()), name
    assert torch.allclose(left, right.cpu(), atol=1e-3)
