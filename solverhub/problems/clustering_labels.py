"""Clusterings as solutions: `{"labels": [...]}`, one integer from 0 on a vertex.

In arrays int64 (n,), in internal order; equal labels are one cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.problems.graph_family import check_form


def labels_form(n: int) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """dtype and shape of the labels of n vertices."""
    return np.dtype(np.int64), (n,)


def check_labels(solution: np.ndarray, n: int) -> None:
    """Raise `InvalidSolution` unless it is int64 (n,) without a label below 0."""
    check_form(solution, *labels_form(n), "the clustering")
    if solution.size and solution.min() < 0:
        raise InvalidSolution("the clustering has a label below 0")


def labels_from_wire(wire: Mapping[str, Any], n: int) -> np.ndarray:
    """The array of `{"labels": [...]}`, one integer a vertex."""
    labels = wire.get("labels") if isinstance(wire, Mapping) else None
    if not isinstance(labels, list | tuple) or len(labels) != n:
        raise InvalidSolution(
            'the solution has no list "labels" of one entry a vertex',
            remedy=f'give {{"labels": [...]}} with {n} integers',
        )
    for at, label in enumerate(labels):
        whole = isinstance(label, int) and not isinstance(label, bool)
        if not whole or not 0 <= label < 2**62:
            raise InvalidSolution(
                f"labels[{at}] is {label!r:.80}", remedy="give an integer, 0 or more"
            )
    return np.array(labels, np.int64)
