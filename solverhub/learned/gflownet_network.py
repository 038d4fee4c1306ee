"""The conditional policy and flow of the GFlowNet: one graph network over residual graphs.

Layer by layer a row takes in its neighbours', h <- h + MLP(norm([h, a])), where a is the scaled
sum of theirs (GIN: K. Xu et al., arXiv:1810.00826).  The last rows, beside their mean over the
graph, give each row a logit and a share of the flow:

    P_F(u | s) = softmax of the logits over the actions of s
    log F~(s)  = beta * sum over rows of flow shares

so that the flow of a terminal state, which has no rows, is 1, and what a graph of several parts
has to come adds up.  Departures from arXiv:2305.17010: policy and flow share their layers; the
rows are those of `gflownet_residual` with its features; layer norms in place of batch norms,
which would tie a state's probabilities to those beside it; residual connections; flow shares in
units of the reward, so that a rising beta does not move what they have to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from solverhub.core.errors import InvalidParams
from solverhub.learned.gflownet_residual import FEATURES, Residuals
from solverhub.learned.model_files import NetworkTable
from solverhub.ops.neighbour_aggregation import KINDS, Links, aggregate


@dataclass(frozen=True, slots=True)
class NetworkConfig(NetworkTable):
    """Sizes of the network; the paper's are width 256 and 4 layers."""

    width: int = 64
    layers: int = 4
    reduce: str = "sum"

    def __post_init__(self) -> None:
        for name in ("width", "layers"):
            if not 1 <= getattr(self, name) <= 4096:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 1 or more")
        if self.reduce not in KINDS:
            raise InvalidParams(f"reduce is {self.reduce!r}", remedy=f"one of {', '.join(KINDS)}")


@dataclass(frozen=True, slots=True)
class Batch:
    """`Residuals` as tensors on a device; `walk` int64 (R,) is the walk of each row."""

    features: torch.Tensor
    links: Links
    mask: torch.Tensor
    walk: torch.Tensor
    walks: int

    @classmethod
    def of(cls, residuals: Residuals, device: str = "cpu") -> Batch:
        """On the CPU without copies."""
        first = torch.from_numpy(residuals.first)
        walks = len(first) - 1
        walk = torch.repeat_interleave(torch.arange(walks), first.diff())
        links = (torch.from_numpy(residuals.indptr), torch.from_numpy(residuals.indices))
        return cls(
            torch.from_numpy(residuals.features).to(device),
            Links(*(part.to(device) for part in links)),
            torch.from_numpy(residuals.mask).to(device),
            walk.to(device),
            walks,
        )

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sums over the rows of each walk, (W, ...)."""
        zeros = torch.zeros(self.walks, *values.shape[1:], device=values.device)
        return zeros.index_add(0, self.walk, values)


class GFlowNetwork(nn.Module):
    """Logits of the forward policy and shares of the flow; see the module."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.begin = nn.Sequential(nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, width))
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(2 * width),
                nn.Linear(2 * width, width),
                nn.ReLU(),
                nn.Linear(width, width),
            )
            for _ in range(config.layers)
        )
        self.end = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 2)
        )

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits float32 (R,), -inf where a row is no action, and log F~ / beta, float32 (W,)."""
        degree = batch.links.indptr.diff()[:, None]
        scale = (1.0 + degree).rsqrt() if self.config.reduce == "sum" else 1.0
        rows = self.begin(batch.features)
        for layer in self.layers:
            around = aggregate(rows, batch.links, self.config.reduce) * scale
            rows = rows + layer(torch.cat([rows, around], 1))
        size = batch.total(torch.ones_like(rows[:, :1])).clamp(min=1)
        whole = (batch.total(rows) / size).index_select(0, batch.walk)
        logits, shares = self.end(torch.cat([rows, whole], 1)).unbind(1)
        return logits.masked_fill(~batch.mask, -torch.inf), batch.total(shares)


def log_policy(batch: Batch, logits: torch.Tensor) -> torch.Tensor:
    """log P_F of every row, float32 (R,); -inf where it is no action."""
    floor = torch.full((batch.walks,), -torch.inf, device=logits.device)
    top = floor.scatter_reduce(0, batch.walk, logits.detach(), "amax")
    top = torch.where(top.isfinite(), top, 0.0)
    shifted = logits - top.index_select(0, batch.walk)
    log_total = batch.total(shifted.exp()).log()
    return shifted - log_total.index_select(0, batch.walk)
