"""Reductions over the neighbours of every vertex of a graph, with gradients: message passing.

    sum      y_i = sum of x_j over the neighbours j of i
    mean     y_i = that over the number of neighbours
    max      y_i = max x_j, by channel; its gradient goes to the first j that has it
    softmax  y_i = sum of s_ij x_j with s_ij = exp(t x_j) / sum of exp(t x_k), by channel

(Softmax aggregation: G. Li et al., DeeperGCN, arXiv:2006.07739, with t given.)  A vertex without
neighbours gets 0.  Graphs are in rows (`Links`: many graphs end to end are one graph) or padded
and dense.  Gradients run along the transposed graph, each row written by one thread, so runs are
equal on every device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.ops import cuda, neighbour_aggregation_cpu
from solverhub.ops.neighbour_aggregation_cpu import MAX, MEAN, SOFTMAX, SUM

KINDS = {"sum": SUM, "mean": MEAN, "max": MAX, "softmax": SOFTMAX}


@dataclass(frozen=True, slots=True)
class Links:
    """A graph in rows: row i has the neighbours `indices[indptr[i]:indptr[i + 1]]`.

    - `indptr`: int64 (rows + 1,); `indices`: int32 (E,), rows of the values.
    - `back_indptr`, `back_indices`: the transposed graph; None for a symmetric one.
    """

    indptr: torch.Tensor
    indices: torch.Tensor
    back_indptr: torch.Tensor | None = None
    back_indices: torch.Tensor | None = None

    @property
    def ahead(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The graph."""
        return self.indptr, self.indices

    @property
    def back(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The transposed graph."""
        if self.back_indptr is None or self.back_indices is None:
            return self.ahead
        return self.back_indptr, self.back_indices


def aggregate(
    values: torch.Tensor, links: Links, reduce: str = "sum", *, temperature: float = 1.0
) -> torch.Tensor:
    """The reduction of neighbours' rows, float32 (rows, C), of `values` float32 (rows', C).

    On the device where all tensors lie: Numba on the host, `kernels/neighbour_aggregation.cu` on
    CUDA, both on torch's own memory.  Raises InvalidParams for an unknown reduction, and
    InvalidInstance for tensors of other types; indices are not checked.
    """
    kind = _kind(reduce)
    if values.dtype != torch.float32 or values.ndim != 2:
        raise InvalidInstance(
            f"values are {values.dtype} {tuple(values.shape)}", remedy="give float32 (rows, C)"
        )
    if links.indptr.dtype != torch.int64 or links.indices.dtype != torch.int32:
        raise InvalidInstance(
            f"links are {links.indptr.dtype} and {links.indices.dtype}",
            remedy="give int64 indptr and int32 indices",
        )
    found: torch.Tensor = _Aggregate.apply(  # type: ignore[no-untyped-call]
        values, links, kind, temperature
    )
    return found


def aggregate_dense(
    values: torch.Tensor, adjacency: torch.Tensor, reduce: str = "sum", *, temperature: float = 1.0
) -> torch.Tensor:
    """The same for B padded graphs: `values` float32 (B, N, C), `adjacency` float32 (B, N, N).

    A row of `adjacency` is 1 at the neighbours and 0 elsewhere.  Sums and means are matrix
    products; the others go by `links_of`.
    """
    kind = _kind(reduce)
    if kind in (SUM, MEAN):
        total = adjacency @ values
        if kind == SUM:
            return total
        return total / adjacency.sum(2, keepdim=True).clamp(min=1)
    flat = aggregate(
        values.reshape(-1, values.shape[2]), links_of(adjacency), reduce, temperature=temperature
    )
    return flat.view(values.shape)


def links_of(adjacency: torch.Tensor) -> Links:
    """The nonzeros of padded graphs (B, N, N) as one graph of B N rows."""

    def rows(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        size = matrix.shape[1]
        graph, row, column = matrix.nonzero().unbind(1)
        degree = torch.bincount(graph * size + row, minlength=len(matrix) * size)
        start = torch.zeros(1, dtype=torch.int64, device=matrix.device)
        return torch.cat([start, degree.cumsum(0)]), (graph * size + column).to(torch.int32)

    return Links(*rows(adjacency), *rows(adjacency.transpose(1, 2)))


def _kind(reduce: str) -> int:
    if reduce not in KINDS:
        raise InvalidParams(f"no reduction {reduce!r}", remedy=f"one of {', '.join(KINDS)}")
    return KINDS[reduce]


def _form(values: torch.Tensor) -> tuple[Any, Callable[[Any], Any], Callable[[Any], torch.Tensor]]:
    """The module of the device's loops, and the ways from tensors to its arrays and back."""
    if values.is_cuda:
        from solverhub.ops import neighbour_aggregation_cuda

        return neighbour_aggregation_cuda, cuda.on_device, torch.utils.dlpack.from_dlpack
    return neighbour_aggregation_cpu, torch.Tensor.numpy, torch.from_numpy


class _Aggregate(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: torch.Tensor, links: Links, kind: int, temperature: float
    ) -> torch.Tensor:
        values = values.detach().contiguous()
        loops, array, tensor = _form(values)
        out, second = loops.forward(kind, array(values), *map(array, links.ahead), temperature)
        found = tensor(out)
        ctx.links, ctx.kind, ctx.temperature = links, kind, temperature
        if second is not None:
            ctx.save_for_backward(values, found, tensor(second))
        return found

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:
        gradient = gradient.contiguous()
        if ctx.kind == MEAN:
            gradient = gradient / ctx.links.indptr.diff().clamp(min=1)[:, None]
        loops, array, tensor = _form(gradient)
        back = tuple(map(array, ctx.links.back))
        if ctx.kind in (SUM, MEAN):
            found = loops.forward(SUM, array(gradient), *back, 1.0)[0]
        else:
            kept = tuple(map(array, ctx.saved_tensors))
            found = loops.backward(ctx.kind, array(gradient), kept, *back, ctx.temperature)
        return tensor(found), None, None, None
