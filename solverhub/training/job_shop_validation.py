"""How good the job-shop policy is on shops it never learns from.

Mean of (makespan / lower bound - 1) over seeded random shops of three sizes, after walks of
a fixed number of steps by the sampled policy with the recency mask.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from solverhub.learned.job_shop_network import PolicyNetwork
from solverhub.learned.job_shop_rollout import Recency, Shops, assess, choose, observe, swap
from solverhub.learned.job_shop_start import active_orders, priorities
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop_bound import lower_bound

_SIZES = ((10, 10, 16), (15, 15, 8), (20, 15, 4))
_SEED = 20_240_000
_STEPS, _TENURE = 150, 12


@cache
def _shops(n_jobs: int, n_machines: int, count: int) -> tuple[Shops, torch.Tensor, torch.Tensor]:
    drawn = [random_job_shop(n_jobs, n_machines, _SEED + k) for k in range(count)]
    after = np.concatenate([active_orders(shop, priorities(shop)[None]) for shop in drawn])
    shops = Shops.of(np.stack([shop.duration for shop in drawn]), drawn[0].indptr)
    bounds = torch.tensor([lower_bound(shop) for shop in drawn])
    return shops, torch.from_numpy(after), bounds


def validate(network: PolicyNetwork, device: str = "cpu", steps: int = _STEPS) -> float:
    """Mean excess over the lower bounds, a share; smaller is better."""
    return float(np.mean([_excess(network, device, size, steps) for size in _SIZES]))


@torch.inference_mode()
def _excess(network: PolicyNetwork, device: str, size: tuple[int, int, int], steps: int) -> float:
    shops, after, bounds = _shops(*size)
    shops, after = shops.to(device), after.to(device)
    draw = torch.Generator().manual_seed(_SEED)
    recency = Recency(len(after), _TENURE, device)
    state = assess(shops, after)
    best = state.makespan
    for _ in range(steps):
        seen = observe(network.config.features, shops, state)
        logits = network(seen.features, seen.jobs, seen.machines, seen.pairs)
        action = choose(logits, recency.mask(state), draw)
        recency.note(state, action)
        state = assess(shops, swap(state, action))
        best = torch.minimum(best, state.makespan)
    return float((best.cpu() / bounds).mean() - 1)
