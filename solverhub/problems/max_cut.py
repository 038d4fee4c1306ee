"""Splitting the vertices of a graph in two so that the edges between weigh the most.

A solution is an int8 array (n,) of sides 0 and 1; in JSON `{"side": [...]}` by internal
order, which is the sorted order of the ids.  Edge weights may be negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import INTERNAL, Naming
from solverhub.core.result import Number, Sense, Violation
from solverhub.problems.cut_bound import best_of_all, edge_total, odd_cycles
from solverhub.problems.graph import Graph, exact_sum
from solverhub.problems.graph_family import GraphFamily, check_form


class MaxCut(GraphFamily):
    """Maximum cut.

    Evidence for a bound: `{"edge_total": true}`, the sum of the positive weights,
    `{"odd_cycles": ...}`, multipliers on odd cycles (see `cut_bound`), or `{"all_cuts": true}`, the
    best of all cuts of at most 16 vertices.  With integer weights the first two are rounded down
    to what a cut of them can weigh.
    """

    name: ClassVar[str] = "max-cut"
    title: ClassVar[str] = "Maximum cut"
    edge_weighted: ClassVar[bool] = True
    goal: ClassVar[Sense] = Sense.MAXIMISE

    def solution_form(self, instance: Graph) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """int8 (n,): the side, 0 or 1, of each vertex."""
        return np.dtype(np.int8), (instance.n,)

    def objective(self, instance: Graph, solution: np.ndarray) -> Number:
        """Number or weight of the edges whose ends are on different sides."""
        self._check(instance, solution)
        u, v = instance.edge_index
        cut = solution[u] != solution[v]
        if instance.edge_weights is None:
            return int(np.count_nonzero(cut))
        return exact_sum(instance.edge_weights[cut])

    def violations(self, instance: Graph, solution: np.ndarray) -> list[Violation]:
        """None: every split is feasible."""
        self._check(instance, solution)
        return []

    def bound_value(self, instance: Graph, evidence: Mapping[str, Any]) -> Number | None:
        """What the evidence proves; the least of it where it has several kinds."""
        found = [odd_cycles(instance, evidence.get("odd_cycles"))]
        if evidence.get("edge_total") is True:
            found.append(edge_total(instance))
        if evidence.get("all_cuts") is True:
            found.append(best_of_all(instance))
        return min((value for value in found if value is not None), default=None)

    def solution_to_wire(
        self, instance: Graph, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"side": [...]}`, in internal order."""
        self._check(instance, solution)
        return {"side": solution.tolist()}

    def solution_from_wire(
        self, instance: Graph, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"side": [...]}`, one 0 or 1 a vertex."""
        sides = wire.get("side") if isinstance(wire, Mapping) else None
        if not isinstance(sides, list | tuple) or len(sides) != instance.n:
            raise InvalidSolution(
                'the solution has no list "side" of one entry a vertex',
                remedy=f'give {{"side": [...]}} with {instance.n} entries 0 or 1',
            )
        for at, side in enumerate(sides):
            if isinstance(side, bool) or side not in (0, 1):
                raise InvalidSolution(f"side[{at}] is {side!r:.80}", remedy="give 0 or 1")
        return np.array(sides, np.int8)

    def _check(self, instance: Graph, solution: np.ndarray) -> None:
        check_form(solution, *self.solution_form(instance), "the cut")
        if solution.size and (solution.min() < 0 or solution.max() > 1):
            raise InvalidSolution("the cut has sides other than 0 and 1")
