"""The optimum of a tiny job shop, by going through its active schedules.

Some optimal schedule is active (B. Giffler, G. L. Thompson 1960, doi:10.1287/opre.8.4.487): take
the machine on which an operation can end first, at time c; next on it is that operation or one
that could start before c.  Branches in which a job or a machine cannot end earlier than the best
known schedule are cut.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from solverhub.search.job_shop_sweeps import kernel

MOST_OPERATIONS = 40
MOST_NODES = 100_000
"""Nodes after which it is given up: some 30 ms."""


@kernel
def _branch(duration, machine, node, ready, free, choices):
    """Fill `choices` with the jobs that may come next; returns their number."""
    least, on, earliest = np.int64(1) << 62, -1, -1
    for j in range(node.size):
        k = machine[node[j]]
        if k >= 0 and max(ready[j], free[k]) + duration[node[j]] < least:
            least, on, earliest = max(ready[j], free[k]) + duration[node[j]], k, j
    count = 0
    for j in range(node.size):
        if machine[node[j]] == on and (max(ready[j], free[on]) < least or j == earliest):
            choices[count] = j
            count += 1
    return count


@kernel
def _bound(duration, machine, node, ready, free, load):
    """When the last job or machine can end at best; `load` is scratch."""
    most = np.int64(0)
    load[:] = free
    for j in range(node.size):
        v, end = node[j], ready[j]
        while machine[v] >= 0:
            end += duration[v]
            load[machine[v]] += duration[v]
            v += 1
        most = max(most, end)
    return max(most, load.max())


@kernel
def enumerate_active(duration, machine, first, n_machines, best, order):
    """Look for a schedule shorter than `best`; its topological order goes to `order`.

    `first` int32 (jobs,) are the first nodes of the jobs.  Returns the optimum (or `best`, if it
    is no longer), or -1 if there are too many schedules.
    """
    depth, n, n_jobs = 0, order.size, first.size
    node = np.empty((n + 1, n_jobs), np.int32)
    ready = np.zeros((n + 1, n_jobs), np.int64)
    free = np.zeros((n + 1, n_machines), np.int64)
    choices = np.empty((n + 1, n_jobs), np.int32)
    left = np.zeros(n + 1, np.int64)
    current, load = np.empty(n, np.int32), np.empty(n_machines, np.int64)
    node[0] = first
    left[0] = _branch(duration, machine, node[0], ready[0], free[0], choices[0])
    for _ in range(MOST_NODES):
        while depth >= 0 and left[depth] == 0:
            depth -= 1
        if depth < 0:
            return best
        left[depth] -= 1
        j = choices[depth, left[depth]]
        node[depth + 1], ready[depth + 1], free[depth + 1] = node[depth], ready[depth], free[depth]
        v = node[depth, j]
        end = max(ready[depth, j], free[depth, machine[v]]) + duration[v]
        current[depth] = v
        depth += 1
        node[depth, j] += 1
        ready[depth, j], free[depth, machine[v]] = end, end
        bound = _bound(duration, machine, node[depth], ready[depth], free[depth], load)
        left[depth] = 0
        if bound >= best:
            continue
        if depth == n:
            best = bound
            order[:] = current
            continue
        left[depth] = _branch(
            duration, machine, node[depth], ready[depth], free[depth], choices[depth]
        )
    return np.int64(-1)
