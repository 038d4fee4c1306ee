"""How much of a diagonal can be taken from a positive semidefinite matrix, rigorously.

P falls apart into blocks that share no entry.  A block whose rows are all diagonally dominant
gives the surplus of each row (Gershgorin); another small block gives its least eigenvalue,
less the error of the eigensolver.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.activity import EPS

_LARGEST_BLOCK = 400
_MOST_WORK = 4e8


def diagonal_below(P: csc_array, wanted: np.ndarray) -> np.ndarray:
    """D >= 0, float64 (n,), such that P - diag(D) is positive semidefinite.

    It is 0 outside the blocks that have a column of `wanted`, bool (n,), and where no
    positive value is proved.
    """
    diagonal = P.diagonal()
    sizes = abs(P).sum(axis=0)
    count = np.diff(P.indptr)
    surplus = 2 * diagonal - sizes - (count + 4) * EPS * sizes
    _, block = connected_components(P, directed=False)
    needed = np.bincount(block, weights=wanted.astype(float)) > 0
    weak = np.bincount(block, weights=(surplus < 0).astype(float)) > 0
    members = np.bincount(block)
    found = np.where((needed & ~weak)[block], np.maximum(surplus, 0.0), 0.0)
    small = np.flatnonzero(needed & weak & (members > 1) & (members <= _LARGEST_BLOCK))
    if (members[small] ** 3.0).sum() > _MOST_WORK or not small.size:
        return found
    order = np.argsort(block, kind="stable")
    first = np.concatenate([[0], np.cumsum(members)])
    for each in small:
        columns = order[first[each] : first[each + 1]]
        dense = P[columns][:, columns].toarray()
        error = 10 * columns.size * EPS * np.linalg.norm(dense)
        found[columns] = max(0.0, float(np.linalg.eigvalsh(dense)[0] - error))
    return found
