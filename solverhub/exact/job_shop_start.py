"""A quick first schedule: from starts that are none, or by a non-delay dispatch."""

from __future__ import annotations

import heapq

import numpy as np

from solverhub.problems.job_shop import ShopInstance
from solverhub.search.job_shop_orders import order_of, starts_of
from solverhub.search.job_shop_state import lay_out


def first(shop: ShopInstance, warm_start: np.ndarray | None) -> np.ndarray:
    """Starts, int64 (n_operations,), of a schedule that keeps the order of a warm start as far as
    jobs allow, or of a dispatch without one."""
    if warm_start is None:
        return dispatch(shop)
    layout = lay_out(shop)
    return starts_of(layout, order_of(shop, layout, warm_start))


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
