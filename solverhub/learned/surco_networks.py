"""Networks of SurCo's priors: from features of an instance to the costs of its linear surrogate."""

from __future__ import annotations

import torch
from torch import nn

_FAR = 1e3
_WAVES = 9.0
"""Of the first sines: with 3 in its place converters are learned ten times as slowly."""


def _mlp(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.GELU(), nn.Linear(width, outputs))


class ExchangeNetwork(nn.Module):
    """Costs of pairs (table, device): those of a first placement, less where an exchange is wanted.

    Each round a pair of devices hears the mean and the largest of what the pairs with either say
    (Zaheer et al., NeurIPS 2017, arXiv:1703.06114, over rows and columns).  Both tables of an
    exchange get the same say, since half an exchange is worse than none, and one is wanted as far
    as its score is above 0 and above the scores of the others of its devices.
    """

    def __init__(self, features: int, width: int, rounds: int) -> None:
        super().__init__()
        self.enter = _mlp(features, width, width)
        self.rounds = nn.ModuleList(_mlp(5 * width, width, width) for _ in range(rounds))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(rounds))
        self.leave = nn.Linear(width, 1)
        nn.init.constant_(self.leave.bias, -0.5)
        nn.init.normal_(self.leave.weight, std=1e-3)

    def forward(
        self, pairs: torch.Tensor, lies: torch.Tensor, moves: torch.Tensor, scale: torch.Tensor
    ) -> torch.Tensor:
        """`pairs` (K, K, features), the last 0 for no exchange, `lies` and `moves` (n, K), `scale`
        (n, 1) to costs (n * K,)."""
        h = self.enter(pairs)
        for told, norm in zip(self.rounds, self.norms, strict=True):
            heard = [h]
            for over in (-2, -3):
                heard.append(h.mean(over, keepdim=True).expand_as(h))
                heard.append(h.amax(over, keepdim=True).expand_as(h))
            h = norm(h + told(torch.cat(heard, -1)))
        score = self.leave(h).squeeze(-1)
        score = ((score + score.T) / 2).masked_fill(pairs[..., -1] == 0, -_FAR)
        first = torch.cat([score, score.new_zeros(len(score), 1)], 1).topk(2)
        is_first = first.indices[:, :1] == torch.arange(len(score))
        others = torch.where(is_first, first.values[:, 1:], first.values[:, :1])
        wanted = 1 + score - torch.maximum(others, others.T)
        found: torch.Tensor = ((1 - lies - moves * (lies @ wanted)) * scale).reshape(-1)
        return found


class EdgeNetwork(nn.Module):
    """Costs of edges as multiples of given ones, between a third and three times them."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Linear(features, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.leave = nn.Linear(width, 1)
        nn.init.zeros_(self.leave.bias)
        nn.init.normal_(self.leave.weight, std=1e-3)

    def forward(self, edges: torch.Tensor, costs: torch.Tensor) -> torch.Tensor:
        """`edges` (E, features) and `costs` (E,) to costs (E,)."""
        change = torch.tanh(self.leave(self.inner(edges)).squeeze(-1))
        return costs * torch.exp(change * 1.1)


class PixelNetwork(nn.Module):
    """Costs of pixels by sines of their features (Sitzmann et al., NeurIPS 2020, arXiv:2006.09661).

    Sines, since what guides light has the length of its wave.  Kinds of instances share nothing.
    """

    def __init__(self, features: int, width: int, kinds: int) -> None:
        super().__init__()
        self.kinds = nn.ModuleList(_Sines(features, width) for _ in range(kinds))

    def forward(self, pixels: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
        """`pixels` (n, features) to costs (n,) of mean size 1."""
        costs = self.kinds[int(kind)](pixels)
        found: torch.Tensor = costs / (costs.abs().mean() + 1e-6)
        return found


class _Sines(nn.Module):
    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.leave = nn.Linear(width, 1)
        nn.init.normal_(self.enter.weight, std=_WAVES / features**0.5)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        h = torch.sin(self.enter(pixels))
        for layer in self.inner:
            h = h + torch.sin(layer(h))
        found: torch.Tensor = self.leave(h).squeeze(-1)
        return found
