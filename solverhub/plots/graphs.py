"""Small graphs with their solution: chosen vertices filled, cut edges drawn strong.

Vertices lie where a spring model puts them; the layout has a fixed seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.graph import Graph
from solverhub.problems.route_graph import RouteInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_VERTICES = 300
_HUB = 0.2
_LINES = 500
"""Edges from which they are drawn paler, so that vertices are seen among them."""
_DARK, _LIGHT, _EDGE = "#1f4e79", "#d9e6f2", "#b0b0b0"


def subset(axes: Axes, graph: Graph, selected: np.ndarray) -> None:
    """Selected vertices, bool (n,), dark; edges between two of them dark too."""
    u, v = graph.edge_index
    inside = selected[u] & selected[v]
    _draw(axes, graph, np.where(selected, _DARK, _LIGHT), inside)


def cut(axes: Axes, graph: Graph, side: np.ndarray) -> None:
    """The two sides, int8 (n,), dark and light; edges that are cut dark."""
    u, v = graph.edge_index
    _draw(axes, graph, np.where(side == 1, _DARK, _LIGHT), side[u] != side[v])


def route(axes: Axes, roads: RouteInstance, chosen: np.ndarray) -> None:
    """The edges of a route, bool (E,), and the vertices on it dark."""
    on = np.zeros(roads.n, dtype=bool)
    on[roads.edge_index[:, chosen]] = True
    on[[roads.source, roads.target]] = True
    _draw(axes, roads, np.where(on, _DARK, _LIGHT), chosen)


def _draw(
    axes: Axes, graph: Graph | RouteInstance, colours: np.ndarray, strong: np.ndarray
) -> None:
    from matplotlib.collections import LineCollection

    place = _layout(graph)
    lines = place[graph.edge_index.T]
    axes.add_collection(
        LineCollection(
            list(lines),
            colors=[_DARK if dark else _EDGE for dark in strong],
            linewidths=np.where(strong, 1.0, 0.4),
            alpha=min(1.0, max(0.15, _LINES / max(1, len(lines)))),
            zorder=1,
        )
    )
    axes.scatter(
        place[:, 0],
        place[:, 1],
        s=max(8.0, 2000 / max(1, graph.n)),
        c=list(colours),
        edgecolors=_DARK,
        linewidths=0.6,
        zorder=2,
    )
    axes.set_axis_off()
    axes.set_aspect("equal")


def _layout(graph: Graph | RouteInstance) -> np.ndarray:
    """Positions float64 (n, 2); weak springs to a hidden vertex hold the components together."""
    import networkx

    hub = graph.n
    drawn = networkx.empty_graph(hub + 1)
    drawn.add_edges_from(graph.edge_index.T.tolist(), weight=1.0)
    drawn.add_edges_from(((hub, vertex) for vertex in range(hub)), weight=_HUB)
    place = networkx.spring_layout(drawn, seed=0)
    return np.array([place[vertex] for vertex in range(hub)]).reshape(hub, 2)
