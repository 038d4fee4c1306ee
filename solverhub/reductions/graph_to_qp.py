"""Maximum cut and minimum dominating set as quadratic programs with binary columns.

Maximum cut: a side x_v a vertex, and the negated cut

    minimise  sum over edges of w_uv (2 x_u x_v - x_u - x_v).

This is not convex, but x^2 = x on binary points, so d_v (x_v^2 - x_v) with any d is added for
nothing.  With d_v = sum over edges at v of |w_uv| the matrix is diagonally dominant, hence
positive semidefinite beyond doubt, whole weights stay whole and objectives are equal at
every binary point.  One vertex of each component has side 0.

Minimum dominating set: a column a vertex and no curvature; each closed neighbourhood has one,

    minimise  w'x   subject to  sum over N[v] of x >= 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, eye_array, vstack

from solverhub.core.errors import UnknownName
from solverhub.core.result import Number
from solverhub.problems.graph import Graph
from solverhub.problems.quadratic_program import QuadraticProgram
from solverhub.reductions.cut_symmetry import anchored, anchors

_ROUNDING = 2.0**-48


@dataclass(frozen=True, eq=False)
class QpReduction:
    """A binary quadratic program, with the maps between it and the graph problem.

    - `lift`: a solution of `instance` to one of the graph; `lower`: the other way.
    - `bound`: a bound of `instance` to one of the graph problem.
    """

    instance: QuadraticProgram
    lift: Callable[[np.ndarray], np.ndarray]
    lower: Callable[[np.ndarray], np.ndarray]
    bound: Callable[[Number], Number]


def reduce(problem_name: str, graph: Graph) -> QpReduction:
    """The program of a "max-cut" or "minimum-dominating-set"; else raises `UnknownName`."""
    if problem_name == "max-cut":
        return _reduce_cut(graph)
    if problem_name == "minimum-dominating-set":
        return _reduce_dominating(graph)
    raise UnknownName(
        f"no reduction of {problem_name} to a quadratic program",
        remedy="one of max-cut, minimum-dominating-set",
    )


def _reduce_cut(graph: Graph) -> QpReduction:
    n = graph.n
    u, v = graph.edge_index
    weights = graph.weights_of_edges.astype(float)
    both = (np.concatenate([u, v]), np.concatenate([v, u]))
    twice = 2.0 * np.concatenate([weights, weights])
    degree = np.bincount(both[0], weights=twice / 2, minlength=n)
    size = np.bincount(both[0], weights=np.abs(twice), minlength=n).astype(float)
    links = csr_array((twice, both), shape=(n, n))
    upper = np.ones(n)
    upper[anchors(graph)] = 0.0
    program = QuadraticProgram(
        P=csc_array(links + diags_array(_dominant(links, size))),
        q=-degree - _dominant(links, size) / 2,
        A=csc_array(eye_array(n)),
        l=np.zeros(n),
        u=upper,
        integer=np.ones(n, bool),
    )

    def lift(values: np.ndarray) -> np.ndarray:
        return (values > 0.5).astype(np.int8)

    def lower(side: np.ndarray) -> np.ndarray:
        return anchored(graph, side).astype(float)

    whole = bool((weights == np.rint(weights)).all()) and float(size.sum()) < 2.0**52
    slack = 0.0 if whole else _ROUNDING * float(size.sum())
    return QpReduction(program, lift, lower, lambda value: -value + slack)


def _dominant(links: csr_array, size: np.ndarray) -> np.ndarray:
    """The diagonal, no smaller than the sums of sizes in whichever order they are added."""
    whole = bool((links.data == np.rint(links.data)).all())
    return size if whole else size * (1.0 + 1e-12)


def _reduce_dominating(graph: Graph) -> QpReduction:
    n = graph.n
    near = csr_array((np.ones(len(graph.indices)), graph.indices, graph.indptr), shape=(n, n))
    program = QuadraticProgram(
        P=csc_array((n, n)),
        q=graph.vertex_weights.astype(float),
        A=csc_array(vstack([near + eye_array(n), eye_array(n)])),
        l=np.concatenate([np.ones(n), np.zeros(n)]),
        u=np.concatenate([np.full(n, np.inf), np.ones(n)]),
        integer=np.ones(n, bool),
    )
    total = float(np.abs(program.q).sum())
    slack = _ROUNDING * total if total >= 2.0**52 else 0.0
    return QpReduction(
        program,
        lambda values: values > 0.5,
        lambda selected: selected.astype(float),
        lambda value: value - slack,
    )
