"""First schedules: active ones (Giffler and Thompson 1960, doi:10.1287/opre.8.4.487).

Of the operations that could start before the earliest possible end on its machine one is
chosen: by most work remaining, disturbed by noise, so that every start differs.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from solverhub.search.job_shop_sweeps import draw, kernel


@kernel
def active_order(duration, machine, next_node, work, noise, random):
    """A topological order int32 (n_operations,) of a random active schedule.

    `next_node` int32 (jobs,) is the first node of each job and `work` int64 (jobs,) its total
    duration; both are used up.  `noise` in 0..100 is the share of chance in the priorities.
    """
    n_jobs = next_node.size
    count = np.int64(0)
    for v in range(machine.size):
        if machine[v] >= 0:
            count += 1
    order = np.empty(count, np.int32)
    free = np.zeros(machine.max() + 1, np.int64)
    ready = np.zeros(n_jobs, np.int64)
    for step in range(count):
        least, chosen_machine = np.int64(1) << 62, -1
        for j in range(n_jobs):
            v = next_node[j]
            if machine[v] < 0:
                continue
            done = max(ready[j], free[machine[v]]) + duration[v]
            if done < least:
                least, chosen_machine = done, machine[v]
        best, job = -1.0, -1
        for j in range(n_jobs):
            v = next_node[j]
            if machine[v] != chosen_machine:
                continue
            start = max(ready[j], free[chosen_machine])
            if start < least or start + duration[v] <= least:
                chance = draw(random, 1 << 20) / (1 << 20)
                value = np.float64(work[j] + 1) * (1.0 + (chance - 0.5) * noise / 50.0)
                if value > best:
                    best, job = value, j
        v = next_node[job]
        done = max(ready[job], free[chosen_machine]) + duration[v]
        ready[job], free[chosen_machine] = done, done
        work[job] -= duration[v]
        next_node[job] = v + 1
        order[step] = v
    return order
