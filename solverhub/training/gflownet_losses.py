"""Losses of the GFlowNet.

Sub-trajectory balance, forward-looking.  With R(s) = exp(beta r(s)) on every state and F(s) =
R(s) F~(s), each piece s_i ... s_j of a walk must satisfy

    F(s_i) P_F(s_i+1 | s_i) ... P_F(s_j | s_j-1) = F(s_j) P_B(s_j-1 | s_j) ... P_B(s_i | s_i+1)

(K. Madan et al., arXiv:2209.12782; L. Pan et al., arXiv:2302.03074), and pieces of one step are
the detailed balance of arXiv:2305.17010.  The difference of the logarithms goes through Huber's
function, since a rising beta scales it, and pieces count decay^(j - i).

Likelihood of backward walks.  Where good solutions x are known, P_B gives walks to them, and the
policy is asked to make them likely: KL(P_B(. | x) || P_F) (N. Malkin et al., arXiv:2210.00580).
P_B is uniform, so at a state on the way any picked vertex that is still missing may be next, and
the mean over them all is taken in place of one.
"""

from __future__ import annotations

import torch
from torch.nn.functional import smooth_l1_loss


def balance_loss(
    log_flow: torch.Tensor,
    log_reward: torch.Tensor,
    log_forward: torch.Tensor,
    log_backward: torch.Tensor,
    decay: float,
) -> torch.Tensor:
    """Mean over B pieces of m steps and their sub-pieces, a scalar of 0 or more.

    `log_flow` (of F~) and `log_reward` are (B, m + 1), the other two (B, m).  What lies behind a
    terminal state is to be given as that state again, with 0 for both probabilities.
    """
    zero = torch.zeros_like(log_flow[:, :1])
    along = torch.cat([zero, (log_forward - log_backward).cumsum(1)], 1)
    level = log_flow + log_reward - along
    steps = level.shape[1]
    start, end = torch.triu_indices(steps, steps, 1, device=level.device)
    weight = decay ** (end - start - 1).to(level.dtype)
    apart = level[:, start] - level[:, end]
    each = smooth_l1_loss(apart, torch.zeros_like(apart), reduction="none")
    total: torch.Tensor = (each * weight).sum() / (weight.sum() * max(1, len(level)))
    return total


def likelihood_loss(
    log_policy: torch.Tensor, wanted: torch.Tensor, walk: torch.Tensor, walks: int
) -> torch.Tensor:
    """Mean over the walks of -log P_F over the `wanted` rows, less log of their number.

    `log_policy` (R,), `wanted` bool (R,), `walk` int64 (R,).  It is 0 where P_F is uniform on
    them, and a walk without wanted rows counts as 0.
    """
    count = torch.zeros(walks, device=walk.device).index_add(0, walk, wanted.float())
    rows = wanted.nonzero()[:, 0]
    share = 1.0 / count.index_select(0, walk.index_select(0, rows))
    surprise = -(log_policy.index_select(0, rows) * share).sum()
    return (surprise - count.clamp(min=1).log().sum()) / max(1, walks)
