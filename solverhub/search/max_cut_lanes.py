"""Annealing of many cuts of one graph at once, one a lane of the processor's vectors.

All lanes try vertex i at the same step, each on its own sides s = 1 or -1 and with its own
random number, so that a neighbour costs one multiplication for a whole row of lanes: about an
eighth of the time that `max_cut_kernels.anneal` takes for a cut of a sparse graph.  There are no
gains to keep; that of a vertex is s_v times the sum of w_uv s_u.

A step draws one place in a shuffled table of logarithms, and lane r takes the entry r places
on: each has the right distribution, and no two lanes the same sequence.  Weights are float32
in units of `CutGraph.scale`; `finish` goes back to the exact ones.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.max_cut_kernels import LOGS, _next, cut_value, descend, fill_gains, log_table

LANES = 32


def lane_table(rng: np.random.Generator) -> np.ndarray:
    """log u in a random order, float32 (LOGS + LANES,), the beginning again at the end."""
    logs = rng.permutation(log_table()).astype(np.float32)
    return np.concatenate([logs, logs[:LANES]])


@njit(cache=True, nogil=True)
def randomise_lanes(sides, state):  # type: ignore[no-untyped-def]
    """Put every vertex on a random side in every lane; `sides` is float32 (n, LANES)."""
    for v in range(sides.shape[0]):
        bits = _next(state)
        for r in range(LANES):
            sides[v, r] = np.float32(1) if (bits >> np.uint64(r)) & np.uint64(1) else np.float32(-1)


@njit(cache=True, nogil=True)
def anneal_lanes(indptr, indices, weights, sides, logs, state, hot, cold, first, last, sweeps):  # type: ignore[no-untyped-def]
    """Steps first..last-1 of runs of `sweeps` n steps, as `anneal` takes them."""
    n = sides.shape[0]
    pull = np.empty(LANES, np.float32)
    at = first
    while at < last:
        sweep = at // n
        heat = np.float32(hot + (cold - hot) * sweep / max(1, sweeps - 1))
        begin = at - sweep * n
        end = min(n, begin + last - at)
        for v in range(begin, end):
            for r in range(LANES):
                pull[r] = np.float32(0)
            for k in range(indptr[v], indptr[v + 1]):
                u, w = indices[k], weights[k]
                for r in range(LANES):
                    pull[r] += w * sides[u, r]
            place = np.int64(_next(state) & np.uint64(LOGS - 1))
            for r in range(LANES):
                mine = sides[v, r]
                taken = pull[r] * mine >= heat * logs[place + r]
                sides[v, r] = -mine if taken else mine
        at += end - begin


@njit(cache=True, nogil=True)
def finish(indptr, indices, weights, sides, lane, side):  # type: ignore[no-untyped-def]
    """Descend from the cut of one lane into `side`, int8 (n,); its value."""
    gain = np.empty(side.size, weights.dtype)
    for v in range(side.size):
        side[v] = np.int8(sides[v, lane] < 0)
    fill_gains(indptr, indices, weights, side, gain)
    descend(indptr, indices, weights, side, gain)
    return cut_value(indptr, indices, weights, side)
