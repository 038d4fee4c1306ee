"""A lower bound on the makespan of a job shop from its jobs and machines alone.

The longest job is one.  For a machine, relax all others: its operations have heads (work of
their job before them) and tails (work after); allow preemption and always run the released
operation with the longest tail (Jackson's preemptive schedule), which is optimal for that
relaxation: J. Carlier, The one-machine sequencing problem, European Journal of Operational
Research 11 (1982), doi:10.1016/S0377-2217(82)80007-6.  From there upwards makespans are
refuted by time windows (`job_shop_windows`).
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solverhub.problems.job_shop import ShopInstance


def lower_bound(instance: ShopInstance) -> int:
    """The best of the job and machine bounds, raised while windows refute it; exact."""
    from solverhub.problems.job_shop_windows import least_unrefuted

    ends = np.cumsum(instance.duration)
    before = np.concatenate([[0], ends])[instance.indptr]
    job = instance.job
    head = ends - instance.duration - before[:-1][job]
    tail = before[1:][job] - ends
    best = int(np.diff(before).max())
    order = np.argsort(instance.machine, kind="stable")
    changes = np.flatnonzero(np.diff(instance.machine[order])) + 1
    for mine in np.split(order, changes):
        best = max(best, one_machine(head[mine], instance.duration[mine], tail[mine]))
    return least_unrefuted(instance, best)


def one_machine(head: np.ndarray, duration: np.ndarray, tail: np.ndarray) -> int:
    """Makespan of Jackson's preemptive schedule of operations with heads and tails, int64 (k,)."""
    order = np.argsort(head, kind="stable")
    arrivals = list(
        zip(head[order].tolist(), duration[order].tolist(), tail[order].tolist(), strict=True)
    )
    waiting: list[tuple[int, int]] = []  # (-tail, remaining duration)
    now, best, position = 0, 0, 0
    while waiting or position < len(arrivals):
        if not waiting:
            now = max(now, arrivals[position][0])
        while position < len(arrivals) and arrivals[position][0] <= now:
            _, length, rest = arrivals[position]
            heapq.heappush(waiting, (-rest, length))
            position += 1
        negative_tail, remaining = heapq.heappop(waiting)
        until = arrivals[position][0] if position < len(arrivals) else now + remaining
        if now + remaining <= until:
            now += remaining
            best = max(best, now - negative_tail)
        else:
            heapq.heappush(waiting, (negative_tail, remaining - (until - now)))
            now = until
    return best
