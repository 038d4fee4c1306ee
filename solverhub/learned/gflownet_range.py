"""Whether a graph is like those that a model was trained on: size, density, degrees.

Every quantity must lie between the least and the greatest of the training graphs, each moved out
by a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from solverhub.problems.graph import Graph

QUANTITIES = {
    "vertices": "vertices",
    "mean_degree": "mean degree",
    "degree_variation": "variation of degrees",
    "largest_degree": "largest degree",
}
_SLACK = 0.1


def measure(graph: Graph) -> dict[str, float]:
    """The quantities of a graph; the variation is the degrees' deviation over their mean."""
    if graph.n == 0:
        return dict.fromkeys(QUANTITIES, 0.0)
    degrees = graph.degrees
    mean = float(degrees.mean())
    return {
        "vertices": float(graph.n),
        "mean_degree": mean,
        "degree_variation": float(degrees.std()) / max(mean, 1e-9),
        "largest_degree": float(degrees.max()),
    }


@dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest of each quantity over the training graphs."""

    limits: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, graphs: Sequence[Graph]) -> Self:
        """Of some graphs, one at least."""
        rows = [measure(graph) for graph in graphs]
        return cls(
            {
                name: (min(row[name] for row in rows), max(row[name] for row in rows))
                for name in QUANTITIES
            }
        )

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """From the table `training` of a `config.toml`."""
        return cls({name: (float(given[name][0]), float(given[name][1])) for name in QUANTITIES})

    def to_mapping(self) -> dict[str, tuple[float, float]]:
        """As numbers of a `config.toml`."""
        return {name: (round(low, 4), round(high, 4)) for name, (low, high) in self.limits.items()}

    def describe(self, graph: Graph) -> str:
        """How a graph relates to those of the training."""
        outside = []
        for name, value in measure(graph).items():
            low, high = self.limits[name]
            if not low * (1 - _SLACK) <= value <= high * (1 + _SLACK):
                outside.append(f"{QUANTITIES[name]} {value:.4g}, there {low:.4g} to {high:.4g}")
        if not outside:
            return "this graph is like these in size and degrees"
        return "this graph is far from these: " + "; ".join(outside)
