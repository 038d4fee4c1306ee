"""The policy network over complete schedules: which swap to make next.

Two embeddings of every operation are computed and joined.  The topological one (TPM) is a
graph isomorphism network over all arcs of the disjunctive graph, whose layers' outputs are
summed; the context-aware one (CAM) attends over job arcs and over machine arcs apart and
averages the two.  The graph's embedding is the mean over its operations.  An MLP maps
operation and graph to h, and the score of swapping u and v is h_u . h_v; softmax over the
legal swaps is the policy.

C. Zhang, Z. Cao, W. Song, Y. Wu, J. Zhang, Deep Reinforcement Learning Guided Improvement
Heuristic for Job Shop Scheduling, ICLR 2024, arXiv:2211.10936.  Departures: source and sink
are left out, as their features are constants; messages pass along arcs both ways; an
operation's features may be relative to its surroundings (`job_shop_features`), which carries
over to larger shops; and only the operations of legal swaps go through the MLP, which gives
the same scores as the whole matrix h h'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from solverhub.core.errors import InvalidParams
from solverhub.learned.job_shop_features import WIDTHS
from solverhub.learned.job_shop_links import Links, attend, mean_over
from solverhub.learned.model_files import NetworkTable


@dataclass(frozen=True, slots=True)
class NetworkConfig(NetworkTable):
    """Sizes of the network; the paper's are width 128, 4 layers and published features."""

    width: int = 64
    layers: int = 4
    score_layers: int = 4
    features: str = "local"
    scorer: str = "joint"

    def __post_init__(self) -> None:
        for name in ("width", "layers", "score_layers"):
            if not 1 <= getattr(self, name) <= 4096:
                raise InvalidParams(f"{name} is {getattr(self, name)}", remedy="give 1 or more")
        if self.features not in WIDTHS:
            raise InvalidParams(
                f"features is {self.features!r}", remedy=f"one of {', '.join(WIDTHS)}"
            )


def _mlp(sizes: list[int]) -> nn.Sequential:
    blocks: list[nn.Module] = []
    for before, after in pairwise(sizes):
        blocks += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*blocks[:-1])


class _Attention(nn.Module):
    """One layer of the CAM: a graph attention over each relation, averaged."""

    def __init__(self, inward: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.project = nn.Linear(inward, 2 * width, bias=False)
        self.asked = nn.Parameter(torch.empty(2, width))
        self.told = nn.Parameter(torch.empty(2, width))
        self.bias = nn.Parameter(torch.zeros(width))
        nn.init.xavier_uniform_(self.asked)
        nn.init.xavier_uniform_(self.told)

    def forward(self, rows: torch.Tensor, jobs: Links, machines: Links) -> torch.Tensor:
        parts = self.project(rows).split(self.width, dim=1)
        summed: torch.Tensor = self.bias
        for part, asked, told, links in zip(
            parts, self.asked, self.told, (jobs, machines), strict=True
        ):
            part = part.contiguous()
            summed = summed + attend(part, part @ asked, part @ told, links) * 0.5
        return nn.functional.elu(summed)


class PolicyNetwork(nn.Module):
    """Scores of candidate swaps; see the module."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, inward = config.width, WIDTHS[config.features]
        starts = [inward, *[width] * (config.layers - 1)]
        self.topological = nn.ModuleList(_mlp([start, width, width]) for start in starts)
        self.attentive = nn.ModuleList(_Attention(start, width) for start in starts)
        ends = [4 * width] if config.scorer == "product" else [6 * width]
        out = [width] if config.scorer == "product" else [1]
        self.score = _mlp(ends + [width] * (config.score_layers - 1) + out)

    def forward(
        self, features: torch.Tensor, jobs: Links, machines: Links, pairs: torch.Tensor
    ) -> torch.Tensor:
        """Logits float32 (B, K) of `pairs` int64 (B, K, 2); pad them with any operation.

        `features` is float32 (B, N, F).
        """
        size, n, _ = features.shape
        rows = self.embed(features, jobs, machines)
        graph = rows.view(size, n, -1).mean(1)
        shift = (torch.arange(size, device=pairs.device) * n)[:, None, None]
        chosen = rows.index_select(0, (pairs + shift).reshape(-1)).view(*pairs.shape, -1)
        if self.config.scorer == "joint":
            whole = graph[:, None, :].expand(-1, pairs.shape[1], -1)
            joined = torch.cat([chosen[:, :, 0], chosen[:, :, 1], whole], 2)
            scores: torch.Tensor = self.score(joined)
            return scores.float()[:, :, 0]
        whole = graph[:, None, None, :].expand(-1, *pairs.shape[1:], -1)
        h: torch.Tensor = self.score(torch.cat([chosen, whole], 3)).float()
        products = (h[:, :, 0] * h[:, :, 1]).sum(2)
        return products / math.sqrt(self.config.width)

    def embed(self, features: torch.Tensor, jobs: Links, machines: Links) -> torch.Tensor:
        """Embedding of every operation, float (B N, 2 width)."""
        rows = features.reshape(-1, features.shape[2])
        topological, total = rows, torch.zeros(())
        for layer in self.topological:
            topological = layer(mean_over(topological, jobs, machines))
            total = total.to(topological.device) + topological
        attentive = rows
        for layer in self.attentive:
            attentive = layer(attentive, jobs, machines)
        return torch.cat([total, attentive], 1)
