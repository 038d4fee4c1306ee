"""Losses of the job-shop policy.

Imitation: the Kullback-Leibler divergence KL(target || policy), mean over walks, where the
target is the softmax of minus the teacher's makespans (`job_shop_teacher`).

Reinforcement: n-step REINFORCE with an entropy bonus (arXiv:2211.10936).  The reward of a
step is how far the walk's incumbent falls; returns over the n steps are compared with the
mean of the batch and scaled by their spread.
"""

from __future__ import annotations

import torch


def log_policy(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Log-probabilities within the mask, (B, K); about -1e9 outside it."""
    return torch.log_softmax(logits.masked_fill(~mask, -1e9), 1)


def imitation_loss(logits: torch.Tensor, mask: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """KL(target || policy), a scalar of 0 or more; walks without a swap count as 0."""
    surprise = torch.where(target > 0, target.clamp(min=1e-12).log(), 0.0)
    each = (target * (surprise - log_policy(logits, mask))).sum(1)
    return torch.where(mask.any(1), each, 0.0).mean()


def returns(rewards: torch.Tensor) -> torch.Tensor:
    """Sums of the rewards (n, B) from each step on."""
    return rewards.flip(0).cumsum(0).flip(0)


def reinforce_loss(
    log_chosen: torch.Tensor, entropy: torch.Tensor, rewards: torch.Tensor, bonus: float
) -> torch.Tensor:
    """The scalar whose gradient is the policy gradient; all (n, B)."""
    gained = returns(rewards)
    advantage = (gained - gained.mean(1, keepdim=True)) / (gained.std() + 1e-6)
    return -(advantage * log_chosen).mean() - bonus * entropy.mean()
