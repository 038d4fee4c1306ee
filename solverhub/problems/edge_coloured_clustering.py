"""Edge-coloured clustering: give every vertex a colour so that hyperedges are wholly of theirs
(Angel et al. 2016, doi:10.1007/978-3-319-18263-6; Amburg, Veldt and Benson 2020, arXiv:1910.09943).

Hyperedges of any size, each with a colour and a weight of 0 or more; the objective is the
weight of those with a vertex of another colour.  A solution is an int64 array (n,) of colours
0..k-1; in JSON `{"labels": [...]}` by internal order of the vertices, which is the sorted order
of their ids, with the colours named as in the input.  A vertex in no edge has the first colour
or any other.

JSON: `{"edges": [[[v, ...], colour, weight], ...], "n": ...}`, weights 1 where left out, colours
integers or strings; `n` where vertices beyond the largest in an edge exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.edge_coloured_bound import share_bound
from solverhub.problems.edge_coloured_text import read_lines
from solverhub.problems.graph import MAX_VERTICES, exact_sum
from solverhub.problems.graph_family import check_form
from solverhub.problems.json_text import parse_json

_KEYS = {"problem", "edges", "n", "name"}


class EdgeColouredClustering:
    """Edge-coloured clustering.

    Evidence for a bound: `{"shares": float64 (s,)}`; see `edge_coloured_bound`.
    """

    name: ClassVar[str] = "edge-coloured-clustering"
    title: ClassVar[str] = "Edge-coloured clustering of hypergraphs"
    formats: ClassVar[tuple[str, ...]] = ("coloured-lines", "json")

    def parse(self, source: Source) -> Parsed:
        """Read lines of hyperedges or JSON, told apart by content."""
        try:
            if source.data[:4096].lstrip()[:1] in (b"{", b"["):
                return self.from_wire(parse_json(source.data, file=source.name))
            found = read_lines(source)
            instance, warnings = ColouredHypergraph.of(
                len(found.vertices), len(found.colours), found.edges, found.colour, found.weights
            )
        except InvalidInstance as error:
            raise ParseError(error.message, file=source.name, remedy=error.remedy) from error
        naming = Naming(found.vertices, [str(colour) for colour in found.colours])
        return Parsed(self, instance, naming, PurePath(source.name).stem, warnings)

    def sense(self, instance: ColouredHypergraph) -> Sense:
        """Minimise."""
        return Sense.MINIMISE

    def integral(self, instance: ColouredHypergraph) -> bool:
        """True unless a weight is fractional."""
        return bool(instance.weights.dtype.kind == "i")

    def solution_form(self, instance: ColouredHypergraph) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """int64 (n,): the colour of each vertex."""
        return np.dtype(np.int64), (instance.n,)

    def objective(self, instance: ColouredHypergraph, solution: np.ndarray) -> Number:
        """Weight of the edges with a vertex of another colour."""
        self._check(instance, solution)
        return exact_sum(instance.weights[~satisfied(instance, solution)])

    def violations(self, instance: ColouredHypergraph, solution: np.ndarray) -> list[Violation]:
        """None: every colouring is feasible."""
        self._check(instance, solution)
        return []

    def check_bound(
        self, instance: ColouredHypergraph, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` for 0, and where the shares prove a bound at least as tight."""
        proved: Number | None = 0
        if bound > 0 and isinstance(evidence, Mapping):
            proved = share_bound(instance, evidence)
        return BoundCheck.RECOMPUTED if proved is not None and bound <= proved else None

    def check_infeasible(
        self, instance: ColouredHypergraph, evidence: Mapping[str, Any] | None
    ) -> bool:
        """False: every hypergraph has a colouring."""
        return False

    def to_wire(self, instance: ColouredHypergraph, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form, with ids 0..n-1 and the input's colours."""
        names = _colour_names(instance, naming)
        bounds = instance.indptr.tolist()
        members = instance.vertices.tolist()
        edges = [
            [members[bounds[e] : bounds[e + 1]], names[colour], weight]
            for e, (colour, weight) in enumerate(
                zip(instance.colour.tolist(), instance.weights.tolist(), strict=True)
            )
        ]
        return {"problem": self.name, "n": instance.n, "edges": edges}

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the JSON form; `InvalidInstance` names the edge."""
        rows = wire.get("edges") if isinstance(wire, Mapping) else None
        if not isinstance(rows, list | tuple):
            raise InvalidInstance(
                'there is no list "edges"',
                remedy='give {"edges": [[[v, ...], colour, weight], ...]}',
            )
        unknown = sorted(set(wire) - _KEYS)
        if unknown:
            raise InvalidInstance(
                f"unknown key {unknown[0][:80]!r}", remedy="known are edges and n"
            )
        edges, colours, weights = [], [], []
        for e, row in enumerate(rows):
            edge, colour, weight = _edge_from_wire(e, row)
            edges.append(edge)
            colours.append(colour)
            weights.append(weight)
        used = {colour for edge, colour in zip(edges, colours, strict=True) if edge}
        names = sorted(used, key=lambda name: (isinstance(name, str), name))
        if len({str(name) for name in names}) < len(names):
            raise InvalidInstance("a colour is an integer and a string", remedy="use one of them")
        rank = {name: index for index, name in enumerate(names)}
        instance, warnings = ColouredHypergraph.of(
            _n_from_wire(wire, edges),
            len(names),
            edges,
            [rank.get(colour, 0) for colour in colours],
            weights,
        )
        title = wire.get("name", "instance")
        if not isinstance(title, str):
            raise InvalidInstance("the name of the instance is not a string")
        return Parsed(self, instance, Naming(None, [str(name) for name in names]), title, warnings)

    def solution_to_wire(
        self, instance: ColouredHypergraph, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"labels": [...]}`: the input's colour of each vertex, in internal order."""
        self._check(instance, solution)
        names = _colour_names(instance, naming) or [0]
        return {"labels": [names[colour] for colour in solution.tolist()]}

    def solution_from_wire(
        self, instance: ColouredHypergraph, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"labels": [...]}`, one colour a vertex."""
        labels = wire.get("labels") if isinstance(wire, Mapping) else None
        if not isinstance(labels, list | tuple) or len(labels) != instance.n:
            raise InvalidSolution(
                'the solution has no list "labels" of one entry a vertex',
                remedy=f'give {{"labels": [...]}} with {instance.n} colours',
            )
        names = _colour_names(instance, naming) or [0]
        rank = {str(name): index for index, name in enumerate(names)}
        for at, label in enumerate(labels):
            if isinstance(label, bool) or str(label) not in rank:
                raise InvalidSolution(
                    f"labels[{at}] is {label!r:.80}", remedy=f"one of the {len(names)} colours"
                )
        return np.array([rank[str(label)] for label in labels], np.int64)

    def digest(self, instance: ColouredHypergraph) -> str:
        """Of the canonical hypergraph, so that order, ids, names and format do not matter."""
        return instance.digest(self.name)

    def summary(self, instance: ColouredHypergraph) -> dict[str, Any]:
        """Sizes, colours and weights."""
        sizes = instance.sizes
        return {
            "vertices": instance.n,
            "edges": instance.m,
            "entries": int(instance.vertices.size),
            "colours": instance.n_colours,
            "largest_edge": int(sizes.max(initial=0)),
            "total_weight": float(exact_sum(instance.weights)),
            "edge_weighted": not bool((instance.weights == 1).all()),
        }

    def _check(self, instance: ColouredHypergraph, solution: np.ndarray) -> None:
        check_form(solution, *self.solution_form(instance), "the colouring")
        top = max(1, instance.n_colours)
        if solution.size and not 0 <= solution.min() <= solution.max() < top:
            raise InvalidSolution(
                "the colouring has a colour that is none", remedy=f"give colours 0..{top - 1}"
            )


def satisfied(instance: ColouredHypergraph, labels: np.ndarray) -> np.ndarray:
    """Whether each edge is wholly of its colour, bool (m,)."""
    if instance.m == 0:
        return np.zeros(0, np.bool_)
    right = labels[instance.vertices] == instance.colour[instance.edge_of]
    whole: np.ndarray = np.logical_and.reduceat(right, instance.indptr[:-1])
    return whole


def _colour_names(instance: ColouredHypergraph, naming: Naming) -> list[int] | list[str]:
    """The input's colours: integers where all of them are."""
    if naming.rows is None or len(naming.rows) != instance.n_colours:
        return list(range(instance.n_colours))
    names = list(naming.rows)
    try:
        numbers = [int(name) for name in names]
    except ValueError:
        return names
    return numbers if [str(number) for number in numbers] == names else names


def _edge_from_wire(e: int, row: Any) -> tuple[list[int], int | str, int | float]:
    form = isinstance(row, list | tuple) and len(row) in (2, 3)
    if not form or not isinstance(row[0], list | tuple) or not all(map(_is_id, row[0])):
        raise InvalidInstance(
            f"edge {e} is not [[v, ...], colour, weight]", remedy="ids are integers from 0"
        )
    if not isinstance(row[1], int | str) or isinstance(row[1], bool):
        raise InvalidInstance(f"edge {e} has the colour {row[1]!r:.80}", remedy="integer or string")
    weight = row[2] if len(row) == 3 else 1
    if not isinstance(weight, int | float) or isinstance(weight, bool):
        raise InvalidInstance(f"edge {e} has the weight {weight!r:.80}", remedy="give a number")
    return list(row[0]), row[1], weight


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_VERTICES


def _n_from_wire(wire: Mapping[str, Any], edges: Sequence[Sequence[int]]) -> int:
    least = 1 + max((max(edge) for edge in edges if edge), default=-1)
    n = wire.get("n", least)
    if not _is_id(n) or n < least:
        raise InvalidInstance(f'"n" is {n!r:.80}', remedy=f"give a number of at least {least}")
    return int(n)
