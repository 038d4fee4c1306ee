"""Vertices of a maximum cut that can be decided or removed beforehand, and the way back.

With spins s = 1 or -1 a maximum cut is a minimum of sum w_uv s_u s_v.  Let A_u be the sum of
|w_ux| over the neighbours of u.  Until nothing changes:

- Heavy edge: |w_uv| >= A_u - |w_uv|.  Turning u alone never loses more than it wins at uv, so
  some optimum has s_u = -sign(w_uv) s_v: u is merged into v.  Vertices of degree 1 and 2
  always have such an edge.
- Heavy pair: |w_uv| + |w_ux| >= (A_u + A_x) / 2 in the same way, turning u and x together
  (both by the cut criterion of Lange, Andres and Swoboda 2019, doi:10.1109/CVPR.2019.00625).
- Degree 3: s_u is best chosen against f = w_a s_a + w_b s_b + w_c s_c, and -|f| is a sum of
  pair terms in s_a, s_b, s_c exactly.  So u goes and a, b and c are joined by triangles
  (star-triangle; unweighted in Ferizovic et al. 2020, arXiv:1905.10902).
- Similar vertices: not joined, with the same neighbours and proportional weights.  Both want
  the same, or the opposite where the factor is negative: they are merged.

Integers are scaled by a power of 2 first, since triangles have halves; where that is not
enough the vertex stays.  A cut of the kernel differs from what it is lifted to by a constant
and a factor, so that the best is lifted to the best.  Vertices in order of their degree, then
number: plain Python, for graphs of some ten thousand edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub.problems.graph import Graph

HALVINGS = 2**8
MOST_WEIGHT = 2**50
"""Sum of the sizes of integer weights up to which they are scaled."""
MOST_TOTAL = 2**62
"""Twice the sum from which nothing is reduced."""
MOST_SIZE = 300_000
"""Vertices and edges up to which reductions are worth their time."""
PAIRS = 8
"""Degree up to which heavy pairs are looked for."""

Links = dict[int, Any]
Step = Callable[[list[int]], None]


@dataclass(frozen=True, slots=True)
class CutKernel:
    """What is left, the vertices int64 (k,) of the graph that it has, and the way back."""

    graph: Graph
    kept: np.ndarray
    n: int
    steps: list[Step]

    def lift(self, side: np.ndarray) -> np.ndarray:
        """The cut int8 (n,) of the whole graph that a cut int8 (k,) of the kernel stands for."""
        spins = [1] * self.n
        for v, at in zip(self.kept.tolist(), side.tolist(), strict=True):
            spins[v] = 1 - 2 * at
        for step in reversed(self.steps):
            step(spins)
        return (np.array(spins, np.int64) < 0).astype(np.int8)


def cut_kernel(graph: Graph) -> CutKernel | None:
    """Reduce until no rule applies; None where none would soon, or the graph is too large."""
    return _Reducer(graph).run() if _promising(graph) else None


def _promising(graph: Graph) -> bool:
    """True if some vertex has at most 3 neighbours, or an edge as heavy as all its others."""
    if not 0 < graph.n + graph.n_edges <= MOST_SIZE:
        return False
    sizes = np.abs(graph.weights_of_edges)[graph.edge_ids].astype(np.float64)
    if sizes.sum() > MOST_TOTAL:
        return False
    owner = np.repeat(np.arange(graph.n), graph.degrees)
    heavy = 2 * sizes >= np.bincount(owner, sizes, graph.n)[owner]
    return bool((graph.degrees <= 3).any() or heavy.any())


class _Reducer:
    """`links[v][u]` is the weight of edge uv; `total[v]` the sum of their sizes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        weights = graph.weights_of_edges
        self.whole = weights.dtype.kind == "i"
        values = weights.tolist()
        if self.whole and sum(map(abs, values)) <= MOST_WEIGHT:
            values = [HALVINGS * w for w in values]
        self.links: list[Links] = [{} for _ in range(graph.n)]
        for u, v, w in zip(*graph.edge_index.tolist(), values, strict=True):
            if w:
                self.links[u][v] = self.links[v][u] = w
        self.steps: list[Step] = []
        self.alive = [True] * graph.n
        self.waiting = set(range(graph.n))

    def run(self) -> CutKernel:
        while self.waiting:
            batch = sorted(self.waiting, key=lambda v: (len(self.links[v]), v))
            self.waiting = set()
            for v in batch:
                if self.alive[v]:
                    self._reduce(v)
            if not self.waiting:
                self._merge_similar()
        return self._kernel()

    def _reduce(self, u: int) -> None:
        links = self.links[u]
        if not links:
            return
        v = max(links, key=lambda x: abs(links[x]))
        total = self._total(u)
        if 2 * abs(links[v]) >= total:
            self._merge(u, v, -1 if links[v] > 0 else 1)
        elif len(links) == 3:
            self._to_triangle(u)
        elif len(links) <= PAIRS:
            self._heavy_pair(u, total)

    def _total(self, v: int) -> Any:
        return sum(map(abs, self.links[v].values()))

    def _heavy_pair(self, u: int, total: Any) -> None:
        links = self.links[u]
        for x in sorted(links):
            rest = total + self._total(x) - 2 * abs(links[x])
            for v in sorted(links):
                if v != x and 2 * abs(links[v]) >= rest:
                    self._merge(u, v, -1 if links[v] > 0 else 1)
                    return

    def _merge(self, u: int, v: int, sign: int) -> None:
        """Let s_u = sign s_v."""
        links = self._remove(u)
        for x, w in links.items():
            if x != v:
                self._add(v, x, sign * w)
        self.waiting.add(v)

        def back(spins: list[int]) -> None:
            spins[u] = sign * spins[v]

        self.steps.append(back)

    def _to_triangle(self, u: int) -> None:
        (a, p), (b, q), (c, r) = sorted(self.links[u].items())
        every, without_a, without_b, without_c = (
            abs(p + q + r),
            abs(-p + q + r),
            abs(p - q + r),
            abs(p + q - r),
        )
        pairs = (
            (a, b, every + without_c - without_a - without_b),
            (a, c, every + without_b - without_a - without_c),
            (b, c, every + without_a - without_b - without_c),
        )
        if self.whole and any(four % 4 for _, _, four in pairs):
            return
        self._remove(u)
        for x, y, four in pairs:
            self._add(x, y, -four // 4 if self.whole else -four / 4)

        def back(spins: list[int]) -> None:
            spins[u] = -1 if p * spins[a] + q * spins[b] + r * spins[c] > 0 else 1

        self.steps.append(back)

    def _merge_similar(self) -> None:
        """Merge vertices of one kind; the weights of each are divided by their factor."""
        first: dict[tuple[Any, ...], int] = {}
        for v, links in enumerate(self.links):
            if not self.alive[v] or not links:
                continue
            order = sorted(links)
            unit = math.gcd(*links.values()) if self.whole else 1
            if links[order[0]] < 0:
                unit = -unit
            kind = tuple((x, links[x] // unit if self.whole else links[x] * unit) for x in order)
            twin = first.setdefault(kind, v)
            if twin != v and self._alike(v, twin):
                same = (links[order[0]] > 0) == (self.links[twin][order[0]] > 0)
                self._merge(v, twin, 1 if same else -1)

    def _alike(self, v: int, twin: int) -> bool:
        """True if still proportional: merging others may have changed one of them."""
        mine, its = self.links[v], self.links[twin]
        x = next(iter(mine))
        return mine.keys() == its.keys() and all(mine[y] * its[x] == its[y] * mine[x] for y in mine)

    def _remove(self, u: int) -> Links:
        links, self.links[u], self.alive[u] = self.links[u], {}, False
        for x in links:
            del self.links[x][u]
            self.waiting.add(x)
        return links

    def _add(self, u: int, v: int, w: Any) -> None:
        new = self.links[u].get(v, 0) + w
        if new:
            self.links[u][v] = self.links[v][u] = new
        else:
            self.links[u].pop(v, None)
            self.links[v].pop(u, None)
        self.waiting.update((u, v))

    def _kernel(self) -> CutKernel:
        kept = [v for v in range(self.graph.n) if self.alive[v] and self.links[v]]
        place = {v: i for i, v in enumerate(kept)}
        edges = [(place[u], place[v], w) for u in kept for v, w in self.links[u].items() if u < v]
        weights = [w for _, _, w in edges]
        if self.whole and weights:
            unit = math.gcd(*weights)
            weights = [w // unit for w in weights]
        graph = Graph.from_edges(
            len(kept), [u for u, _, _ in edges], [v for _, v, _ in edges], edge_weights=weights
        )
        return CutKernel(graph, np.array(kept, np.int64), self.graph.n, self.steps)
