"""Routes that arrive on time: the path most likely to meet a deadline when times are uncertain.

The time of a path is normal with the mean and variance of its edges' sum (see `route_graph`);
maximise P(on time) = Phi((deadline - mean) / sqrt(variance)).  A path without variance arrives on
time with chance 1 or 0.  A solution is a bool array (E,) of the path's edges; in JSON
`{"path": [vertices]}`, with `"steps"`, the place of each edge among those in parallel to it, where
there are such.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems import route_forms
from solverhub.problems.graph_family import check_form
from solverhub.problems.json_text import parse_json
from solverhub.problems.route_bound import Lines, chance, enumerate_below, path_score
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import distances_to_target

_ROUNDING = 1e-9
"""Relative error granted to a bound for the rounding of sums and of Phi."""
_COMPRESSED = re.compile(r"\.(gz|zst|zstd)$", re.IGNORECASE)


class RoutePlanning:
    """The family `route-planning`.

    Evidence for a bound: `{"multipliers": [...]}`, slopes of lines below all paths
    (`route_bound.Lines`), with `"enumerate": true` where a gap is closed by the paths in it.
    """

    name: ClassVar[str] = "route-planning"
    title: ClassVar[str] = "Route planning: maximise the chance to arrive on time"
    formats: ClassVar[tuple[str, ...]] = ("edge-list", "json")

    def parse(self, source: Source) -> Parsed:
        """Read rows of edges with a heading (see `route_forms`), or JSON."""
        name = PurePath(_COMPRESSED.sub("", source.name)).stem
        if source.data.lstrip()[:1] in (b"{", b"["):
            try:
                found = route_forms.from_wire(parse_json(source.data, file=source.name))
            except InvalidInstance as error:
                raise ParseError(error.message, file=source.name, remedy=error.remedy) from error
        else:
            found = route_forms.from_text(source)
        return Parsed(self, *found, name=name)

    def sense(self, instance: RouteInstance) -> Sense:
        """Maximise."""
        return Sense.MAXIMISE

    def integral(self, instance: RouteInstance) -> bool:
        """False: the objective is a probability."""
        return False

    def solution_form(self, instance: RouteInstance) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """bool (E,): the edges of the path."""
        return np.dtype(np.bool_), (instance.n_edges,)

    def objective(self, instance: RouteInstance, solution: np.ndarray) -> float:
        """The chance that the chosen edges take at most the deadline."""
        self._check(instance, solution)
        return chance(path_score(instance.deadline, *instance.moments(solution)))

    def violations(self, instance: RouteInstance, solution: np.ndarray) -> list[Violation]:
        """Where the chosen edges are not one simple path from source to target."""
        self._check(instance, solution)
        vertices, edges, ways = walk(instance, solution)
        if vertices[-1] != instance.target:
            return [_broken(f"{ways} chosen edges lead on from vertex {vertices[-1]}")]
        extra = int(np.count_nonzero(solution)) - len(edges)
        return [_broken(f"{extra} chosen edges are not on the path")] if extra else []

    def bound_value(self, instance: RouteInstance, evidence: Mapping[str, Any]) -> float | None:
        """The chance that the lines of the multipliers leave possible.

        With common factors a path's variance is only known to be at least that of its own noise,
        which bounds z where it is positive.
        """
        score = self._score(instance, evidence.get("multipliers"))[1]
        if not instance.independent:
            score = max(score, 0.0)
        return _outward(score)

    def check_bound(
        self, instance: RouteInstance, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` where the lines, or the paths between them and the bound, prove it."""
        if not isinstance(evidence, Mapping):
            return None
        proved = self.bound_value(instance, evidence)
        if proved is not None and proved <= bound:
            return BoundCheck.RECOMPUTED
        if evidence.get("enumerate") is not True or not instance.independent:
            return None
        lines = self._score(instance, evidence.get("multipliers"))[0]
        score = _quantile(float(bound) * (1 - _ROUNDING))
        return BoundCheck.RECOMPUTED if enumerate_below(lines, score) else None

    def check_infeasible(self, instance: RouteInstance, evidence: Mapping[str, Any] | None) -> bool:
        """True if no edges lead from the source to the target; no evidence is needed."""
        reach = distances_to_target(instance, np.ones(instance.n_edges))[0]
        return not math.isfinite(reach[instance.source])

    def to_wire(self, instance: RouteInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form (see `route_forms`) with its `"problem"` key."""
        return {"problem": self.name, **route_forms.to_wire(instance, naming)}

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the JSON form."""
        instance, naming = route_forms.from_wire(wire)
        name = wire.get("name")
        return Parsed(self, instance, naming, name if isinstance(name, str) else "instance")

    def solution_to_wire(
        self, instance: RouteInstance, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"path": [vertices], "mean", "variance"}`, `"steps"` among edges in parallel, and
        `"on_time"`, pairs of deadline and chance, where the instance asks for a curve."""
        self._check(instance, solution)
        vertices, edges, _ = walk(instance, solution)
        steps = [
            edges_between(instance, u, v).index(edge)
            for u, v, edge in zip(vertices[:-1], vertices[1:], edges, strict=True)
        ]
        mean, variance = instance.moments(solution)
        wire: dict[str, Any] = {"path": [naming.item(x) for x in vertices]}
        if any(steps):
            wire["steps"] = steps
        if instance.curve:
            chances = (chance(path_score(t, mean, variance)) for t in instance.curve)
            wire["on_time"] = [[t, p] for t, p in zip(instance.curve, chances, strict=True)]
        return wire | {"mean": mean, "variance": variance}

    def solution_from_wire(
        self, instance: RouteInstance, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"path": [...]}`; `InvalidSolution` names the step that is no edge."""
        path = wire.get("path") if isinstance(wire, Mapping) else None
        if not isinstance(path, list | tuple) or not path:
            raise InvalidSolution('the solution has no list "path"', remedy="give its vertices")
        index = {naming.item(x): x for x in range(instance.n)}
        unknown = [x for x in path if isinstance(x, list | dict) or x not in index]
        if unknown:
            raise InvalidSolution(f"the path has {unknown[0]!r:.40}, which is no vertex")
        inner = [index[x] for x in path]
        steps = wire.get("steps") or [0] * (len(path) - 1)
        if not isinstance(steps, list | tuple) or len(steps) != len(path) - 1:
            raise InvalidSolution('"steps" does not have one entry for each edge of the path')
        solution = np.zeros(instance.n_edges, dtype=bool)
        for u, v, step in zip(inner[:-1], inner[1:], steps, strict=True):
            ways = edges_between(instance, u, v)
            if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < len(ways):
                raise InvalidSolution(
                    f"no edge number {step!r:.20} leads from {naming.item(u)} to {naming.item(v)}"
                )
            solution[ways[step]] = True
        return solution

    def digest(self, instance: RouteInstance) -> str:
        """Over the canonical edges, the two ends, the deadline and the curve."""
        hasher = hashlib.sha256(b"route-planning")
        head = (instance.n, instance.source, instance.target, int(instance.directed))
        for array in (np.array(head, np.int64), np.array([instance.deadline])):
            hasher.update(array.tobytes())
        for array in (instance.tail, instance.head, instance.mean, instance.variance):
            hasher.update(array.tobytes())
        hasher.update(np.ascontiguousarray(instance.loadings).tobytes())
        hasher.update(np.array(instance.curve).tobytes())
        return f"sha256:{hasher.hexdigest()}"

    def summary(self, instance: RouteInstance) -> dict[str, Any]:
        """Sizes, and whether times are independent."""
        return {
            "vertices": instance.n,
            "edges": instance.n_edges,
            "deadline": instance.deadline,
            "directed": instance.directed,
            "independent": instance.independent,
        }

    def _check(self, instance: RouteInstance, solution: np.ndarray) -> None:
        check_form(solution, *self.solution_form(instance), "the path")

    def _score(self, instance: RouteInstance, multipliers: Any) -> tuple[Lines, float]:
        given = multipliers if isinstance(multipliers, list | tuple | np.ndarray) else ()
        numbers = [float(k) for k in given if isinstance(k, int | float | np.floating)]
        lines = Lines(instance, numbers)
        return lines, lines.bound(instance.source, 0.0, 0.0)


def walk(instance: RouteInstance, solution: np.ndarray) -> tuple[list[int], list[int], int]:
    """Vertices and edges from the source along chosen edges, bool (E,), while one way leads on.

    The last number is how many led on where the walk ended short of the target.
    """
    vertices = [instance.source]
    edges: list[int] = []
    left = set(np.flatnonzero(solution).tolist())
    while vertices[-1] != instance.target:
        at = vertices[-1]
        ways = [edge for edge in _ways_out(instance, at) if edge in left]
        if len(ways) != 1:
            return vertices, edges, len(ways)
        left.remove(ways[0])
        edges.append(ways[0])
        tail, head = int(instance.tail[ways[0]]), int(instance.head[ways[0]])
        vertices.append(head if tail == at else tail)
    return vertices, edges, 0


def edges_between(instance: RouteInstance, u: int, v: int) -> list[int]:
    """Edges from u to v, in their order."""
    ends = instance.tail + instance.head
    return sorted(edge for edge in _ways_out(instance, u) if ends[edge] - u == v)


def _ways_out(instance: RouteInstance, vertex: int) -> list[int]:
    indptr, _, edges = instance.links
    found: list[int] = edges[indptr[vertex] : indptr[vertex + 1]].tolist()
    return found


def _broken(message: str) -> Violation:
    return Violation("path", 0.0, message)


def _outward(score: float) -> float:
    return min(1.0, chance(score) * (1 + _ROUNDING))


def _quantile(probability: float) -> float:
    """The score of which `chance` is the probability."""
    from scipy.special import ndtri

    return float(ndtri(probability))
