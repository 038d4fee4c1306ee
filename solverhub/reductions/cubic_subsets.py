"""Sets of vertices that every optimal clustering keeps together.

Isolating U (`cubic_fixings`) loses at most D = c-(delta(U)).  So it gains wherever U is not within
one cluster, if every clustering of U by itself but that into one costs more than D more than that
one.  Two ways to see it:

- least cut: a clustering of U that is not that one cuts U in two at least, so it costs at least
  the least cut of c- within U more, less all of c+ within U.
- messages: put D / (|U| - 1) on each pair of U.  Clusterings other than that into one leave out
  at least |U| - 1 pairs, so if all of U in one cluster is optimal for these costs, it is ahead
  by D for the given ones.  Message passing proves it.
"""

from __future__ import annotations

import numpy as np

from solverhub.reductions.cubic_cuts import doubled, least_cuts
from solverhub.reductions.cubic_dense import DenseCubic
from solverhub.reductions.cubic_messages import bound, sweep

SWEEPS = 60
_MORE = 1e-3
"""Share of D by which messages, which only converge to their bound, aim beyond it."""


def kept_together(dense: DenseCubic, chosen: np.ndarray, *, messages: bool = True) -> bool:
    """True if every optimal clustering has the vertices of bool (n,) in one cluster."""
    size = int(chosen.sum())
    if size < 2:
        return False
    inside = dense.part(np.flatnonzero(chosen))
    lost = outside_loss(dense, chosen)
    gained = np.maximum(inside.pair, 0).sum() / 2 + np.maximum(inside.triple, 0).sum() / 6
    attraction = doubled(np.maximum(-inside.pair, 0), np.maximum(-inside.triple, 0))
    capacity = least_cuts(attraction)[1]
    if capacity.min() / 2 - gained - lost > dense.slack():
        return True
    return messages and _ahead(inside, lost, dense.slack())


def outside_loss(dense: DenseCubic, chosen: np.ndarray) -> float:
    """c- of the pairs and triples that meet the chosen vertices, bool (n,), and leave them."""
    graph = doubled(np.maximum(-dense.pair, 0), np.maximum(-dense.triple, 0))
    return float(graph[np.ix_(chosen, ~chosen)].sum()) / 2


def _ahead(inside: DenseCubic, lost: float, slack: float) -> bool:
    """Whether all in one cluster is ahead of every other clustering by more than `lost`."""
    n = inside.n
    together = inside.value(np.zeros(n, np.int64))
    aim = lost * (1 + _MORE) + 2 * slack + 1e-9 * (1.0 + abs(float(together)))
    pair = inside.pair + aim / (n - 1)
    np.fill_diagonal(pair, 0.0)
    triple = inside.triple.astype(np.float64)
    message = np.zeros_like(triple)
    goal = together + aim * n / 2
    for _ in range(SWEEPS):
        sweep(pair, message, triple)
        if bound(pair, message, triple) > goal - (aim - lost - slack):
            return True
    return False
