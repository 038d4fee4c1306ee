"""The network of the contrastive policy: a score for every column of an integer program.

Columns and rows are embedded by pre-norm MLPs; rows attend to their columns, then columns to their
rows; an MLP gives one logit a column (CL-LNS, Huang et al. 2023, arXiv:2302.01578).  Attention is
that of GAT (arXiv:1710.10903) with the coefficient in its logit, several heads.  Departures: the
logits of attention are kept within ±10 by a tanh, so that no maximum has to be found first; width
and heads are smaller, for CPUs.

A weighted sum over neighbours is a sparse product, which needs no memory for messages; its
gradient gathers them, which only training does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn

from solverhub.core.errors import InvalidParams
from solverhub.learned.contrastive_features import COLUMN, ROW, Bipartite
from solverhub.learned.model_files import NetworkTable

LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class NetworkConfig(NetworkTable):
    """Sizes of the network; the paper's are width 64 and 8 heads."""

    width: int = 32
    heads: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.width <= 1024 or not 1 <= self.heads <= self.width:
            raise InvalidParams(f"width is {self.width}, heads {self.heads}", remedy="give 32, 4")
        if self.width % self.heads:
            raise InvalidParams(f"width is {self.width}", remedy=f"a multiple of {self.heads}")


@dataclass(frozen=True, slots=True)
class Side:
    """Neighbours of one kind of vertex: entry e joins receiver `to[e]` and sender `of[e]`.

    `indptr` int64 (receivers + 1,), `to` and `of` int64 (E,), `entries` float32 (E,).
    """

    indptr: torch.Tensor
    to: torch.Tensor
    of: torch.Tensor
    entries: torch.Tensor
    senders: int


@dataclass(frozen=True, slots=True)
class Sides:
    """Rows that receive from columns, and columns that receive from rows."""

    rows: Side
    columns: Side

    @classmethod
    def of(cls, graph: Bipartite) -> Sides:
        """The tensors of a graph."""
        program, order = graph.program, graph.by_column
        row = torch.from_numpy(graph.row_of.astype(np.int64))
        column = torch.from_numpy(program.A.indices.astype(np.int64))
        entries = torch.from_numpy(graph.entries)
        ends = np.concatenate([[0], np.cumsum(np.bincount(program.A.indices, minlength=program.n))])
        turned = torch.from_numpy(order)
        return cls(
            Side(
                torch.from_numpy(program.A.indptr.astype(np.int64)), row, column, entries, program.n
            ),
            Side(torch.from_numpy(ends), column[turned], row[turned], entries[turned], program.m),
        )


def neighbour_sum(weight: torch.Tensor, values: torch.Tensor, side: Side) -> torch.Tensor:
    """Float (receivers, C): the sum over the entries e of a receiver of weight[e] values[of[e]].

    `weight` is (E,) and `values` (senders, C).
    """
    found: torch.Tensor = _Sum.apply(weight, values, side)  # type: ignore[no-untyped-call]
    return found


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: torch.Tensor, values: torch.Tensor, side: Side) -> torch.Tensor:
        ctx.save_for_backward(weight, values)
        ctx.side = side
        shape = (side.indptr.numel() - 1, side.senders)
        arrays = weight.detach().numpy(), side.of.numpy(), side.indptr.numpy()
        return torch.from_numpy(csr_array(arrays, shape=shape) @ values.detach().numpy())

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:
        weight, values = ctx.saved_tensors
        side = ctx.side
        told = gradient.index_select(0, side.to)
        of_weight = (told * values.index_select(0, side.of)).sum(1)
        of_values = torch.zeros_like(values)
        of_values.index_add_(0, side.of, told * weight[:, None])
        return of_weight, of_values, None


class _Attention(nn.Module):
    """Receivers take a mean of senders' projections, weighted by heads, and an MLP of both."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, width)
        self.asked = nn.Linear(width, self.heads)
        self.told = nn.Linear(width, self.heads)
        self.entry = nn.Parameter(torch.zeros(self.heads))
        self.after = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, to: torch.Tensor, of: torch.Tensor, side: Side) -> torch.Tensor:
        of = self.norm(of)
        values = self.project(of).chunk(self.heads, 1)
        asked, told = self.asked(to), self.told(of)
        ones = torch.ones(of.shape[0], 1)
        heads = []
        for h in range(self.heads):
            logit = asked[side.to, h] + told[side.of, h] + side.entries * self.entry[h]
            weight = torch.exp(LIMIT * torch.tanh(nn.functional.leaky_relu(logit, 0.2) / LIMIT))
            total = neighbour_sum(weight, torch.cat([values[h], ones], 1), side)
            heads.append(total[:, :-1] / total[:, -1:].clamp(min=1e-9))
        found: torch.Tensor = to + self.after(torch.cat([to, *heads], 1))
        return found


class ContrastiveNetwork(nn.Module):
    """Logits of columns; see the module."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.column = _embed(COLUMN, width)
        self.row = _embed(ROW, width)
        self.rows = _Attention(config)
        self.columns = _Attention(config)
        self.head = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, columns: torch.Tensor, rows: torch.Tensor, sides: Sides) -> torch.Tensor:
        """Logits float32 (n,) from features float32 (n, COLUMN) and (m, ROW)."""
        column, row = self.column(columns), self.row(rows)
        row = self.rows(row, column, sides.rows)
        column = self.columns(column, row, sides.columns)
        found: torch.Tensor = self.head(column)[:, 0]
        return found


def _embed(inward: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inward, width), nn.ReLU(), nn.Linear(width, width))
