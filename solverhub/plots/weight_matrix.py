"""Weights of pairs as a heat map, vertices in the order of their clusters, clusters framed.

Large instances are drawn in cells, each the mean weight of its pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.plots.cost_matrix import by_cluster, frame_clusters
from solverhub.problems.signed_graph import SignedGraph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 600


def weight_matrix(axes: Axes, instance: SignedGraph, labels: np.ndarray) -> None:
    """Draw the weights by clusters, labels int64 (n,), largest cluster first."""
    order, sizes = by_cluster(labels)
    means = mean_weights(instance, order)
    most = float(np.abs(means).max(initial=0.0)) or 1.0
    n = instance.n
    picture = axes.imshow(
        means, cmap="RdBu", vmin=-most, vmax=most, interpolation="nearest", extent=(0, n, n, 0)
    )
    axes.figure.colorbar(picture, ax=axes, label="mean weight of the pairs")
    frame_clusters(axes, sizes[sizes > n // MOST_CELLS], 0.0)


def mean_weights(instance: SignedGraph, order: np.ndarray) -> np.ndarray:
    """float64 (c, c), c = min(n, `MOST_CELLS`): mean weight of the pairs in each cell."""
    n = instance.n
    count = min(n, MOST_CELLS)
    cell = np.empty(n, np.int64)
    cell[order] = np.arange(n) * count // max(1, n)
    u, v = cell[instance.graph.edge_index]
    sizes = np.bincount(cell, minlength=count).astype(np.float64)
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    missing = -1.0 if instance.complete else 0.0
    total = missing * pairs
    weights = instance.weights - missing
    np.add.at(total, (u, v), weights)
    np.add.at(total, (v, u), weights)
    means: np.ndarray = total / np.maximum(pairs, 1.0)
    return means
