"""What the graph families share: reading, JSON forms, digests and summaries.

Rules for dirty data: loops are dropped with a warning, since no vertex is its own
neighbour in these problems; an edge listed twice or in both directions is one edge, and
its weights, where the family has edge weights, are summed.  Weights that a family does
not use are dropped with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems.graph import Graph, as_weights, canonical_edges, unless_unit
from solverhub.problems.graph_formats.formats import FORMATS, read_graph
from solverhub.problems.graph_formats.json_form import graph_from_json, graph_to_json
from solverhub.problems.graph_formats.raw import RawGraph


class GraphFamily:
    """Base of the graph families; a subclass adds the objective, the judge and bounds.

    Instances are `Graph`, unless the family wraps it.  `edge_weighted` says whether weights
    belong to edges (max-cut) or to vertices; `own_keys` are those that its JSON form adds.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    formats: ClassVar[tuple[str, ...]] = FORMATS
    edge_weighted: ClassVar[bool] = False
    own_keys: ClassVar[tuple[str, ...]] = ()
    goal: ClassVar[Sense]

    def parse(self, source: Source) -> Parsed:
        """Read any graph format; errors name file, line and column."""
        return self.build(read_graph(source), source.name, signs=source.signs)

    def build(self, raw: RawGraph, name: str, *, signs: bool = False) -> Parsed:
        """The instance of a graph as read, with warnings of what was dropped."""
        warnings = list(raw.warnings)
        weights, edge_weights = raw.weights, raw.edge_weights
        if self.edge_weighted:
            unused, weights, what = unless_unit(weights), None, "vertex"
        else:
            unused, edge_weights, what = unless_unit(edge_weights), None, "edge"
        if unused is not None:
            warnings.append(f"{what} weights are ignored: {self.name} has none")
        edges = canonical_edges(raw.n, raw.u, raw.v, edge_weights)
        if edges.loops:
            warnings.append(f"self-loops dropped: {edges.loops}")
        if edges.merged:
            how = "merged" if edge_weights is None else "summed"
            warnings.append(f"edges listed again or in both directions {how}: {edges.merged}")
        edge_index, edge_weights = edges.edge_index, _normal(edges.weights)
        if signs and edge_weights is not None:
            kept = edge_weights != 0
            edge_index = edge_index[:, kept]
            edge_weights = np.sign(edge_weights[kept]).astype(np.int64)
        graph = Graph(raw.n, edge_index, unless_unit(_normal(weights)), unless_unit(edge_weights))
        return Parsed(self, graph, raw.naming, name, tuple(warnings))

    def from_wire(self, wire: Mapping[str, Any], *, signs: bool = False) -> Parsed:
        """The instance of `{"n", "edges", "weights"?, "ids"? | "first_id"?, "name"?}`."""
        raw = graph_from_json(self.plain(wire))
        name = wire.get("name", "instance")
        if not isinstance(name, str):
            raise InvalidInstance("the name of the instance is not a string")
        return self.from_raw(raw, wire, name, signs=signs)

    def plain(self, wire: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON form without the family's own keys: a graph."""
        return {key: value for key, value in wire.items() if key not in self.own_keys}

    def from_raw(
        self, raw: RawGraph, wire: Mapping[str, Any], name: str, *, signs: bool = False
    ) -> Parsed:
        """The instance of a graph read from `wire`, which may hold the family's own keys."""
        return self.build(raw, name, signs=signs)

    def of_graph(self, graph: Graph) -> Any:
        """The instance of a graph that was made rather than read."""
        return graph

    def to_wire(self, instance: Any, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form; edges beyond 1000 in columns."""
        return {"problem": self.name, **graph_to_json(instance, naming)}

    def digest(self, instance: Any) -> str:
        """Of the canonical graph, so that order, ids and format do not matter."""
        digest: str = instance.digest(self.name)
        return digest

    def summary(self, instance: Any) -> dict[str, Any]:
        """Sizes, degrees, components and the like."""
        from solverhub.problems.graph_summary import summarise

        return summarise(instance)

    def sense(self, instance: Any) -> Sense:
        """The same for every instance of a family."""
        return self.goal

    def integral(self, instance: Any) -> bool:
        """True unless a weight that counts is fractional."""
        weights = instance.edge_weights if self.edge_weighted else instance.weights
        return weights is None or weights.dtype.kind == "i"

    def check_infeasible(self, instance: Any, evidence: Mapping[str, Any] | None) -> bool:
        """False: every graph has a feasible solution."""
        return False

    def objective(self, instance: Any, solution: np.ndarray) -> Number:
        """See the family."""
        raise NotImplementedError

    def violations(self, instance: Any, solution: np.ndarray) -> list[Violation]:
        """See the family."""
        raise NotImplementedError

    def solution_form(self, instance: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """See the family."""
        raise NotImplementedError

    def solution_to_wire(
        self, instance: Any, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """See the family."""
        raise NotImplementedError

    def solution_from_wire(
        self, instance: Any, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """See the family."""
        raise NotImplementedError

    def bound_value(self, instance: Any, evidence: Mapping[str, Any]) -> Number | None:
        """The bound that the evidence proves, or None where it proves none."""
        raise NotImplementedError

    def check_bound(
        self, instance: Any, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` where the evidence proves a bound at least as tight."""
        if not isinstance(evidence, Mapping):
            return None
        proved = self.bound_value(instance, evidence)
        if proved is None or self.goal.better(proved, bound):
            return None
        return BoundCheck.RECOMPUTED


def _normal(weights: np.ndarray | None) -> np.ndarray | None:
    """int64 where all weights are integers, also when that comes of summing."""
    return None if weights is None else as_weights(weights, "weights", weights.size)


def check_form(
    solution: np.ndarray, dtype: np.dtype[Any], shape: tuple[int, ...], what: str
) -> None:
    """Raise `InvalidSolution` unless the array has the dtype and shape of a solution."""
    if not isinstance(solution, np.ndarray):
        raise InvalidSolution(f"{what} is not an array", remedy=f"give {dtype} of shape {shape}")
    if solution.dtype != dtype or solution.shape != shape:
        raise InvalidSolution(
            f"{what} has dtype {solution.dtype} and shape {solution.shape}",
            remedy=f"give {dtype} of shape {shape}",
        )
