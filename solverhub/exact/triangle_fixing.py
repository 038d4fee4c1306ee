"""Triangle fixing (Brickell, Dhillon, Sra and Tropp 2008, doi:10.1137/060653391), to measure
against: projections on all triangle inequalities in turn, with Dykstra's corrections.

A pass goes through all 3 (n choose 3) inequalities.  Multipliers that are not 0 are listed in the
order of the pass, so that the next one reads them as it goes and memory is O(n^2) and these.  An
iteration is a pass; after each the closure is an answer and the multipliers prove a bound.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba import njit

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Result, Sense
from solverhub.core.solver import Params
from solverhub.exact.metric_pieces import require
from solverhub.exact.project_forget_oracle import CompleteOracle
from solverhub.exact.warm_start import begin
from solverhub.ops.crew import Crew
from solverhub.problems.metric_instance import MetricInstance, square

_ROWS = 4


class TriangleFixingSolver:
    """Triangle fixing on complete instances in the l2 norm."""

    name: ClassVar[str] = "triangle-fixing"
    title: ClassVar[str] = "Triangle fixing (Brickell et al.), to measure against"
    guarantee: ClassVar[Guarantee] = Guarantee.BOUNDED
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    requires: ClassVar[tuple[str, ...]] = ()
    Params: ClassVar[type[Params]] = Params

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def serves(self, instance: MetricInstance) -> str | None:
        """Why the instance is none for triangles, or None."""
        if instance.norm != "l2" or instance.decrease_only or not instance.complete:
            return "it is for the l2 norm on all pairs"
        if instance.bounded:
            return "it keeps no bounds on distances"
        return "it has no weights of 0" if (instance.pair_weights == 0).any() else None

    def solve(
        self,
        instance: MetricInstance,
        budget: Budget,
        *,
        params: Any,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        require(self, instance)
        recorder = Recorder(budget, Sense.MINIMISE, observe)
        begin(self.problem, instance, recorder, warm_start)
        recorder.bound(0.0)
        n, (u, v) = instance.n, instance.edge_index
        d, w = instance.distances, instance.pair_weights
        x, scale = square(n, d), square(n, 1.0 / w)
        keys, values, passes = np.zeros(0, np.int64), np.zeros(0), 0
        with Crew(budget.threads) as crew:
            oracle = CompleteOracle(instance, crew, lambda: recorder.limit() is not None)
            while True:
                closed = oracle.closure(x[u, v])
                if closed is not None:
                    recorder.incumbent(self.problem.objective(instance, closed), closed)
                if recorder.limit(passes) is not None or recorder.proved():
                    break
                keys, values, whole = _passed(x, scale, keys, values, recorder)
                passes += 1
                if whole:
                    now = x[u, v]
                    recorder.bound(float((w * (d - now) * (d + now)).sum()) * (1 - 2.0**-40))
        limit = recorder.limit(passes)
        return recorder.finish(limit, evidence=_evidence(n, keys, values))


def _passed(
    x: np.ndarray, scale: np.ndarray, keys: np.ndarray, values: np.ndarray, recorder: Recorder
) -> tuple[np.ndarray, np.ndarray, bool]:
    """One pass; the multipliers after it, and whether it came to its end.

    A pass that is stopped keeps the multipliers of the inequalities that it did not reach.
    """
    n = x.shape[0]
    found: list[tuple[np.ndarray, np.ndarray]] = []
    at = 0
    for i0 in range(0, n, _ROWS):
        if recorder.limit() is not None:
            found.append((keys[at:], values[at:]))
            break
        new_keys, new_values, at = _fix(x, scale, i0, min(n, i0 + _ROWS), keys, values, at)
        found.append((new_keys, new_values))
    whole = recorder.limit() is None
    return np.concatenate([k for k, _ in found]), np.concatenate([z for _, z in found]), whole


def _evidence(n: int, keys: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """The triangles of keys (3 (n (n i + j) + k) + c), by the pair that closes them."""
    triple, corner = np.divmod(keys, 3)
    rest, k = np.divmod(triple, n)
    i, j = np.divmod(rest, n)
    ends = np.stack([i, j, k], axis=1)
    order = np.array([[0, 2, 1], [0, 1, 2], [1, 0, 2]])[corner]
    cycles = np.take_along_axis(ends, order, axis=1)
    return {
        "cycles": cycles.reshape(-1),
        "indptr": np.arange(0, cycles.size + 1, 3),
        "duals": values,
    }


@njit(cache=True, nogil=True)
def _fix(x, scale, i0, i1, keys, values, at):  # type: ignore[no-untyped-def]
    """Project on the triangles of i0 <= i < i1, i < j < k; multipliers after, place in `keys`."""
    n = x.shape[0]
    new_keys, new_values = np.empty(1024, np.int64), np.empty(1024)
    count = 0
    for i in range(i0, i1):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                total = scale[i, j] + scale[i, k] + scale[j, k]
                for corner in range(3):
                    key = 3 * ((i * n + j) * n + k) + corner
                    old = 0.0
                    if at < keys.size and keys[at] == key:
                        old = values[at]
                        at += 1
                    a, b, c = x[i, j], x[i, k], x[j, k]
                    if corner == 0:
                        above = a - b - c
                    elif corner == 1:
                        above = b - a - c
                    else:
                        above = c - a - b
                    step = max(above / total, -old)
                    if step != 0.0:
                        x[i, j] = a + (-step if corner == 0 else step) * scale[i, j]
                        x[i, k] = b + (-step if corner == 1 else step) * scale[i, k]
                        x[j, k] = c + (-step if corner == 2 else step) * scale[j, k]
                    if old + step > 0.0:
                        if count == new_keys.size:
                            new_keys = np.append(new_keys, np.empty(count, np.int64))
                            new_values = np.append(new_values, np.empty(count))
                        new_keys[count], new_values[count] = key, old + step
                        count += 1
    return new_keys[:count].copy(), new_values[:count].copy(), at
