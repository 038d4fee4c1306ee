"""Many walks of the GFlowNet at once, over many graphs; see `gflownet_rules`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from solverhub.learned import gflownet_rules as rules
from solverhub.problems.graph import Graph


@dataclass(frozen=True, slots=True)
class Graphs:
    """Graphs end to end.

    - `first`: int64 (G + 1,): graph g has the rows first[g]:first[g + 1].
    - `indptr`: int64 (rows + G,): of graph g from first[g] + g on, counted within `indices`.
    - `indices`: int32 (sum of 2 E,): neighbours, ids within the graph.
    """

    first: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray

    @classmethod
    def of(cls, graphs: Sequence[Graph]) -> Graphs:
        """Join graphs, whose weights are not looked at."""
        first = np.cumsum([0, *(graph.n for graph in graphs)])
        ends = np.cumsum([0, *(graph.indices.size for graph in graphs)])
        parts = [graph.indptr + end for graph, end in zip(graphs, ends, strict=False)]
        joined = [graph.indices.astype(np.int32) for graph in graphs]
        empty = np.zeros(0, np.int32)
        return cls(first, np.concatenate(parts), np.concatenate([empty, *joined]))

    def size(self, graph: int) -> int:
        """Vertices of a graph."""
        return int(self.first[graph + 1] - self.first[graph])


class States:
    """One state a walk; `code` says of which process.

    - `graph`: int64 (W,): the graph of each walk.
    - `status`: int8 (W, N), `near` and `held`: int32 (W, N), N the largest graph's vertices.
    """

    def __init__(self, code: int, graphs: Graphs, graph: np.ndarray) -> None:
        self.code, self.graphs = code, graphs
        self.graph = np.asarray(graph, np.int64)
        shape = len(self.graph), int(np.diff(graphs.first).max(initial=0))
        self.status = np.empty(shape, np.int8)
        self.near, self.held = np.empty(shape, np.int32), np.empty(shape, np.int32)
        _begin(*self._arrays())

    def pick(self, walks: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Take actions in turn: vertex `vertices[k]` in walk `walks[k]`, both int64.

        Those that are decided by then are left out; bool, True for each that was taken.
        """
        taken: np.ndarray = _pick(*self._arrays(), walks, vertices)  # type: ignore[call-arg]
        return taken

    def complete(self) -> None:
        """Go on to terminal states without a policy, from vertices of few neighbours on."""
        for walk, g in enumerate(self.graph):
            low, high = self.graphs.first[g] + g, self.graphs.first[g + 1] + g + 1
            order = np.argsort(np.diff(self.graphs.indptr[low:high]), kind="stable")
            if self.code == rules.CLIQUE:
                order = order[::-1]
            self.pick(np.full(order.size, walk), order)

    def undecided(self) -> np.ndarray:
        """int64 (W,): what is left to decide; 0 in terminal states."""
        count: np.ndarray = (self.status == rules.UNDECIDED).sum(1)
        return count

    def rewards(self) -> np.ndarray:
        """int64 (W,); see `gflownet_rules.reward`."""
        found: np.ndarray = _rewards(*self._arrays())
        return found

    def parents(self) -> np.ndarray:
        """int64 (W,): legal parents; see `gflownet_rules.count_parents`."""
        found: np.ndarray = _parents(*self._arrays())
        return found

    def solution(self, walk: int) -> np.ndarray:
        """bool (n,): what is IN."""
        found: np.ndarray = self.status[walk, : self.graphs.size(self.graph[walk])] == rules.IN
        return found

    def _arrays(self) -> tuple[Any, ...]:
        graphs = self.graphs
        return (
            self.code, graphs.first, graphs.indptr, graphs.indices,
            self.graph, self.status, self.near, self.held,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def rows_of(first: Any, indptr: Any, g: int) -> Any:
    return indptr[first[g] + g : first[g + 1] + g + 1]


@njit(cache=True, nogil=True)
def _begin(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any
) -> None:
    for w in range(graph.size):
        row = rows_of(first, indptr, graph[w])
        rules.begin(code, row, indices, status[w], near[w], held[w])


@njit(cache=True, nogil=True)
def _pick(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any,
    walks: Any, vertices: Any,
) -> Any:  # fmt: skip
    taken = np.zeros(walks.size, np.bool_)
    for k in range(walks.size):
        w, u = walks[k], vertices[k]
        if status[w, u] == rules.UNDECIDED:
            row = rows_of(first, indptr, graph[w])
            rules.pick(code, u, row, indices, status[w], near[w], held[w])
            taken[k] = True
    return taken


@njit(cache=True, nogil=True)
def _rewards(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any
) -> Any:
    found = np.empty(graph.size, np.int64)
    for w in range(graph.size):
        found[w] = rules.reward(code, rows_of(first, indptr, graph[w]), status[w], near[w])
    return found


@njit(cache=True, nogil=True)
def _parents(
    code: int, first: Any, indptr: Any, indices: Any, graph: Any, status: Any, near: Any, held: Any
) -> Any:
    found = np.empty(graph.size, np.int64)
    for w in range(graph.size):
        found[w] = rules.count_parents(code, rows_of(first, indptr, graph[w]), status[w], near[w])
    return found
