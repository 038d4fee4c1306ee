"""A complete schedule as arrays that the tabu search of job shops updates in place.

Operations are nodes 1, 2, ... job by job with one dummy node before each job and one after the
last, so that the neighbours of v in its job are v - 1 and v + 1 without a look-up.  Machine
sequences lie one after the other in `sequence`, with a dummy 0 before each and one after the
last.  Dummies have duration, end and rest 0, so that no kernel asks whether a neighbour exists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solverhub.problems.job_shop import ShopInstance

TABU_SLOTS = 1 << 14
SEEN_SLOTS = 1 << 16
(
    ITERATION,
    MAKESPAN,
    BEST,
    BEST_AT,
    STAMP,
    HASH,
    TENURE_LOW,
    TENURE_SPREAD,
    STEPS,
    JUMPS,
) = range(10)
"""Entries of `State.control`."""


class Layout(NamedTuple):
    """What does not change in a search.

    - `node`: int64 (n_operations,), the node of each operation in instance order.
    - `duration`: int64 (n_nodes,); `machine`: int32 (n_nodes,), of dummies -1.
    - `first`: int32 (n_machines + 1,), where each machine starts in `sequence` (its dummy lies
      one before), and one more than the last dummy.
    - `last`: int32 (jobs with operations,), the last node of each job.
    """

    node: np.ndarray
    duration: np.ndarray
    machine: np.ndarray
    first: np.ndarray
    last: np.ndarray
    n_jobs: int


class State(NamedTuple):
    """One schedule and the memory of its search; int32 unless stated.

    - `sequence`: machine by machine; `place`: index of a node in it; `before`, `after`:
      neighbours of a node on its machine.
    - `order`: a topological order (n_operations,); `position`: index of a node in it.
    - `end`: int64, earliest end of a node; `rest`: int64, longest path from the start of a node.
    - `best`: the best `order` found since the search started; `path`, `spare`: scratch.
    - `tabu_key`, `tabu_until`, `seen`: int64 hash tables; `mark`, `heads`: int64 scratch.
    - `control`: int64, see the names above; `random`: uint64 (1,).
    """

    duration: np.ndarray
    last: np.ndarray
    sequence: np.ndarray
    place: np.ndarray
    before: np.ndarray
    after: np.ndarray
    order: np.ndarray
    position: np.ndarray
    end: np.ndarray
    rest: np.ndarray
    best: np.ndarray
    path: np.ndarray
    spare: np.ndarray
    mark: np.ndarray
    heads: np.ndarray
    tabu_key: np.ndarray
    tabu_until: np.ndarray
    seen: np.ndarray
    control: np.ndarray
    random: np.ndarray


def lay_out(shop: ShopInstance) -> Layout:
    """Number the nodes and place the machines of an instance."""
    node = np.arange(shop.n_operations) + shop.job + 1
    n_nodes = shop.n_operations + shop.n_jobs + 1
    duration = np.zeros(n_nodes, np.int64)
    duration[node] = shop.duration
    machine = np.full(n_nodes, -1, np.int32)
    counts = np.bincount(shop.machine, minlength=shop.n_machines)
    counts = counts[counts > 0]
    used = np.unique(shop.machine)
    machine[node] = np.searchsorted(used, shop.machine)
    first = np.concatenate([[1], 1 + np.cumsum(counts + 1)]).astype(np.int32)
    ends = shop.indptr[1:][np.diff(shop.indptr) > 0] - 1
    return Layout(node, duration, machine, first, node[ends].astype(np.int32), len(ends))


def new_state(layout: Layout, seed: int) -> State:
    """Room for one search; `load` fills it with a schedule."""
    n, n_nodes = len(layout.node), len(layout.duration)
    control = np.zeros(16, np.int64)
    n_machines = len(layout.first) - 1
    low = 10 + max(1, layout.n_jobs // max(1, n_machines))
    control[TENURE_LOW] = low
    control[TENURE_SPREAD] = max(1, int(low * (0.4 if layout.n_jobs <= 2 * n_machines else 0.5)))
    start = np.random.default_rng(seed).integers(1, 2**63, dtype=np.uint64)
    return State(
        duration=layout.duration,
        last=layout.last,
        sequence=np.zeros(n + n_machines + 1, np.int32),
        place=np.zeros(n_nodes, np.int32),
        before=np.zeros(n_nodes, np.int32),
        after=np.zeros(n_nodes, np.int32),
        order=np.zeros(n, np.int32),
        position=np.zeros(n_nodes, np.int32),
        end=np.zeros(n_nodes, np.int64),
        rest=np.zeros(n_nodes, np.int64),
        best=np.zeros(n, np.int32),
        path=np.zeros(n + 1, np.int32),
        spare=np.zeros(n + 1, np.int32),
        mark=np.zeros(n_nodes, np.int64),
        heads=np.zeros(n + n_machines + 1, np.int64),
        tabu_key=np.zeros(TABU_SLOTS, np.int64),
        tabu_until=np.zeros(TABU_SLOTS, np.int64),
        seen=np.zeros(SEEN_SLOTS, np.int64),
        control=control,
        random=np.array([start], np.uint64),
    )
