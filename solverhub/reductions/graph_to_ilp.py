"""Graph families as integer programs.

Subset families: one binary column a vertex and the rows of `subset_rows`.  At most one of k
left out reads `sum x >= k - 1`.  The links of a sparse clique problem use the size s of the
clique as one more column: with N(v) the neighbours of v and K a limit on s,

    sum x = s,    s - 1 - sum over N(v) of x_w <= (K - 1) (1 - x_v).

Maximum cut: a binary side x_v a vertex (one vertex a component is fixed, since swapping the
sides changes nothing) and a column y_e in [0, 1] an edge, 1 where it is cut.  A positive
weight pulls y_e up, so `y <= x_u + x_v` and `y <= 2 - x_u - x_v` suffice; a negative one
pulls it down, so `y >= x_u - x_v` and `y >= x_v - x_u` do.  Alone these leave the linear
relaxation at its trivial bound (every x at 1/2), so the odd-cycle inequalities of short cycles
are added (`frustrated_cycles`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from solverhub.core.result import Number, Sense
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram
from solverhub.reductions.cut_symmetry import anchored, anchors
from solverhub.reductions.frustrated_cycles import frustrated_cycles
from solverhub.reductions.subset_rows import SubsetRows, subset_rows

_ROUNDING = 2.0**-50


@dataclass(frozen=True, eq=False)
class Reduction:
    """An instance of another family, with the maps between the two.

    - `lift`: a solution of `instance` to one of the original.
    - `lower`: a solution of the original to one of `instance`, or None if that has none for it
      (it is then worse than the incumbent that the reduction was given).
    - `bound`: a bound of `instance` to one of the original.
    """

    instance: IntegerProgram
    lift: Callable[[np.ndarray], np.ndarray]
    lower: Callable[[np.ndarray], np.ndarray | None]
    bound: Callable[[Number], Number]


def reduce(problem_name: str, graph: Graph, incumbent: np.ndarray | None = None) -> Reduction:
    """The integer program of a graph problem; a known solution may make it smaller."""
    if problem_name == "max-cut":
        return _reduce_cut(graph)
    sense = families.get(problem_name).sense(graph)
    return _reduce_subset(graph, sense, subset_rows(problem_name, graph, incumbent))


def _reduce_subset(graph: Graph, sense: Sense, rows: SubsetRows) -> Reduction:
    k = len(rows.vertices)
    weights = graph.vertex_weights[rows.vertices]
    program = _linked(rows.links, weights, sense) if rows.links else _listed(rows, weights, sense)

    def lift(values: np.ndarray) -> np.ndarray:
        selected = np.zeros(graph.n, np.bool_)
        selected[rows.vertices] = values[:k] > 0.5
        return selected

    def lower(selected: np.ndarray) -> np.ndarray | None:
        values = selected[rows.vertices].astype(float)
        if values.sum() != selected.sum():
            return None
        return values if rows.links is None else np.append(values, values.sum())

    return Reduction(program, lift, lower, _outward(weights, sense))


def _listed(rows: SubsetRows, weights: np.ndarray, sense: Sense) -> IntegerProgram:
    k, m = len(rows.vertices), len(rows.indptr) - 1
    data = np.ones(len(rows.members))
    matrix = csr_array((data, rows.members, rows.indptr), shape=(m, k))
    low, high = np.full(m, -np.inf), np.full(m, np.inf)
    if rows.at_least:
        low[:] = 1
    elif rows.negated:
        low[:] = np.diff(rows.indptr) - 1
    else:
        high[:] = 1
    return _binary(sense, weights.astype(float), matrix, low, high)


def _linked(graph: Graph, weights: np.ndarray, sense: Sense) -> IntegerProgram:
    n = graph.n
    most = int(graph.degrees.max(initial=0)) + 1
    each = np.arange(n)
    owner = np.repeat(each, graph.degrees)
    row = np.concatenate([owner, each, each, np.full(n + 1, n)])
    column = np.concatenate([graph.indices, each, np.full(n, n), np.arange(n + 1)])
    value = np.concatenate(
        [-np.ones(len(owner)), np.full(n, most - 1.0), np.ones(n), np.ones(n), [-1.0]]
    )
    matrix = csr_array((value, (row, column)), shape=(n + 1, n + 1))
    low, high = np.full(n + 1, -np.inf), np.full(n + 1, float(most))
    low[n] = high[n] = 0
    upper = np.append(np.ones(n), most)
    costs = np.append(weights.astype(float), 0)
    return _binary(sense, costs, matrix, low, high, upper=upper)


def _reduce_cut(graph: Graph) -> Reduction:
    n, e = graph.n, graph.n_edges
    u, v = graph.edge_index
    weights = graph.weights_of_edges
    pulled = np.flatnonzero(weights > 0)
    pushed = np.flatnonzero(weights < 0)
    blocks = [
        _cut_rows(pulled + n, [u[pulled], v[pulled]], [1, -1, -1], 0),
        _cut_rows(pulled + n, [u[pulled], v[pulled]], [1, 1, 1], 2),
        _cut_rows(pushed + n, [u[pushed], v[pushed]], [-1, 1, -1], 0),
        _cut_rows(pushed + n, [u[pushed], v[pushed]], [-1, -1, 1], 0),
    ]
    columns, values, high = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    sides = csr_array(
        (values.ravel(), columns.ravel(), np.arange(len(high) + 1) * 3), shape=(len(high), n + e)
    )
    cycles, limits = _cycle_rows(graph)
    matrix = vstack([sides, cycles], format="csr")
    high = np.concatenate([high, limits])
    upper = np.ones(n + e)
    upper[anchors(graph)] = 0
    costs = np.concatenate([np.zeros(n), weights.astype(float)])
    integer = np.arange(n + e) < n
    low = np.full(len(high), -np.inf)
    program = _binary(Sense.MAXIMISE, costs, matrix, low, high, upper=upper, integer=integer)

    def lift(values: np.ndarray) -> np.ndarray:
        return (values[:n] > 0.5).astype(np.int8)

    def lower(side: np.ndarray) -> np.ndarray:
        flipped = anchored(graph, side)
        return np.concatenate([flipped, flipped[u] != flipped[v]]).astype(float)

    return Reduction(program, lift, lower, _outward(weights, Sense.MAXIMISE))


def _cycle_rows(graph: Graph) -> tuple[csr_array, np.ndarray]:
    """Odd-cycle inequalities (m, n + E) and their right-hand sides."""
    ends, edges = frustrated_cycles(graph)
    pulled = graph.weights_of_edges[edges] > 0
    shape = (len(ends) - 1, graph.n + graph.n_edges)
    rows = np.repeat(np.arange(shape[0]), np.diff(ends))
    most = np.bincount(rows[pulled], minlength=shape[0]) - 1.0
    return csr_array((np.where(pulled, 1.0, -1.0), edges + graph.n, ends), shape=shape), most


def _cut_rows(
    first: np.ndarray, others: list[np.ndarray], signs: list[int], high: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows `signs @ (first, *others) <= high` as (columns (k, 3), values (k, 3), high (k,))."""
    columns = np.stack([first, *others], axis=1)
    values = np.broadcast_to(np.array(signs, float), columns.shape)
    return columns, values, np.full(len(first), float(high))


def _binary(
    sense: Sense,
    costs: np.ndarray,
    matrix: csr_array,
    low: np.ndarray,
    high: np.ndarray,
    upper: np.ndarray | None = None,
    integer: np.ndarray | None = None,
) -> IntegerProgram:
    n = len(costs)
    return IntegerProgram(
        sense=sense,
        c=costs,
        A=matrix,
        row_lower=low,
        row_upper=high,
        lower=np.zeros(n),
        upper=np.ones(n) if upper is None else upper,
        integer=np.ones(n, bool) if integer is None else integer,
    )


def _outward(weights: np.ndarray, sense: Sense) -> Callable[[Number], Number]:
    """Bounds stay as they are unless the weights are beyond what float64 holds exactly."""
    total = float(np.abs(weights.astype(float)).sum())
    slack = total * _ROUNDING if total >= 2.0**53 else 0.0
    return lambda value: value - sense.sign * slack if slack else value
