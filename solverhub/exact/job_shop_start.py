"""A quick first schedule: a non-delay dispatch that runs the job with most work left."""

from __future__ import annotations

import heapq

import numpy as np

from solverhub.problems.job_shop import ShopInstance


def dispatch(shop: ShopInstance) -> np.ndarray:
    """Start of each operation, int64 (n_operations,), of a feasible schedule.

    Operations are started in the order of their earliest start; on a tie the job with the
    most remaining work goes first.
    """
    duration, machine = shop.duration.tolist(), shop.machine.tolist()
    ends = shop.indptr.tolist()
    left = np.add.reduceat(np.append(shop.duration, 0), shop.indptr[:-1])
    left[np.diff(shop.indptr) == 0] = 0
    free = [0] * shop.n_machines
    start = np.zeros(shop.n_operations, np.int64)
    waiting = [
        (0, -int(left[j]), j, ends[j], 0) for j in range(shop.n_jobs) if ends[j] < ends[j + 1]
    ]
    heapq.heapify(waiting)
    while waiting:
        _, rest, job, operation, ready = heapq.heappop(waiting)
        at = max(ready, free[machine[operation]])
        if waiting and at > waiting[0][0]:
            heapq.heappush(waiting, (at, rest, job, operation, ready))
            continue
        start[operation] = at
        end = at + duration[operation]
        free[machine[operation]] = end
        if operation + 1 < ends[job + 1]:
            following = max(end, free[machine[operation + 1]])
            heapq.heappush(
                waiting, (following, rest + duration[operation], job, operation + 1, end)
            )
    return start
