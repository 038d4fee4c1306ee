"""Set covers by the row-weighting search of dominating sets, which are set covers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.events import Event
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit
from solverhub.reductions.kernel_dominating_set import DominatingSetKernel
from solverhub.search.dominating_set_search import RowChain
from solverhub.search.subset_chains import run_chains

EVERY_S = 0.02
"""Least seconds between two recorded covers."""


def set_cover_kernel(rows: csr_array, cost: np.ndarray) -> DominatingSetKernel:
    """The cover of `rows`, bool csr_array (m, n), without columns that cost nothing: these are in.

    Every row has a column.
    """
    taken = cost <= 0
    kept = np.flatnonzero(~taken)
    open_rows = np.flatnonzero(rows.astype(np.int32) @ taken.astype(np.int32) == 0)
    left = csr_array(rows[open_rows][:, kept])
    left.sort_indices()
    by_column = csr_array(left.T)
    by_column.sort_indices()
    return DominatingSetKernel(kept, cost[kept], _arrays(left), _arrays(by_column), taken)


def search_set_cover(
    kernel: DominatingSetKernel,
    recorder: Recorder,
    take: Callable[[np.ndarray], bool],
    hear: Callable[[Event], np.ndarray | None],
    start: np.ndarray | None,
    *,
    threads: int,
    seed: int,
    patience_s: float | None,
) -> Limit | None:
    """Search to the limit, which is returned; `take` and `hear` as in `run_chains`, of columns.

    `start` is a cover, bool (n,), or None.
    """
    given = None if start is None else kernel.lower(start)
    first = RowChain(kernel, given, seed, 0)
    take(kernel.lift(first.best()))
    if first.finished:
        return recorder.limit()
    chains = [first, *(RowChain(kernel, given, seed, i) for i in range(1, threads))]

    def lifted(columns: np.ndarray) -> bool:
        return take(kernel.lift(columns))

    def lowered(event: Event) -> np.ndarray | None:
        solution = hear(event)
        return None if solution is None else kernel.lower(solution)

    return run_chains(chains, recorder, lifted, lowered, every_s=EVERY_S, patience_s=patience_s)


def _arrays(matrix: csr_array) -> tuple[np.ndarray, np.ndarray]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
