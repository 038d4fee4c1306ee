"""Distances before and after: two matrices where they are small and complete, else a scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.metric_instance import MetricInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 300
_MOST_MARKS = 200_000


def distances(axes: Axes, instance: MetricInstance, x: np.ndarray) -> None:
    """Given distances left, the metric float64 (E,) right, in one colour scale."""
    if not instance.complete or not 1 < instance.n <= MOST_POINTS:
        _scatter(axes, instance.distances, x)
        return
    n = instance.n
    both = np.full((n, 2 * n + 1), np.nan)
    both[:, :n] = instance.square(instance.distances)
    both[:, n + 1 :] = instance.square(x)
    image = axes.imshow(both, cmap="viridis", interpolation="nearest")
    axes.set_xticks([n / 2 - 0.5, 1.5 * n + 0.5], ["given distances", "metric"])
    axes.set_yticks([])
    axes.figure.colorbar(image, ax=axes, shrink=0.8, label="distance")


def _scatter(axes: Axes, before: np.ndarray, after: np.ndarray) -> None:
    step = max(1, before.size // _MOST_MARKS)
    axes.scatter(before[::step], after[::step], s=4, alpha=0.3, linewidths=0, rasterized=True)
    top = float(before.max(initial=0.0))
    axes.plot([0, top], [0, top], color="black", linewidth=0.8)
    axes.set_xlabel("given distance")
    axes.set_ylabel("distance in the metric")
