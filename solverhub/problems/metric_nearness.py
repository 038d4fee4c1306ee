"""Metric nearness: the metric closest to given distances (Brickell, Dhillon, Sra and Tropp 2008,
doi:10.1137/060653391), on all pairs of n points or on the pairs of a graph.

    minimise  sum w (x - d)^2,  sum w |x - d|  or  max w |x - d|   over metrics x,  l <= x <= u

with bounds where they are given.  A solution is a float64 array (E,), a distance for every pair in
canonical order.  In JSON it is `{"distances": ...}`: the matrix of a complete instance, else rows
`[i, j, x]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems import metric_files, metric_json, metric_judge
from solverhub.problems.graph_family import check_form
from solverhub.problems.metric_bound import dual_value, positions
from solverhub.problems.metric_box import conflict_holds
from solverhub.problems.metric_instance import MetricInstance, square


class MetricNearness:
    """Metric nearness in three norms, weighted, complete or sparse.

    Evidence for a bound: `{"cycles": int64 (k,), "indptr": int64 (c + 1,), "duals": float64
    (c,)}`, the vertices of cycles and their multipliers (see `metric_bound`).  Where distances may
    only decrease, shortest paths are the optimum, and the judge needs no evidence.  Where no metric
    is within the bounds on distances: `{"cycle": int64 (k,)}`, see `metric_box`.
    """

    name: ClassVar[str] = "metric-nearness"
    title: ClassVar[str] = "Metric nearness"
    formats: ClassVar[tuple[str, ...]] = metric_files.FORMATS

    def parse(self, source: Source) -> Parsed:
        """Read a matrix or a list of pairs; see `metric_files`."""
        instance, naming, warnings = metric_files.read_metric(source)
        return Parsed(self, instance, naming, PurePath(source.name).stem, warnings)

    def sense(self, instance: MetricInstance) -> Sense:
        """Always minimised."""
        return Sense.MINIMISE

    def integral(self, instance: MetricInstance) -> bool:
        """False: distances are real numbers."""
        return False

    def solution_form(self, instance: MetricInstance) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """float64 (E,): a distance for every pair."""
        return np.dtype(np.float64), (instance.n_edges,)

    def objective(self, instance: MetricInstance, solution: np.ndarray) -> Number:
        """The norm of the change."""
        check_form(solution, *self.solution_form(instance), "the metric")
        return metric_judge.objective(instance, solution)

    def violations(self, instance: MetricInstance, solution: np.ndarray) -> list[Violation]:
        """Broken triangle or cycle inequalities; see `metric_judge`."""
        check_form(solution, *self.solution_form(instance), "the metric")
        return metric_judge.violations(instance, solution)

    def check_bound(
        self, instance: MetricInstance, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` where the multipliers, or shortest paths, prove a bound as tight."""
        proved = dual_value(instance, evidence) if isinstance(evidence, Mapping) else None
        if instance.decrease_only:
            least = metric_judge.objective(instance, metric_judge.closure(instance))
            proved = max(proved or 0.0, least)
        return None if proved is None or proved < bound else BoundCheck.RECOMPUTED

    def check_infeasible(
        self, instance: MetricInstance, evidence: Mapping[str, Any] | None
    ) -> bool:
        """True where a cycle shows that no metric is within the bounds; without, zeros are one."""
        if not isinstance(evidence, Mapping):
            return False
        return conflict_holds(
            evidence,
            instance.n,
            partial(positions, instance),
            instance.floor,
            instance.ceiling,
            metric_judge.slack(instance),
        )

    def to_wire(self, instance: MetricInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form: a matrix where complete, else edges in columns."""
        return {"problem": self.name, **metric_json.to_wire(instance, naming)}

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of `{"distances", "weights"?}` or `{"n", "edges"}`; see `metric_json`."""
        instance, naming, warnings = metric_json.from_wire(wire)
        name = wire.get("name", "instance")
        if not isinstance(name, str):
            raise InvalidInstance("the name of the instance is not a string")
        return Parsed(self, instance, naming, name, warnings)

    def solution_to_wire(
        self, instance: MetricInstance, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"distances": ...}`: the matrix where complete, else rows [i, j, x] by ids."""
        check_form(solution, *self.solution_form(instance), "the metric")
        if instance.complete:
            return {"distances": square(instance.n, solution).tolist()}
        u, v = instance.edge_index.tolist()
        rows = zip(u, v, solution.tolist(), strict=True)
        return {"distances": [[naming.item(i), naming.item(j), x] for i, j, x in rows]}

    def solution_matrix(self, instance: MetricInstance, solution: np.ndarray) -> np.ndarray:
        """The matrix where complete, else rows (u, v, x) in internal order, for `.npy` files."""
        if instance.complete:
            return square(instance.n, solution)
        return np.column_stack([*instance.edge_index, solution])

    def solution_from_wire(
        self, instance: MetricInstance, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"distances": ...}`."""
        listed = wire.get("distances") if isinstance(wire, Mapping) else None
        try:
            table = np.asarray(listed, np.float64)
        except (TypeError, ValueError):
            table = np.zeros(0)
        n, size = instance.n, instance.n_edges
        if instance.complete and table.shape == (n, n):
            return np.ascontiguousarray(table[tuple(instance.edge_index)])
        if not instance.complete and table.shape == (size, 3):
            place = {naming.item(k): k for k in range(n)}
            ends = [sorted(place.get(int(i), -1) for i in row) for row in table[:, :2]]
            index = np.array(ends, np.int64).reshape(-1, 2).T
            order = np.lexsort(index[::-1])
            if np.array_equal(index[:, order], instance.edge_index):
                return np.ascontiguousarray(table[order, 2])
        form = f"the {n} x {n} matrix" if instance.complete else f"{size} rows [i, j, x]"
        raise InvalidSolution(
            'the solution has no "distances" of every pair', remedy=f"give them as {form}"
        )

    def digest(self, instance: MetricInstance) -> str:
        """Of pairs, distances, weights and norm, whatever the format."""
        return instance.digest(self.name)

    def summary(self, instance: MetricInstance) -> dict[str, Any]:
        """Sizes and ranges."""
        d = instance.distances
        return {
            "vertices": instance.n,
            "edges": instance.n_edges,
            "complete": instance.complete,
            "norm": instance.norm,
            "decrease_only": instance.decrease_only,
            "weighted": instance.weights is not None,
            "bounded": instance.bounded,
            "zero_weights": int(np.count_nonzero(instance.pair_weights == 0)),
            "least": float(d.min(initial=np.inf)) if d.size else 0.0,
            "largest": instance.largest,
        }
