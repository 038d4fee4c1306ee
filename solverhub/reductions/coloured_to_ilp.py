"""Edge-coloured clustering as an integer program over edges and colours of vertices.

    min  sum of w_e (1 - z_e),    z_e <= y_vc  for v in e, c the colour of e,
                                  sum over c of y_vc <= 1  for each vertex v.

Only vertices whose edges have several colours have a row, and only edges with such a vertex a
column; y_vc is the z_e itself where e is the one edge of its colour at v.  A vertex whose edges
are all edges of another one has no rows: the other's imply them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.result import Number, Sense
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.integer_program import IntegerProgram


@dataclass(frozen=True, eq=False)
class ColouredReduction:
    """The program, and the maps between the two; see `graph_to_ilp.Reduction`.

    - `edges` int64 (k,): the edges of the first k columns.
    - `shares`: the evidence float64 (s,) of the row multipliers of the linear relaxation.
    """

    instance: IntegerProgram
    edges: np.ndarray
    lift: Callable[[np.ndarray], np.ndarray]
    lower: Callable[[np.ndarray], np.ndarray]
    bound: Callable[[Number], Number]
    shares: Callable[[np.ndarray], np.ndarray]


def reduce_coloured(instance: ColouredHypergraph) -> ColouredReduction:
    """The program of an instance."""
    rows = _Rows(instance)
    k, y = rows.edges.size, rows.held.shape[0]
    A = csr_array(
        (rows.values, (rows.rows, rows.columns)), shape=(rows.n_links + rows.n_sums, k + y)
    )
    weights = instance.weights[rows.edges].astype(np.float64)
    program = IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.append(-weights, np.zeros(y)),
        offset=float(weights.sum()),
        A=A,
        row_lower=np.full(A.shape[0], -np.inf),
        row_upper=np.append(np.zeros(rows.n_links), np.ones(rows.n_sums)),
        lower=np.zeros(k + y),
        upper=np.ones(k + y),
        integer=np.ones(k + y, np.bool_),
    )
    free = np.ones(instance.m, np.bool_)
    free[rows.edges] = False

    def lift(values: np.ndarray) -> np.ndarray:
        chosen = free.copy()
        chosen[rows.edges] = values[:k] > 0.5
        return _labels(instance, chosen)

    def lower(labels: np.ndarray) -> np.ndarray:
        right = labels[instance.vertices] == instance.colour[instance.edge_of]
        whole = np.ones(instance.m, np.bool_)
        np.logical_and.at(whole, instance.edge_of, right)
        held = labels[rows.held[:, 0]] == rows.held[:, 1]
        return np.append(whole[rows.edges], held).astype(np.float64)

    def shares(row_dual: np.ndarray) -> np.ndarray:
        found = np.zeros(instance.vertices.size)
        found[rows.entries] = np.maximum(0.0, -row_dual[rows.payers])
        return found

    return ColouredReduction(program, rows.edges, lift, lower, lambda value: value, shares)


def _labels(instance: ColouredHypergraph, chosen: np.ndarray) -> np.ndarray:
    """The colouring of edges without conflicts; vertices without one take that of their first."""
    labels = np.zeros(instance.n, np.int64)
    tint = instance.colour[instance.edge_of]
    labels[instance.vertices[::-1]] = tint[::-1]
    kept = chosen[instance.edge_of]
    labels[instance.vertices[kept]] = tint[kept]
    return labels


class _Rows:
    """Rows and columns: links z_e <= y_vc first, then the sums at the vertices.

    `held` int64 (y, 2): vertex and colour of the further columns.  The entry `entries[i]` of
    the incidence is paid by the multiplier of row `payers[i]`.
    """

    def __init__(self, instance: ColouredHypergraph) -> None:
        at, order = instance.by_vertex
        edge_of, colour = instance.edge_of, instance.colour
        kept = _contested(instance)
        entries = np.concatenate(
            [order[at[v] : at[v + 1]] for v in kept] or [np.zeros(0, np.int64)]
        )
        vertex, edge = instance.vertices[entries], edge_of[entries]
        self.edges = np.unique(edge)
        column = np.full(instance.m, -1, np.int64)
        column[self.edges] = np.arange(self.edges.size)
        key = vertex * max(1, instance.n_colours) + colour[edge]
        groups, group, counts = np.unique(key, return_inverse=True, return_counts=True)
        several = counts > 1
        self.held = np.stack(np.divmod(groups[several], max(1, instance.n_colours)), axis=1)
        held_column = np.full(groups.size, -1, np.int64)
        held_column[several] = self.edges.size + np.arange(int(several.sum()))
        linked = several[group]
        self.n_links, self.n_sums = int(linked.sum()), kept.size
        place = np.searchsorted(kept, vertex)
        link = np.arange(self.n_links)
        alone = ~linked
        sums = self.n_links + np.append(place[alone], np.searchsorted(kept, self.held[:, 0]))
        self.rows = np.concatenate([link, link, sums])
        self.columns = np.concatenate(
            [
                column[edge[linked]],
                held_column[group[linked]],
                column[edge[alone]],
                self.edges.size + np.arange(self.held.shape[0]),
            ]
        )
        self.values = np.concatenate(
            [np.ones(self.n_links), -np.ones(self.n_links), np.ones(sums.size)]
        )
        self.entries = np.concatenate([entries[linked], entries[alone]])
        self.payers = np.concatenate([link, self.n_links + place[alone]])


def _contested(instance: ColouredHypergraph) -> np.ndarray:
    """Sorted vertices whose edges have several colours and are not all edges of another one."""
    at, order = instance.by_vertex
    edge_of, colour = instance.edge_of, instance.colour
    tint = colour[edge_of[order]]
    low = np.full(instance.n, np.iinfo(np.int64).max)
    high = np.full(instance.n, -1)
    owner = np.repeat(np.arange(instance.n), np.diff(at))
    np.minimum.at(low, owner, tint)
    np.maximum.at(high, owner, tint)
    several = np.flatnonzero(low < high)
    edges = {int(v): frozenset(edge_of[order[at[v] : at[v + 1]]].tolist()) for v in several}
    bounds, members = instance.indptr, instance.vertices
    sizes = instance.sizes
    kept = []
    for v, own in edges.items():
        smallest = min(own, key=sizes.__getitem__)
        others = members[bounds[smallest] : bounds[smallest + 1]].tolist()
        if not any(_implies(edges, u, v, own) for u in others if u != v):
            kept.append(v)
    return np.array(kept, np.int64)


def _implies(edges: dict[int, frozenset[int]], u: int, v: int, own: frozenset[int]) -> bool:
    """True if the rows of u imply those of v; of equal vertices the first has the rows."""
    other = edges.get(u)
    if other is None or not own <= other:
        return False
    return own < other or u < v
