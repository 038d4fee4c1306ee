"""Graph families as models of CP-SAT.

Subset families use one Boolean a vertex and the rows of `reductions.subset_rows`.  Maximum
cut uses a Boolean side a vertex and a Boolean y an edge; where the edge's weight is positive,
y may be true only if the sides differ, where it is negative y must be.  Frustrated cycles are
added as clauses, without which the bound hardly moves.  Weights that are no
short decimals are rounded to a grid, and bounds give up what that may cost.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Problem
from solverhub.core.result import Number
from solverhub.engines.cp_sat import Model
from solverhub.exact.cp_sat_drive import Encoding
from solverhub.problems.graph import Graph
from solverhub.reductions.cut_symmetry import anchored, anchors
from solverhub.reductions.frustrated_cycles import frustrated_cycles
from solverhub.reductions.integer_costs import IntegerCosts, integer_costs
from solverhub.reductions.subset_rows import SubsetRows, subset_rows


def encode(problem: Problem, graph: Graph, incumbent: np.ndarray | None = None) -> Encoding:
    """The CP-SAT model of a graph problem; a known clique shrinks that problem.

    Raises `InvalidInstance` where the weights are too large for 64-bit integers.
    """
    if problem.name == "max-cut":
        return _encode_cut(graph)
    rows = subset_rows(problem.name, graph, incumbent)
    weights = graph.vertex_weights[rows.vertices]
    return _encode_subset(graph, rows, _whole(problem.sense(graph).sign * weights), problem)


def _whole(costs: np.ndarray) -> IntegerCosts:
    found = integer_costs(costs)
    if found is None:
        raise InvalidInstance(
            "the weights are too large for CP-SAT's 64-bit integers", remedy="scale them down"
        )
    return found


def _encode_subset(
    graph: Graph, rows: SubsetRows, costs: IntegerCosts, problem: Problem
) -> Encoding:
    k, model = len(rows.vertices), Model()
    model.booleans(k)
    literals = -rows.members - 1 if rows.negated else rows.members
    if rows.links is not None:
        _add_links(model, rows.links)
    elif rows.at_least:
        model.clauses(rows.indptr, literals)
    else:
        model.at_most_one(rows.indptr, literals)
    model.minimise(range(k), costs.coefficients.tolist())
    sign = problem.sense(graph).sign

    def lift(point: np.ndarray) -> np.ndarray:
        selected = np.zeros(graph.n, np.bool_)
        selected[rows.vertices] = point[:k] == 1
        return selected

    def lower(selected: np.ndarray) -> np.ndarray | None:
        point = selected[rows.vertices].astype(np.int64)
        if point.sum() != selected.sum():
            return None
        return point if rows.links is None else np.append(point, point.sum())

    def bound(total: int) -> Number:
        return sign * costs.below(total)

    return Encoding(model=model, lift=lift, lower=lower, bound=bound)


def _add_links(model: Model, graph: Graph) -> None:
    """With s the size of the set: a selected vertex has s - 1 selected neighbours."""
    n, degrees = graph.n, graph.degrees
    size = model.integers([0], [int(degrees.max(initial=0)) + 1])
    ends = np.cumsum(np.concatenate([[0], degrees + 1]))
    own = np.insert(graph.indices, graph.indptr[1:], size)
    signs = np.ones(len(own), np.int64)
    signs[ends[1:] - 1] = -1
    model.linear(ends, own, signs, [-1] * n, [None] * n, when=list(range(n)))
    everything = np.arange(n + 1)
    balance = np.append(np.ones(n, np.int64), -1)
    model.linear(np.array([0, n + 1]), everything, balance, [0], [0])


def _encode_cut(graph: Graph) -> Encoding:
    n, e, model = graph.n, graph.n_edges, Model()
    fixed = np.ones(n, np.int64)
    fixed[anchors(graph)] = 0
    model.integers([0] * n, fixed.tolist())
    cut = model.booleans(e) + np.arange(e)
    u, v = graph.edge_index
    costs = _whole(-graph.weights_of_edges)
    pulled, pushed = costs.coefficients < 0, costs.coefficients > 0
    for some, clause in (
        (pulled, (-cut - 1, u, v)),
        (pulled, (-cut - 1, -u - 1, -v - 1)),
        (pushed, (cut, -u - 1, v)),
        (pushed, (cut, u, -v - 1)),
    ):
        rows = np.stack(clause, axis=1)[some]
        model.clauses(np.arange(len(rows) + 1) * 3, rows.ravel())
    ends, edges = frustrated_cycles(graph)
    gains = graph.weights_of_edges[edges] > 0
    model.clauses(ends, np.where(gains, -cut[edges] - 1, cut[edges]))
    model.minimise(cut.tolist(), costs.coefficients.tolist())

    def lift(point: np.ndarray) -> np.ndarray:
        return point[:n].astype(np.int8)

    def lower(side: np.ndarray) -> np.ndarray:
        flipped = anchored(graph, side)
        return np.concatenate([flipped, flipped[u] != flipped[v]]).astype(np.int64)

    def bound(total: int) -> Number:
        return -costs.below(total)

    return Encoding(model=model, lift=lift, lower=lower, bound=bound)
