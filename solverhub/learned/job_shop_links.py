"""Message passing on complete schedules, where it needs gathers alone.

In the disjunctive graph of a complete schedule an operation has at most one predecessor and
one successor in its job, and the same on its machine.  Neighbours are therefore columns of
index arrays, an aggregation is a bag of rows, and the transpose that the gradient needs is
a bag over the opposite columns: there is no scatter, on any device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

SELF, BEFORE, AFTER = 0, 1, 2
_OPPOSITE = [SELF, AFTER, BEFORE]


@dataclass(frozen=True, slots=True)
class Links:
    """Neighbours in one relation (jobs or machines) of R = B N rows.

    - `index`: int64 (R, 3), the row itself, the one before it and the one after it (0 where
      there is none).
    - `present`: float32 (R, 3), 1 where the neighbour exists and 0 elsewhere.
    """

    index: torch.Tensor
    present: torch.Tensor

    @classmethod
    def of(cls, before: torch.Tensor, after: torch.Tensor) -> Links:
        """From predecessors and successors, int64 (B, N) with -1 for none."""
        size, n = before.shape
        base = torch.arange(size * n, device=before.device)
        shift = (torch.arange(size, device=before.device) * n)[:, None]
        columns = [base]
        present = [torch.ones_like(base, dtype=torch.float32)]
        for neighbour in (before, after):
            exists = neighbour >= 0
            columns.append(torch.where(exists, neighbour + shift, 0).reshape(-1))
            present.append(exists.reshape(-1).float())
        return cls(torch.stack(columns, 1), torch.stack(present, 1))


def _bag(rows: torch.Tensor, index: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return functional.embedding_bag(
        index, rows, mode="sum", per_sample_weights=weight.to(rows.dtype)
    )


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Any, index: Any, present: Any, share: Any) -> Any:
        ctx.save_for_backward(index, present, share)
        return _bag(rows, index, present) * share

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        index, present, share = ctx.saved_tensors
        return _bag((grad * share).contiguous(), index, present), None, None, None


class _Attend(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Any, weight: Any, index: Any, present: Any) -> Any:
        ctx.save_for_backward(rows, weight, index, present)
        return _bag(rows, index, weight)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        rows, weight, index, present = ctx.saved_tensors
        grad = grad.contiguous()
        onto = torch.stack([weight[index[:, k], _OPPOSITE[k]] for k in range(3)], 1) * present
        told = rows.index_select(0, index.reshape(-1)).view(*index.shape, -1)
        of_weight = torch.bmm(told, grad[:, :, None])[:, :, 0]
        return _bag(grad, index, onto), of_weight.to(weight.dtype), None, None


_MEAN: Any = _Mean.apply
_ATTEND: Any = _Attend.apply


def mean_over(rows: torch.Tensor, jobs: Links, machines: Links) -> torch.Tensor:
    """Mean of each row and its neighbours in both relations, float (R, d)."""
    index = torch.cat([jobs.index, machines.index[:, 1:]], 1)
    present = torch.cat([jobs.present, machines.present[:, 1:]], 1)
    share = (1.0 / present.sum(1, keepdim=True)).to(rows.dtype)
    found: torch.Tensor = _MEAN(rows, index, present, share)
    return found


def attend(
    rows: torch.Tensor, asked: torch.Tensor, told: torch.Tensor, links: Links
) -> torch.Tensor:
    """Attention of each row to itself and its two neighbours, float (R, d).

    `asked` and `told`, (R,), are the logits of the receiving and the sending row (GAT).
    """
    logits = functional.leaky_relu(asked[:, None] + told[links.index], 0.2)
    logits = logits.float().masked_fill(links.present == 0, -torch.inf)
    found: torch.Tensor = _ATTEND(rows, torch.softmax(logits, 1), links.index, links.present)
    return found
