"""The lower bound that the rules of `min_max_bound` give without splits, on a core of vertices.

A small instance is its own core.  In a large one the rules run on the surroundings of a few
vertices of high degree, where a limit is refuted first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solverhub.core.result import Number
from solverhub.problems.min_max_bound import Core
from solverhub.problems.min_max_kernels import DONE, PAUSED, REFUTED, fresh, propagate
from solverhub.problems.signed_graph import SignedGraph

WHOLE = 400
"""Vertices up to which an instance is its own core."""

_NEAR = 250
_CENTRES = 8
_TESTS = 2**24

State = tuple[np.ndarray, ...]


def no_pairs() -> np.ndarray:
    """The splits of a refutation that needs none, int64 (0, 2)."""
    return np.zeros((0, 2), np.int64)


def evidence(core: Core, limit: int, pairs: np.ndarray) -> dict[str, Any]:
    """What the judge wants: `pairs` are positions in the core."""
    return {"limit": limit, "vertices": core.vertices, "pairs": core.vertices[pairs]}


def cores(instance: SignedGraph) -> list[Core]:
    """The cores to look at, the most promising first."""
    n = instance.n
    if n < 2:
        return []
    if n <= WHOLE:
        return [Core.of(instance, np.arange(n))]
    graph = instance.graph
    weight = np.bincount(graph.edge_index[0], np.abs(instance.weights), n)
    weight += np.bincount(graph.edge_index[1], np.abs(instance.weights), n)
    centres = np.argsort(-weight, kind="stable")[:_CENTRES]
    return [Core.of(instance, _surroundings(instance, int(centre))) for centre in centres]


def _surroundings(instance: SignedGraph, centre: int) -> np.ndarray:
    """The vertex, and those with the most ties to it and to its neighbours."""
    graph = instance.graph
    ties = np.zeros(instance.n, np.int64)
    near = graph.neighbours(centre)
    ties[near] += 1
    for x in near[:1000]:
        ties[graph.neighbours(int(x))] += 1
    ties[centre] = 2**62
    order = np.argsort(-ties, kind="stable")[:_NEAR]
    return np.sort(order[ties[order] > 0])


def settle(core: Core, limit: int, state: State, stopped: Callable[[], bool]) -> int:
    """Run the rules on a state: `DONE`, `REFUTED`, or `PAUSED` if it was stopped."""
    order = (limit, *core.arrays, *state, _TESTS // core.k)
    while True:
        found = int(propagate(*order))
        if found != PAUSED or stopped():
            return found


def strengthen(
    core: Core, least: int, beyond: int, stopped: Callable[[], bool]
) -> tuple[int, State | None]:
    """(the largest limit from `least` to `beyond` - 1 that the rules refute, or `least` - 1; the
    state in which they leave the next limit, if they came to an end).

    Limits are doubled from the first to find a range, which is halved.
    """
    low, step, left = least - 1, 1, None
    high = beyond
    while high - low > 1:
        middle = min(low + step, high - 1) if left is None else (low + high) // 2
        state = fresh(core.k)
        found = settle(core, middle, state, stopped)
        if found == REFUTED:
            low, step = middle, 2 * step
        elif found == DONE:
            high, left = middle, state
        else:
            return low, None
    return low, left


def root_bound(
    instance: SignedGraph, best: Number, stopped: Callable[[], bool]
) -> tuple[Number, dict[str, Any]] | None:
    """A lower bound and its evidence, or None where it is 0; no bound reaches beyond `best`."""
    found: tuple[Number, dict[str, Any]] | None = None
    for core in cores(instance):
        known = 0 if found is None else found[0]
        least, beyond = units(core, known), units(core, best)
        limit, _ = strengthen(core, least, beyond, stopped)
        if limit >= least and core.value(limit) > known:
            found = core.value(limit), evidence(core, limit, no_pairs())
        if stopped():
            break
    return found


def units(core: Core, value: Number) -> int:
    """An objective in the core's scaled weights, rounded down."""
    scaled = float(value) * 2.0**core.shift
    return int(value) if core.shift == 0 and isinstance(value, int) else int(scaled)
