"""Distances before and after: matrices, and of the change, where they are small and complete, else
a scatter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.metric_instance import MetricInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 300
_MOST_MARKS = 200_000
_FEW = 1000
"""Marks that are drawn large."""


def distances(axes: Axes, instance: MetricInstance, x: np.ndarray) -> None:
    """Given distances and the metric float64 (E,) in one colour scale, the change in another."""
    if not instance.complete or not 1 < instance.n <= MOST_POINTS:
        _scatter(axes, instance.distances, x)
        return
    n = instance.n
    both = np.full((n, 2 * n + 1), np.nan)
    both[:, :n] = instance.square(instance.distances)
    both[:, n + 1 :] = instance.square(x)
    change = instance.square(x - instance.distances)
    most = float(np.abs(change).max()) or 1.0
    end, rows = 2 * n + 0.5, (n - 0.5, -0.5)
    image = axes.imshow(both, cmap="viridis", interpolation="nearest", extent=(-0.5, end, *rows))
    moved = axes.imshow(
        change,
        cmap="RdBu_r",
        vmin=-most,
        vmax=most,
        interpolation="nearest",
        extent=(end + 1, end + 1 + n, *rows),
    )
    axes.set_xlim(-0.5, end + 1 + n)
    middles = [n / 2 - 0.5, 1.5 * n + 0.5, 2.5 * n + 1.5]
    axes.set_xticks(middles, ["given distances", "metric", "change"])
    axes.set_yticks([])
    axes.figure.colorbar(moved, ax=axes, shrink=0.5, label="change")
    axes.figure.colorbar(image, ax=axes, shrink=0.5, label="distance")


def _scatter(axes: Axes, before: np.ndarray, after: np.ndarray) -> None:
    step = max(1, before.size // _MOST_MARKS)
    size, alpha = (16, 0.7) if before.size <= _FEW else (4, 0.3)
    axes.scatter(before[::step], after[::step], s=size, alpha=alpha, linewidths=0, rasterized=True)
    top = float(before.max(initial=0.0))
    axes.plot([0, top], [0, top], color="black", linewidth=0.8)
    axes.set_xlabel("given distance")
    axes.set_ylabel("distance in the metric")
