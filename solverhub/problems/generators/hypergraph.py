"""Random edge-coloured hypergraphs around planted colours of the vertices."""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.coloured_hypergraph import ColouredHypergraph

MOST_VERTICES = 2**22
MOST_EDGES = 2**22


def planted_colours(
    n: int,
    m: int,
    colours: int = 4,
    largest: int = 4,
    noise: float = 0.3,
    weights: int = 1,
    *,
    seed: int,
) -> ColouredHypergraph:
    """Every vertex has a hidden colour; an edge takes 2 to `largest` vertices of its colour, each
    replaced by any vertex with the chance `noise`.  Weights are uniform in 1..`weights`."""
    _check(1 <= n <= MOST_VERTICES, "n", n, f"give 1 to {MOST_VERTICES}")
    _check(0 <= m <= MOST_EDGES, "m", m, f"give 0 to {MOST_EDGES}")
    _check(1 <= colours <= n, "colours", colours, "give 1 to n")
    _check(1 <= largest <= 64, "largest", largest, "give 1 to 64")
    _check(0 <= noise <= 1, "noise", noise, "give a probability")
    _check(weights >= 1, "weights", weights, "give 1 or more")
    rng = np.random.default_rng(seed)
    hidden = rng.permutation(np.arange(n) % colours)
    members = [np.flatnonzero(hidden == c) for c in range(colours)]
    edges, chosen = [], rng.integers(0, colours, m)
    for colour in chosen:
        size = int(rng.integers(min(2, largest), largest + 1))
        inside = rng.choice(members[colour], size)
        drawn = np.where(rng.random(size) < noise, rng.integers(0, n, size), inside)
        edges.append(drawn.tolist())
    used, rank = np.unique(chosen, return_inverse=True)
    drawn_weights = rng.integers(1, weights, m, endpoint=True)
    instance, _ = ColouredHypergraph.of(n, used.size, edges, rank.tolist(), drawn_weights)
    return instance


def _check(holds: bool, what: str, value: object, remedy: str) -> None:
    if not holds:
        raise InvalidParams(f"{what} is {value}", remedy=remedy)
