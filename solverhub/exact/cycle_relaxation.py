"""The linear relaxation of correlation clustering, its rows made as they are needed.

    min  sum_{w_e > 0} w_e x_e + sum_{w_f < 0} |w_f| y_f,   y_f + sum_{e in P} x_e >= 1

for every pair f that wants to be apart and every path P of positive edges between its ends:
x_e = 1 cuts a positive edge, y_f = 1 joins a negative pair.  Such conflict cycles imply all
cycle inequalities (Chopra and Rao 1993, doi:10.1007/BF01581239; Demaine et al. 2006,
doi:10.1016/j.tcs.2006.05.008).  A pair gets its column when a first row needs it, so that the
pairs of a complete instance are never listed.

Interior point without crossover: its points lie inside the optimal face, from where violated
cycles cut deeper than from a vertex, and a re-solve costs the same in every round, while the
dual simplex method degenerates as rows gather.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.engines.highs import Model, Run
from solverhub.engines.ilp_answer import Answer
from solverhub.exact.engine_thread import EngineThread
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_paths import violated_cycles

_TOLERANCE = 1e-3
_SETTINGS = {
    "solver": "ipm",
    "run_crossover": "off",
    "ipm_optimality_tolerance": 1e-5,
    "presolve": "off",
    "threads": 1,
}
_AGAIN = 3
"""Searches a source and round: each sees the paths that the one before has filled."""

_SLACK = 0.1
"""A row that loose without a multiplier is dropped."""


class CycleRelaxation:
    """The relaxation of one instance, solved in rounds of `separate` and `solve`.

    - `indptr` int64 (c + 1,), `cycles` int64 (k,), `duals` float64 (c,): the rows, each a path
      whose ends are the pair, and their multipliers: the judge's evidence.
    """

    def __init__(self, instance: SignedGraph, seed: int) -> None:
        self.instance = instance
        self.n = n = instance.n
        self.rng = np.random.default_rng(seed)
        weights = instance.weights.astype(np.float64)
        positive = weights > 0
        self.graph = Graph(n, np.ascontiguousarray(instance.graph.edge_index[:, positive]))
        self.costs = weights[positive]
        u, v = self.graph.edge_index
        self._edge_keys = u * n + v
        self.x = np.zeros(self.costs.size)
        self._pairs = np.zeros(0, np.int64)
        self._joined = np.zeros(0)
        self._model = Model(_empty(self.costs))
        self.indptr, self.cycles = np.zeros(1, np.int64), np.zeros(0, np.int64)
        self.duals = np.zeros(0)
        self._set_pairs(instance, weights)

    def _set_pairs(self, instance: SignedGraph, weights: np.ndarray) -> None:
        """In a sparse instance give all negative pairs their columns, and each a source.

        A pair is found from its end with more of them, so that few sources find all.
        """
        self.source = np.zeros(0, np.int64)
        if instance.complete:
            return
        u, v = instance.graph.edge_index[:, weights < 0]
        busy = np.bincount(np.append(u, v), minlength=self.n)
        swap = busy[u] < busy[v]
        self._add_pairs(u * self.n + v, -weights[weights < 0])
        self.source = np.where(swap, v, u)

    def separate(self, most: int) -> int:
        """Add up to about `most` violated rows; how many."""
        n = self.n
        u, v = np.divmod(self._pairs, max(1, n))
        source = u if self.instance.complete else self.source
        target = u + v - source
        order = np.argsort(source, kind="stable")
        far_indptr = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(source, minlength=n), out=far_indptr[1:])
        sources = np.arange(n) if self.instance.complete else np.unique(source)
        indptr, cycles, _, _ = violated_cycles(
            self.rng.permutation(sources), self.graph.indptr, self.graph.indices,
            self.graph.edge_ids, self.x.copy(), far_indptr, target[order],
            (1.0 - self._joined)[order], self.instance.complete, _TOLERANCE, most, _AGAIN, n,
        )  # fmt: skip
        if indptr.size > 1:
            self._add(indptr, cycles)
        return int(indptr.size - 1)

    def solve(self, stopped: Callable[[], bool], until: float) -> bool:
        """Solve the rows so far; False if it did not come to an end before `until`."""
        self._model.configure(_SETTINGS, {})
        thread: EngineThread[Answer] = EngineThread()
        answer = thread.watch(Run(self._model), lambda: stopped() or time.monotonic() > until)
        if answer is None or answer.row_dual is None or answer.values is None:
            return False
        self.duals = np.maximum(answer.row_dual, 0.0)
        values = np.clip(answer.values, 0.0, 1.0)
        self.x, self._joined = values[: self.x.size], values[self.x.size :]
        self._drop_loose()
        return True

    @property
    def evidence(self) -> dict[str, np.ndarray]:
        """The rows and multipliers of the last solve, as the judge wants them."""
        count = self.duals.size
        return {
            "cycles": self.cycles[: self.indptr[count]],
            "indptr": self.indptr[: count + 1],
            "duals": self.duals,
        }

    def _add(self, indptr: np.ndarray, cycles: np.ndarray) -> None:
        """Append rows, and columns for pairs that have none."""
        n = self.n
        first, last = cycles[indptr[:-1]], cycles[indptr[1:] - 1]
        keys = np.minimum(first, last) * n + np.maximum(first, last)
        if self.instance.complete:
            new = np.setdiff1d(keys, self._pairs)
            self._add_pairs(new, np.ones(new.size))
        order = np.argsort(self._pairs)
        pair = order[np.searchsorted(self._pairs[order], keys)] + self.x.size
        begins = np.zeros(cycles.size, np.bool_)
        begins[indptr[:-1]] = True
        steps = np.flatnonzero(~begins)
        a, b = cycles[steps - 1], cycles[steps]
        columns = np.empty(cycles.size, np.int64)
        columns[steps] = np.searchsorted(self._edge_keys, np.minimum(a, b) * n + np.maximum(a, b))
        columns[indptr[:-1]] = pair
        A = csr_array(
            (np.ones(cycles.size), columns, indptr),
            shape=(indptr.size - 1, self.x.size + self._pairs.size),
        )
        self._model.add_rows(A, np.ones(A.shape[0]), np.full(A.shape[0], np.inf))
        self.indptr = np.append(self.indptr, self.indptr[-1] + indptr[1:])
        self.cycles = np.append(self.cycles, cycles)

    def _add_pairs(self, keys: np.ndarray, costs: np.ndarray) -> None:
        self._pairs = np.append(self._pairs, keys)
        self._joined = np.append(self._joined, np.zeros(keys.size))
        self._model.add_columns(costs, np.zeros(keys.size), np.ones(keys.size))

    def _drop_loose(self) -> None:
        lengths = np.diff(self.indptr)
        a, b = self.cycles[:-1], self.cycles[1:]
        edge = np.searchsorted(self._edge_keys, np.minimum(a, b) * self.n + np.maximum(a, b))
        along = self.x[np.minimum(edge, self.x.size - 1)]
        along[self.indptr[1:-1] - 1] = 0.0
        path = np.add.reduceat(np.append(along, 0.0), self.indptr[:-1])
        loose = (path > 1.0 + _SLACK) & (self.duals < 1e-9)
        if loose.any():
            self._model.delete_rows(np.flatnonzero(loose))
            self.cycles = self.cycles[np.repeat(~loose, lengths)]
            self.indptr = np.append(0, np.cumsum(lengths[~loose]))
            self.duals = self.duals[~loose]


def _empty(costs: np.ndarray) -> IntegerProgram:
    """The program without rows."""
    m = costs.size
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=costs,
        offset=0.0,
        A=csr_array((0, m)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        lower=np.zeros(m),
        upper=np.ones(m),
        integer=np.zeros(m, np.bool_),
    )
