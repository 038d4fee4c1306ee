"""The teacher of the job-shop policy: the exact makespan after every legal swap.

Taking the swap of least makespan that the recency mask allows is a tabu search on N5, and
with 500 of its steps ahead of the published policy.  Looking further (the least makespan of
short tabu walks that begin with the swap) was tried and was no better a teacher.
"""

from __future__ import annotations

import torch

from solverhub.learned.job_shop_features import Evaluated
from solverhub.learned.job_shop_rollout import Shops, swap_rows
from solverhub.ops.schedules import evaluate

NEVER = 2**31 - 1


def makespans_after(shops: Shops, state: Evaluated) -> torch.Tensor:
    """Makespan after each swap of each walk, int64 (B, K); `NEVER` where there is none."""
    walk, column = state.mask.nonzero(as_tuple=True)
    found = torch.full(state.mask.shape, NEVER, dtype=torch.int64, device=state.after.device)
    if len(walk):
        after = swap_rows(state, walk, column)
        told = evaluate(shops.duration[walk], shops.indptr, after, backward=False)
        found[walk, column] = told.makespan.long()
    return found


def soft_targets(makespans: torch.Tensor, mask: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
    """Softmax of minus the makespans within the mask, float32 (B, K).

    `unit`, float (B,), is the difference in makespan that makes a swap e times less likely.
    """
    value = -(makespans - makespans.amin(1, keepdim=True)).float() / unit[:, None]
    return torch.softmax(value.masked_fill(~mask, -1e9), 1) * mask
