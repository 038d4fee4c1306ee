"""The tabu search over one schedule."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from solverhub.search.job_shop_moves import choose, collect, critical_path, segment_hashes
from solverhub.search.job_shop_state import (
    BEST,
    BEST_AT,
    HASH,
    ITERATION,
    JUMPS,
    MAKESPAN,
    SEEN_SLOTS,
    TENURE_LOW,
    TENURE_SPREAD,
)
from solverhub.search.job_shop_sweeps import apply, draw, hashed, kernel, load, slot

MORE, EXHAUSTED, MET, OPTIMAL = range(4)


@kernel
def _remember(s):
    s.control[BEST] = s.control[MAKESPAN]
    s.control[BEST_AT] = s.control[ITERATION]
    s.best[:] = s.order


@kernel
def begin(s, order, machine, first):
    """Start a search from a topological order; what was tabu is forgotten."""
    load(s, order, machine, first)
    s.tabu_until[:] = -1
    whole = np.int64(0)
    for v in order:
        whole += hashed(v, s.place[v])
    s.control[HASH] = whole
    s.control[ITERATION] = 0
    s.control[JUMPS] = 0
    _remember(s)


@kernel
def search(s, moves, steps, patience, floor):
    """Make up to `steps` moves; best in `best` and `control[BEST]`.

    EXHAUSTED after `patience` moves without a better schedule, MET once the best is at most
    `floor`, OPTIMAL if a critical path shows it, else MORE.
    """
    control, sequence = s.control, s.sequence
    if control[BEST] <= floor:
        return MET
    for _ in range(steps):
        if control[ITERATION] - control[BEST_AT] >= patience:
            return EXHAUSTED
        count = collect(s, critical_path(s), moves)
        if count == -1:
            return OPTIMAL
        c = choose(s, moves, count)
        if c == -1:
            return EXHAUSTED
        i, k = moves[c, 0], moves[c, 1]
        old, new = segment_hashes(sequence, i, k)
        control[ITERATION] += 1
        if not apply(s, i, k):
            continue
        at = slot(old)
        s.tabu_key[at] = old
        tenure = control[TENURE_LOW] + draw(s.random, control[TENURE_SPREAD] + 1)
        s.tabu_until[at] = control[ITERATION] + tenure
        control[HASH] += new - old
        s.seen[control[HASH] & (SEEN_SLOTS - 1)] = control[HASH]
        if control[MAKESPAN] < control[BEST]:
            _remember(s)
            if control[BEST] <= floor:
                return MET
    return MORE
