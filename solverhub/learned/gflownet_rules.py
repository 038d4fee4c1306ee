"""The rules of the GFlowNet's four decision processes, as loops over one walk.

A vertex is `OUT`, `IN` or `UNDECIDED`; an action picks an undecided one, there is no stop action,
and a state is terminal when nothing is undecided (D. Zhang et al., Let the Flows Tell, NeurIPS
2023, arXiv:2305.17010):

    independent set  picked to IN, its neighbours to OUT                       reward |S|
    clique           picked to IN, those not adjacent to it to OUT             reward |S|
    dominating set   picked (deleted) to OUT; what became the only dominator
                     of some vertex is fixed to IN                             reward -|S|
    max-cut          picked to IN; an undecided vertex with more neighbours
                     IN than not goes to OUT                                   reward cut

Two counts a vertex make a pick cost its neighbourhood only.  `near`: for cuts the neighbours IN;
for dominating sets the dominators that are left, itself included.  `held`: for dominating sets
the dominators that are fixed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OUT, IN, UNDECIDED = 0, 1, 2
INDEPENDENT_SET, CLIQUE, DOMINATING_SET, CUT = 0, 1, 2, 3
CODES = {
    "maximum-independent-set": INDEPENDENT_SET,
    "maximum-clique": CLIQUE,
    "minimum-dominating-set": DOMINATING_SET,
    "max-cut": CUT,
}
"""By family; vertex covers are complements of independent sets."""

Row = Any  # a row of the arrays of `States`


@njit(cache=True, nogil=True)
def begin(code: int, indptr: Row, indices: Row, status: Row, near: Row, held: Row) -> None:
    """Put a walk at its first state; `indptr` is of one graph, (n + 1,)."""
    n = indptr.size - 1
    status[:n] = UNDECIDED
    status[n:] = OUT
    near[:] = 0
    held[:] = 0
    if code == DOMINATING_SET:
        for v in range(n):
            near[v] = indptr[v + 1] - indptr[v] + 1
        for v in range(n):
            if near[v] == 1:
                _fix(v, indptr, indices, status, held)


@njit(cache=True, nogil=True)
def pick(code: int, u: int, indptr: Row, indices: Row, status: Row, near: Row, held: Row) -> None:
    """Take the action of the undecided vertex `u`."""
    if code == INDEPENDENT_SET:
        status[u] = IN
        for e in range(indptr[u], indptr[u + 1]):
            if status[indices[e]] == UNDECIDED:
                status[indices[e]] = OUT
    elif code == CLIQUE:
        _pick_of_clique(u, indptr, indices, status)
    elif code == CUT:
        status[u] = IN
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            near[v] += 1
            if status[v] == UNDECIDED and 2 * near[v] > indptr[v + 1] - indptr[v]:
                status[v] = OUT
    else:
        status[u] = OUT
        _lose(u, indptr, indices, status, near, held)
        for e in range(indptr[u], indptr[u + 1]):
            _lose(indices[e], indptr, indices, status, near, held)


@njit(cache=True, nogil=True)
def _pick_of_clique(u: int, indptr: Row, indices: Row, status: Row) -> None:
    """Candidates are in ascending order, as are the neighbours."""
    at, end = indptr[u], indptr[u + 1]
    for v in range(indptr.size - 1):
        while at < end and indices[at] < v:
            at += 1
        if status[v] == UNDECIDED and not (at < end and indices[at] == v):
            status[v] = OUT
    status[u] = IN


@njit(cache=True, nogil=True)
def _lose(v: int, indptr: Row, indices: Row, status: Row, near: Row, held: Row) -> None:
    """Vertex v has one dominator less."""
    near[v] -= 1
    if near[v] != 1:
        return
    last = v
    for e in range(indptr[v], indptr[v + 1]):
        if status[indices[e]] != OUT:
            last = indices[e]
    if status[last] == UNDECIDED:
        _fix(last, indptr, indices, status, held)


@njit(cache=True, nogil=True)
def _fix(u: int, indptr: Row, indices: Row, status: Row, held: Row) -> None:
    status[u] = IN
    held[u] += 1
    for e in range(indptr[u], indptr[u + 1]):
        held[indices[e]] += 1


@njit(cache=True, nogil=True)
def count_parents(code: int, indptr: Row, status: Row, near: Row) -> int:
    """States from which one pick leads to this one, over which P_B is uniform.

    A state is what the set of picked vertices makes of the first, in any order in which each was
    undecided when it was picked.  Taking one back gives a parent if it is undecided there: always,
    but for cuts, where a vertex with more neighbours IN than not had been sent OUT before.
    """
    total = 0
    for v in range(indptr.size - 1):
        if code == DOMINATING_SET:
            total += status[v] == OUT
        elif status[v] == IN:
            total += code != CUT or 2 * near[v] <= indptr[v + 1] - indptr[v]
    return total


@njit(cache=True, nogil=True)
def reward(code: int, indptr: Row, status: Row, near: Row) -> int:
    """Size of the set, minus that for dominating sets, or the cut between IN and the rest."""
    total = 0
    for v in range(indptr.size - 1):
        if code == DOMINATING_SET:
            total -= status[v] != OUT
        elif status[v] == IN:
            total += 1 if code != CUT else indptr[v + 1] - indptr[v] - near[v]
    return total


def picked(code: int, solution: np.ndarray) -> np.ndarray:
    """The vertices that a walk to `solution`, bool (n,), picks."""
    chosen: np.ndarray = np.flatnonzero(~solution if code == DOMINATING_SET else solution)
    return chosen
