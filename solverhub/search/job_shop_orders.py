"""Between start times and topological orders of a job shop."""

from __future__ import annotations

import numpy as np

from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.job_shop_text import LARGEST
from solverhub.search.job_shop_starts import active_order
from solverhub.search.job_shop_state import Layout
from solverhub.search.job_shop_sweeps import earliest_starts


def order_of(shop: ShopInstance, layout: Layout, start: np.ndarray) -> np.ndarray:
    """The order int32 (n_operations,) of start times int64 (n_operations,), feasible or not.

    Of a feasible schedule it gives one that is no longer.  Otherwise operations are ordered by
    start as far as their jobs allow, which always gives a schedule.
    """
    at = np.clip(start, -LARGEST, LARGEST)
    reach = at + shop.duration
    for low, high in zip(shop.indptr[:-1], shop.indptr[1:], strict=True):
        np.maximum.accumulate(at[low:high], out=at[low:high])
        np.maximum.accumulate(reach[low:high], out=reach[low:high])
    # Both keys grow along a job; of equal starts on a machine the one of duration 0 is first.
    ranked: np.ndarray = layout.node[np.lexsort((layout.node, reach, at))].astype(np.int32)
    return ranked


def starts_of(layout: Layout, order: np.ndarray) -> np.ndarray:
    """Earliest starts int64 (n_operations,) in instance order."""
    starts: np.ndarray = earliest_starts(order, layout.machine, layout.duration, len(layout.first))[
        layout.node
    ]
    return starts


def random_order(shop: ShopInstance, layout: Layout, noise: int, random: np.ndarray) -> np.ndarray:
    """A random active schedule; see `active_order`."""
    first = (shop.indptr[:-1] + np.arange(shop.n_jobs) + 1).astype(np.int32)
    total = np.concatenate([[0], np.cumsum(shop.duration)])
    work = np.diff(total[shop.indptr])
    order: np.ndarray = active_order(layout.duration, layout.machine, first, work, noise, random)
    return order
