"""Clusterings from a point of the covering program of conflicts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solverhub.exact.conflict_program import ConflictProgram
from solverhub.exact.region_growing import balls, pivots
from solverhub.search.clustering_form import Form

_SHORT = (0.02, 0.3)


def rounded(program: ConflictProgram, form: Form, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Labels int64 (n,) within 0..n-1: what edges of small x join, balls, and pivots' clusters,
    each contracted greedily."""
    for parts in (*_joined(program), _balls(program, rng), _pivots(program, rng)):
        packed = np.unique(parts, return_inverse=True)[1].astype(np.int64)
        labels = packed if program.groups is None else packed[program.groups]
        yield form.contracted(labels).greedy()[labels]


def _joined(program: ConflictProgram) -> Iterator[np.ndarray]:
    u, v = program.graph.edge_index
    for limit in _SHORT:
        short = program.x[: program.n_edges] < limit
        joins = csr_array(
            (np.ones(np.count_nonzero(short)), (u[short], v[short])), (program.n, program.n)
        )
        yield connected_components(joins, directed=False)[1]


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
    return labels


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
    return labels
