"""What a problem family is: a stateless description, and the independent judge of its solutions.

A `Problem` holds no solver code.  Its judge is obvious first and vectorised where
instances are large.  Instances are immutable values in a canonical internal order
(vertices 0..n-1 and edges sorted); the ids of a file live beside them in a `Naming`,
so that two files of one instance share a digest, a cache entry and solutions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from solverhub.core.result import BoundCheck, Number, Sense, Violation


@dataclass(frozen=True, slots=True)
class Manner:
    """How an input is to be read, where it may be read in several ways; see `Source`."""

    signs: bool = False
    symmetrise: bool = False


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Source:
    """Text of an input, decompressed and without byte-order mark, and the name to blame in errors.

    `folder` is the name of the parent folder, which may name the problem.  `signs` asks for
    the signs of edge weights in place of the weights, `symmetrise` for the mean of both directions
    of a matrix of distances.  `max_vertices` and `max_edges` limit what a parser may build.
    """

    name: str
    data: bytes
    folder: str = ""
    signs: bool = False
    symmetrise: bool = False
    max_vertices: int = 2**25
    max_edges: int = 2**28


@dataclass(frozen=True, slots=True)
class Naming:
    """Ids of the input for the internal order.

    `items[i]` is the id of vertex or variable i (None: i itself); `rows` likewise for
    the rows of an ILP.
    """

    items: Sequence[Any] | None = None
    rows: Sequence[str] | None = None

    def item(self, index: int) -> Any:
        """Id of item `index`, a plain int or str."""
        if self.items is None:
            return int(index)
        found = self.items[index]
        return int(found) if isinstance(found, np.integer) else found


INTERNAL = Naming()


@dataclass(frozen=True)
class Parsed:
    """An instance as read: with its problem, the ids of its file, a name and warnings."""

    problem: Problem
    instance: Any
    naming: Naming = INTERNAL
    name: str = "instance"
    warnings: tuple[str, ...] = ()

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """`Problem.summary` of the instance, found once: a solve is routed twice."""
        return self.problem.summary(self.instance)


class Problem(Protocol):
    """One family.  Implementations are classes without state, one module a family.

    Errors: `parse` and `from_wire` raise `ParseError` or `InvalidInstance`;
    `solution_from_wire` and `violations` raise `InvalidSolution` when the form is wrong
    (dtype, shape, unknown id), which is not the same as an infeasible solution.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    formats: ClassVar[tuple[str, ...]]

    def parse(self, source: Source) -> Parsed:
        """Read any of `formats`, told apart by name and content."""
        ...

    def sense(self, instance: Any) -> Sense:
        """Whether the instance is minimised or maximised."""
        ...

    def integral(self, instance: Any) -> bool:
        """True if every feasible solution has an integer objective."""
        ...

    def solution_form(self, instance: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """dtype and shape of every solution array of this instance."""
        ...

    def objective(self, instance: Any, solution: np.ndarray) -> Number:
        """The objective, exact for integer data.  The solution need not be feasible."""
        ...

    def violations(self, instance: Any, solution: np.ndarray) -> list[Violation]:
        """The broken constraints, worst first, at most 100; empty means feasible."""
        ...

    def check_bound(
        self, instance: Any, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """How the evidence supports the bound, or None where it does not."""
        ...

    def check_infeasible(self, instance: Any, evidence: Mapping[str, Any] | None) -> bool:
        """True if the evidence proves that no solution exists."""
        ...

    def to_wire(self, instance: Any, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form of the instance, with its `"problem"` key."""
        ...

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of a JSON form."""
        ...

    def solution_to_wire(
        self, instance: Any, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """The JSON form of a solution, in the ids of the input."""
        ...

    def solution_from_wire(
        self, instance: Any, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of a solution in JSON form."""
        ...

    def digest(self, instance: Any) -> str:
        """`sha256:...`, independent of file format, edge order and id base."""
        ...

    def summary(self, instance: Any) -> dict[str, Any]:
        """Sizes and statistics for people and for routing: JSON-ready scalars, cheap to get."""
        ...
