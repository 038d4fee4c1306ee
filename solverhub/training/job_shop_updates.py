"""One update of the job-shop policy: by imitation of the teacher, or by REINFORCE."""

from __future__ import annotations

import torch

from solverhub.learned.job_shop_network import PolicyNetwork
from solverhub.learned.job_shop_rollout import choose, observe
from solverhub.training.job_shop_losses import imitation_loss, log_policy, reinforce_loss
from solverhub.training.job_shop_presets import Preset
from solverhub.training.job_shop_teacher import makespans_after, soft_targets
from solverhub.training.job_shop_walks import Walks

_TEACHER_SHARE = 0.5
_CLIP = 1.0


def imitate(
    network: PolicyNetwork,
    optimiser: torch.optim.Optimizer,
    walks: Walks,
    preset: Preset,
    draw: torch.Generator,
) -> float:
    """Learn the teacher's choice in the walks' states, then go on; the loss.

    Half of the walks follow the teacher and half the policy, at random, so that both kinds of
    states are learned (S. Ross et al., DAgger, arXiv:1011.0686).
    """
    state, shops = walks.state, walks.shops
    makespans = makespans_after(shops, state)
    unit = preset.temperature * 2 * shops.duration.double().mean(1).float()
    seen = observe(network.config.features, shops, state)
    logits = network(seen.features, seen.jobs, seen.machines, seen.pairs)
    loss = imitation_loss(logits, state.mask, soft_targets(makespans, state.mask, unit))
    _descend(network, optimiser, loss)
    mask = walks.recency.mask(state)
    own = choose(logits.detach(), mask, draw)
    taught = choose(-makespans.double() / unit[:, None], mask, draw)
    follow = torch.rand(walks.size, generator=draw) < _TEACHER_SHARE
    walks.step(torch.where(follow.to(own.device), taught, own))
    return float(loss.detach())


def reinforce(
    network: PolicyNetwork,
    optimiser: torch.optim.Optimizer,
    walks: Walks,
    preset: Preset,
    draw: torch.Generator,
) -> float:
    """Walk `preset.horizon` steps by the policy and follow the policy gradient; the mean reward.

    Rewards are in units of twice the mean duration.  The horizon does not cross the end of a
    walk: its reward there is 0.
    """
    chosen, entropies, rewards = [], [], []
    for _ in range(preset.horizon):
        state, best = walks.state, walks.incumbent.clone()
        age = walks.age.copy()
        seen = observe(network.config.features, walks.shops, state)
        logits = network(seen.features, seen.jobs, seen.machines, seen.pairs)
        mask = walks.recency.mask(state)
        log_p = log_policy(logits, mask)
        action = choose(logits.detach(), mask, draw)
        unit = 2 * walks.shops.duration.double().mean(1)
        walks.step(action)
        going_on = torch.from_numpy(walks.age > age).to(best.device)
        gain = torch.where(going_on, (best - walks.incumbent).double() / unit, 0.0)
        chosen.append(log_p.gather(1, action.clamp(min=0)[:, None])[:, 0] * (action >= 0))
        entropies.append(-(log_p.exp() * log_p * mask).sum(1))
        rewards.append(gain.float())
    loss = reinforce_loss(
        torch.stack(chosen), torch.stack(entropies), torch.stack(rewards), preset.bonus
    )
    _descend(network, optimiser, loss)
    return float(torch.stack(rewards).mean())


def _descend(network: PolicyNetwork, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
    optimiser.step()
