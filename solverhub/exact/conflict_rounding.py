"""Clusterings from a point of the covering program of conflicts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solverhub.exact.conflict_program import ConflictProgram
from solverhub.exact.region_growing import balls, pivots
from solverhub.search.clustering_form import Form, dense

SHORT = (0.02, 0.3)
"""Disagreements of a positive pair below which its ends are joined."""


def rounded(program: ConflictProgram, form: Form, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Labels int64 (n,) within 0..n-1: what edges of small x join, balls, and pivots' clusters,
    each contracted greedily."""
    parts = [joined(program, limit) for limit in SHORT]
    for labels in (*parts, _balls(program, rng), _pivots(program, rng)):
        yield form.contracted(labels).greedy()[labels]


def joined(program: ConflictProgram, limit: float) -> np.ndarray:
    """Labels 0..k-1: what positive pairs with x below `limit` join."""
    u, v = program.graph.edge_index
    short = program.x[: program.n_edges] < limit
    joins = csr_array(
        (np.ones(np.count_nonzero(short)), (u[short], v[short])), (program.n, program.n)
    )
    return _lifted(program, connected_components(joins, directed=False)[1])


def _lifted(program: ConflictProgram, parts: np.ndarray) -> np.ndarray:
    """Labels 0..k-1 of the instance's vertices from those of the program's."""
    return dense(parts if program.groups is None else parts[program.groups])


def _balls(program: ConflictProgram, rng: np.random.Generator) -> np.ndarray:
    m, graph = program.n_edges, program.graph
    labels: np.ndarray = balls(
        graph.indptr,
        graph.indices,
        graph.edge_ids,
        program.x[:m],
        program.cost[:m],
        rng.permutation(program.n),
    )
    return _lifted(program, labels)


def _pivots(program: ConflictProgram, rng: np.random.Generator) -> np.ndarray:
    m, graph = program.n_edges, program.graph
    u, v = program.pairs
    both = csr_array(
        (
            np.tile(1.0 - program.x[m:], 2) + 1.0,  # a distance of 0 is no missing entry
            (np.append(u, v), np.append(v, u)),
        ),
        (program.n, program.n),
    )
    labels: np.ndarray = pivots(
        graph.indptr,
        graph.indices,
        graph.edge_ids,
        program.x[:m],
        both.indptr.astype(np.int64),
        both.indices.astype(np.int64),
        both.data - 1.0,
        rng.permutation(program.n),
        rng.random(graph.indices.size + both.nnz),
    )
    return _lifted(program, labels)
