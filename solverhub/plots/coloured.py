"""Edge-coloured clusterings as bars: the weight of each colour's edges, satisfied and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.edge_coloured_clustering import satisfied

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COLOURS = 60


def colour_bars(axes: Axes, instance: ColouredHypergraph, labels: np.ndarray) -> None:
    """A bar a colour, the heaviest first, of at most 60 colours; `labels` int64 (n,)."""
    kept = satisfied(instance, labels)
    k = instance.n_colours
    won = np.bincount(instance.colour[kept], instance.weights[kept], k)
    lost = np.bincount(instance.colour[~kept], instance.weights[~kept], k)
    order = np.argsort(-(won + lost), kind="stable")[:MOST_COLOURS]
    at = np.arange(order.size)
    axes.bar(at, won[order], color="#1f4e79", label="wholly of their colour")
    axes.bar(at, lost[order], bottom=won[order], color="#d9a441", label="not")
    axes.set_xticks(at, [str(colour) for colour in order], fontsize=7)
    axes.set_xlabel("colour of the hyperedges, in sorted order of their names from 0")
    axes.set_ylabel("weight")
    axes.legend(loc="best", fontsize="small")
