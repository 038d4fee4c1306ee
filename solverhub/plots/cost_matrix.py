"""Costs of pairs as a heat map, vertices in the order of their clusters, clusters framed.

A triple counts a third with each of its pairs, so a cluster's block sums to what it costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.cubic_instance import CubicInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_VERTICES = 1000


def cost_matrix(axes: Axes, instance: CubicInstance, labels: np.ndarray) -> None:
    """Draw the costs by clusters, labels int64 (n,), largest cluster first."""
    order, sizes = by_cluster(labels)
    costs = shared_costs(instance)[np.ix_(order, order)]
    most = float(np.abs(costs).max(initial=0.0)) or 1.0
    picture = axes.imshow(costs, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    axes.figure.colorbar(picture, ax=axes, label="cost of a pair")
    frame_clusters(axes, sizes, -0.5)


def by_cluster(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vertices cluster by cluster, largest first, and the sizes in this order."""
    _, groups, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.lexsort((groups.reshape(-1), -sizes[groups.reshape(-1)]))
    return order, np.sort(sizes)[::-1]


def frame_clusters(axes: Axes, sizes: np.ndarray, corner: float) -> None:
    """Frame the first clusters, of these sizes, from the upper left corner on; no ticks."""
    from matplotlib.patches import Rectangle

    begin = corner
    for size in sizes.tolist():
        frame = Rectangle((begin, begin), size, size, fill=False, edgecolor="black", linewidth=1.0)
        axes.add_patch(frame)
        begin += size
    axes.set_xlabel("vertices by cluster")
    axes.set_xticks([])
    axes.set_yticks([])


def shared_costs(instance: CubicInstance) -> np.ndarray:
    """float64 (n, n), symmetric: the cost of each pair and a third of those of its triples."""
    costs = np.zeros((instance.n, instance.n))
    costs[tuple(instance.pairs)] = instance.pair_costs
    i, j, k = instance.triples
    for ends in ((i, j), (i, k), (j, k)):
        np.add.at(costs, ends, instance.triple_costs / 3)
    return costs + costs.T
