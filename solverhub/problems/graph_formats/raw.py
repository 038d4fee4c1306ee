"""What every graph parser returns: edges as listed, and how the file names vertices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from solverhub.core.errors import InputTooLarge
from solverhub.core.problem import INTERNAL, Naming, Source


@dataclass(frozen=True, slots=True)
class RawGraph:
    """Edges by internal index, in file order, loops and duplicates included.

    - `u`, `v`: int64 (k,), within 0..n-1.
    - `edge_weights`: int64 or float64 (k,), None where the file has none.
    - `weights`: of vertices, int64 or float64 (n,), likewise.
    - `ids`: what the file calls vertices 0..n-1; None for 0..n-1 themselves.
    """

    n: int
    u: np.ndarray
    v: np.ndarray
    edge_weights: np.ndarray | None = None
    weights: np.ndarray | None = None
    ids: Sequence[Any] | np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    @property
    def naming(self) -> Naming:
        """The ids as a `Naming`."""
        return INTERNAL if self.ids is None else Naming(cast(Sequence[Any], self.ids))


def check_sizes(n: int, m: int, source: Source) -> None:
    """Raise `InputTooLarge` where the graph exceeds the limits of the source."""
    for count, limit, what in (
        (n, source.max_vertices, "vertices"),
        (m, source.max_edges, "edges"),
    ):
        if count > limit:
            raise InputTooLarge(
                f"{source.name}: {count} {what} exceed the limit of {limit}",
                remedy=f"give a smaller graph or raise max_{what}",
            )
