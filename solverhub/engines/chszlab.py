"""CHSZLabLib: ReduMIS, OnlineMIS, branch and reduce, CHILS and a maximum cut, for comparison.

- ReduMIS: Lamm, Sanders, Schulz, Strash and Werneck 2017, doi:10.1007/s10732-017-9337-x.
- OnlineMIS: Dahlum, Lamm, Sanders, Schulz, Strash and Werneck 2016, arXiv:1602.01659.
- Branch and reduce: Lamm, Schulz, Strash, Williger and Zhang 2019, arXiv:1810.10834.
- CHILS: Grossmann, Langedal and Schulz 2024, arXiv:2412.14198.
- Maximum cut: Ferizovic, Hespe, Lamm, Mnich, Schulz and Strash 2020, arXiv:1905.10902.

Nothing ends a run before its time but killing it, and some inputs crash it: it belongs in a
process of its own.  Some run on for seconds after their time.  In version 0.5.27 the sides that the
maximum cut returns do not have the cut that it claims; what it claims goes into the answer too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import metadata

import chszlablib
import numpy as np

from solverhub.engines.selection import Rows, Selection

FOREVER_S = 1e6
_MANY = 2**31 - 1
MAX_CUT = "max-cut"
_EXACT = ("branch-reduce",)
_IN_TIME = 0.8
"""Share of its time within which an exact method must end for its answer to count as proved."""


def version() -> str:
    """Version of the installed package."""
    return metadata.version("chszlablib")


class Run:
    """One solve by `method`, a key of `METHODS` or `MAX_CUT`; `stop` cannot end it, `until` does.

    `until` is an instant of `time.monotonic()`, which processes share, so that starting one
    counts; None is no time limit.
    """

    def __init__(self, rows: Rows, *, method: str, until: float | None, seed: int) -> None:
        self._rows = rows
        self._method = method
        self._until = until
        self._seed = seed

    def stop(self) -> None:
        """Nothing: the library does not look up."""

    def solve(self) -> Selection:
        """Run to the end."""
        rows = self._rows
        if rows.indices.size == 0:
            return Selection(np.ones(rows.n, np.bool_), complete=True)
        graph = chszlablib.Graph.from_csr(
            rows.indptr, rows.indices, rows.weights, rows.edge_weights
        )
        began = time.monotonic()
        left_s = FOREVER_S if self._until is None else max(0.0, self._until - began)
        if self._method == MAX_CUT:
            cut = chszlablib.Decomposition.maxcut(graph, "heuristic", left_s)
            return Selection(np.asarray(cut.partition) > 0, claimed=int(cut.cut_value))
        found = METHODS[self._method](graph, left_s, self._seed)
        in_time = time.monotonic() - began < _IN_TIME * left_s
        chosen = np.zeros(rows.n, np.bool_)
        chosen[found] = True
        return Selection(chosen, complete=in_time and self._method in _EXACT)


_Method = Callable[[chszlablib.Graph, float, int], np.ndarray]
_SETS = chszlablib.IndependenceProblems


def _redumis(graph: chszlablib.Graph, time_s: float, seed: int) -> np.ndarray:
    return np.asarray(_SETS.redumis(graph, time_s, seed).vertices)


def _online(graph: chszlablib.Graph, time_s: float, seed: int) -> np.ndarray:
    return np.asarray(_SETS.online_mis(graph, time_s, seed, ils_iterations=_MANY).vertices)


def _branch_reduce(graph: chszlablib.Graph, time_s: float, seed: int) -> np.ndarray:
    return np.asarray(_SETS.branch_reduce(graph, time_s, seed).vertices)


def _chils(graph: chszlablib.Graph, time_s: float, seed: int) -> np.ndarray:
    return np.asarray(_SETS.chils(graph, time_s, num_concurrent=1, seed=seed).vertices)


METHODS: dict[str, _Method] = {
    "redumis": _redumis,
    "online-mis": _online,
    "branch-reduce": _branch_reduce,
    "chils": _chils,
}
