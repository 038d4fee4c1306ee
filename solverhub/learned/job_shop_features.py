"""What the policy network sees of each operation.

`published`: duration / 99, earliest start / 1000 and latest start / 1000, as in
arXiv:2211.10936.  Those numbers grow with the shop.  `local` measures in units of twice the
mean duration (99 or so for Taillard's) and in shares of the makespan instead: duration, both
starts as shares, slack, the waiting times between the operation and its four neighbours by
earliest and by latest starts, and whether it is critical and on the path whose blocks are
searched.  The effect of a swap on the makespan is a function of these numbers near it
(Taillard's estimate), so what is learned on small shops holds for large ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

WIDTHS = {"published": 3, "local": 10}
_MOST = 4.0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A batch of complete schedules with its times; all int64, none is -1.

    - `before`, `after`: (B, N) machine neighbours of each operation.
    - `est`, `lst`: (B, N) earliest and latest starts, `makespan`: (B,).
    - `path`: bool (B, N), the operations of the critical path that is searched.
    - `pairs`: (B, K, 2) swaps of N5, `mask`: bool (B, K), True where there is one.
    """

    before: torch.Tensor
    after: torch.Tensor
    est: torch.Tensor
    lst: torch.Tensor
    makespan: torch.Tensor
    path: torch.Tensor
    pairs: torch.Tensor
    mask: torch.Tensor


def features_of(
    kind: str,
    state: Evaluated,
    duration: torch.Tensor,
    job_before: torch.Tensor,
    job_after: torch.Tensor,
) -> torch.Tensor:
    """float32 (B, N, F) of `kind`; `duration` and the job neighbours are int64 (B, N)."""
    est, lst = state.est, state.lst
    if kind == "published":
        return torch.stack([duration / 99.0, est / 1000.0, lst / 1000.0], 2)
    end, late_end = est + duration, lst + duration
    makespan = state.makespan[:, None]
    waits = [est - _at(end, before, 0) for before in (job_before, state.before)]
    waits += [_at(lst, after, makespan) - late_end for after in (job_after, state.after)]
    slack = lst - est
    unit = (2.0 * duration.double().mean(1, keepdim=True)).clamp(min=1.0).float()
    measured = torch.stack([duration, slack, *waits], 2) / unit[:, :, None]
    shares = torch.stack([est, lst], 2) / makespan.clamp(min=1)[:, :, None]
    flags = torch.stack([slack == 0, state.path], 2).float()
    return torch.cat([measured.clamp(max=_MOST), shares.float(), flags], 2)


def _at(values: torch.Tensor, index: torch.Tensor, otherwise: torch.Tensor | int) -> torch.Tensor:
    return torch.where(index >= 0, values.gather(1, index.clamp(min=0)), otherwise)
