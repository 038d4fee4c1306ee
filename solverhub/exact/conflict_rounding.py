"""Clusterings from a point of the covering program of conflicts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solverhub.exact.conflict_program import ConflictProgram
from solverhub.search.clustering_form import Form

_SHORT = (0.02, 0.3)


def rounded(program: ConflictProgram, form: Form) -> Iterator[np.ndarray]:
    """Labels int64 (n,) within 0..n-1: what edges of small x join, then greedy contraction."""
    u, v = program.graph.edge_index
    for limit in _SHORT:
        short = program.x[: program.n_edges] < limit
        joins = csr_array(
            (np.ones(np.count_nonzero(short)), (u[short], v[short])), (program.n, program.n)
        )
        parts = connected_components(joins, directed=False)[1].astype(np.int64)
        labels = parts if program.groups is None else parts[program.groups]
        yield form.contracted(labels).greedy()[labels]
