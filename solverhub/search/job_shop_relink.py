"""Distance between two schedules, and schedules on a path between them.

A schedule is a topological order of its operations.  The distance of two is the number of pairs
of operations on one machine that they run in different order.  The path from one to the other
swaps neighbours of the order that the goal has the other way round, in random places.  Such
neighbours are of two jobs, so every order on the path is again a topological order of a
schedule: unlike in TS/PR (B. Peng, Z. Lu, T. C. E. Cheng 2015, doi:10.1016/j.cor.2014.08.006),
which swaps neighbours on machines, nothing on the path has to be repaired.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from solverhub.search.job_shop_sweeps import draw, kernel

MOST_SWAPS = 20_000_000
RANDOM_TRIES = 64


@kernel
def distance(one, other, machine, first):
    """Pairs on one machine in different order; both int32 (n_operations,) orders.

    Counts, operation by operation, those before it in `one` and after it in `other`, with a
    binary indexed tree a machine.
    """
    n_machines = first.size - 1
    rank = np.empty(machine.size, np.int32)
    seen = np.zeros(n_machines, np.int32)
    for v in other:
        seen[machine[v]] += 1
        rank[v] = seen[machine[v]]
    tree = np.zeros(first[n_machines] + 1, np.int32)
    seen[:] = 0
    total = np.int64(0)
    for v in one:
        k = machine[v]
        base, size = first[k] - 1, first[k + 1] - 1 - first[k]
        total += seen[k]
        x = np.int64(rank[v])
        while x > 0:
            total -= tree[base + x]
            x -= x & -x
        x = np.int64(rank[v])
        while x <= size:
            tree[base + x] += 1
            x += x & -x
        seen[k] += 1
    return total


@kernel
def walk(order, goal, machine, steps, random):
    """Go `steps` pairs of one machine from `order` (changed in place) towards `goal`.

    Returns the number of pairs turned round, fewer where the goal is reached before or is too
    many swaps of operations on different machines away.
    """
    n = order.size
    if n < 2:
        return np.int64(0)
    rank = np.empty(machine.size, np.int32)
    for i in range(n):
        rank[goal[i]] = i
    done, idle, at = np.int64(0), 0, 0
    for _ in range(MOST_SWAPS):
        if done >= steps or idle >= n + RANDOM_TRIES:
            break
        # Random places first; neighbours one by one where few are left to swap.
        at = draw(random, n - 1) if idle < RANDOM_TRIES else (at + 1) % (n - 1)
        v, w = order[at], order[at + 1]
        if rank[v] < rank[w]:
            idle += 1
            continue
        order[at], order[at + 1] = w, v
        done += machine[v] == machine[w]
        idle = 0
    return done
