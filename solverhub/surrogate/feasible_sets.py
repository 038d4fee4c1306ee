"""Sets over which linear costs are easy to minimise: what a surrogate searches in.

Each has a number `n` of costs, the `shape` in which an objective sees a solution, the least cost
that its method can take (`lower`), and `solve`, which gives a minimiser of costs . x, float64 (n,),
or None where the set is empty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Sense
from solverhub.exact.session import Session
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution, distances_to_target, follow
from solverhub.problems.sharding_instance import ShardingInstance
from solverhub.reductions.graph_to_ilp import reduce
from solverhub.search.placements import place


class FeasibleSet(Protocol):
    """What `minimise` needs of a set."""

    n: int
    shape: tuple[int, ...]
    lower: float

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """A minimiser of costs . x, float64 (n,) both."""
        ...


class Assignment:
    """0/1 matrices (rows, columns) with a 1 in every row, none twice in a column."""

    lower = -math.inf

    def __init__(self, rows: int, columns: int) -> None:
        if not 1 <= rows <= columns:
            raise InvalidInstance(
                f"{rows} rows and {columns} columns", remedy="give at least as many columns"
            )
        self.n, self.shape = rows * columns, (rows, columns)

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """By the Jonker-Volgenant method of SciPy."""
        x = np.zeros(self.shape)
        x[linear_sum_assignment(costs.reshape(self.shape))] = 1
        return x.ravel()


class Paths:
    """Indicators of the edges of simple paths from source to target; costs are positive."""

    lower = 1e-9

    def __init__(
        self, n_vertices: int, edges: Any, source: int, target: int, *, directed: bool = False
    ) -> None:
        pairs = np.asarray(edges, np.int64).reshape(-1, 2)
        self._place = np.arange(len(pairs), dtype=float)
        # the place of an edge travels as its mean, since the instance sorts its edges
        times = np.column_stack([self._place, np.zeros(len(pairs))])
        self._roads = RouteInstance.of(
            n_vertices, pairs, times, (source, target), 1.0, directed=directed
        )
        self._edges = self._roads.mean.astype(np.int64)
        self.n = len(pairs)
        self.shape = (self.n,)

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """By Dijkstra's algorithm."""
        path = follow(self._roads, distances_to_target(self._roads, costs[self._edges])[1])
        if path is None:
            return None
        x = np.zeros(self.n)
        x[self._edges[as_solution(self._roads, path)]] = 1
        return x


class Placements:
    """0/1 matrices (tables, devices) of placements within the memory of `table-sharding`.

    A model of one's own takes the place of the family's: any torch function of the matrix.
    """

    lower = -math.inf

    def __init__(self, instance: ShardingInstance) -> None:
        self._instance = instance
        self.shape: tuple[int, ...] = (instance.n, instance.devices)
        self.n = instance.n * instance.devices

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """By the cheapest devices, or branch and bound where they lack memory."""
        instance = self._instance
        device = place(costs.reshape(self.shape), instance.bytes, instance.memory_bytes)
        if device is None:
            return None
        x = np.zeros(self.shape)
        x[np.arange(instance.n), device] = 1
        return x.ravel()


class SpanningTrees:
    """Indicators of the edges of spanning trees of a graph."""

    lower = -math.inf

    def __init__(self, n_vertices: int, edges: Any) -> None:
        self._pairs = np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1)
        self._vertices = n_vertices
        self.n = len(self._pairs)
        self.shape = (self.n,)

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """By SciPy's Kruskal on the ranks of the costs, which may be negative or zero."""
        order = np.argsort(costs, kind="stable")
        rank = np.empty(self.n)
        rank[order] = np.arange(1, self.n + 1)
        # of edges in parallel the cheapest alone counts; loops never do
        keys = self._pairs[order] @ np.array([self._vertices, 1])
        kept = order[np.sort(np.unique(keys, return_index=True)[1])]
        kept = kept[self._pairs[kept, 0] != self._pairs[kept, 1]]
        size = (self._vertices, self._vertices)
        tree = minimum_spanning_tree(csr_array((rank[kept], tuple(self._pairs[kept].T)), size))
        if tree.nnz != self._vertices - 1:
            return None
        x = np.zeros(self.n)
        x[order[tree.data.astype(np.int64) - 1]] = 1
        return x


class Matchings:
    """Indicators of the edges of perfect matchings of a graph, or of the largest it has."""

    lower = -math.inf

    def __init__(self, edges: Any) -> None:
        self._pairs = np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1)
        self._place = {(u, v): at for at, (u, v) in enumerate(self._pairs.tolist())}
        if len(self._place) != len(self._pairs):
            raise InvalidInstance("an edge is given twice", remedy="give each pair once")
        self.n = len(self._pairs)
        self.shape = (self.n,)

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """By networkx's blossom algorithm."""
        import networkx

        graph = networkx.Graph()
        rows = zip(self._pairs.tolist(), costs.tolist(), strict=True)
        graph.add_weighted_edges_from((u, v, -cost) for (u, v), cost in rows)
        x = np.zeros(self.n)
        for u, v in networkx.max_weight_matching(graph, maxcardinality=True):
            x[self._place[min(u, v), max(u, v)]] = 1
        return x


class Programs:
    """Solutions of an integer program; its own costs do not count.

    HiGHS keeps the program between solves and changes its costs alone.  A solve that ends without
    a proof after `time_limit` seconds gives its best solution.
    """

    lower = -math.inf

    def __init__(self, program: IntegerProgram, *, time_limit: float = 10.0) -> None:
        self._session = Session(program)
        self._session.set_sense(Sense.MINIMISE)
        self._time_limit = time_limit
        self.n = program.n
        self.shape = (self.n,)

    def solve(self, costs: np.ndarray) -> np.ndarray | None:
        """By HiGHS on one thread, from the solution before."""
        self._session.set_costs(np.arange(self.n), costs)
        result = self._session.solve(Budget.start(self._time_limit, threads=1))
        return result.solution


class Subsets(Programs):
    """0/1 vectors of the independent sets, covers, cliques or dominating sets of a graph.

    `problem` is the family's name.  Where costs are negative, vertices without use are taken too.
    """

    def __init__(self, problem: str, graph: Graph, *, time_limit: float = 10.0) -> None:
        found = reduce(problem, graph)
        if found.instance.n != graph.n:
            raise InvalidInstance(
                f"{problem} of this graph has no program with one column a vertex",
                remedy="give the family minimum-vertex-cover or maximum-independent-set",
            )
        super().__init__(found.instance, time_limit=time_limit)


class Knapsacks(Programs):
    """0/1 vectors of items with a total weight of at most `capacity`."""

    def __init__(self, weights: Sequence[float], capacity: float) -> None:
        row = np.asarray(weights, dtype=np.float64)[None]
        n = row.size
        super().__init__(
            IntegerProgram(
                sense=Sense.MINIMISE,
                c=np.zeros(n),
                A=csr_array(row),
                row_lower=np.array([-np.inf]),
                row_upper=np.array([float(capacity)]),
                lower=np.zeros(n),
                upper=np.ones(n),
                integer=np.ones(n, dtype=bool),
            )
        )
