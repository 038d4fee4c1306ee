"""A schedule as a Gantt chart: a line a machine, a colour a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.job_shop import ShopInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LABELS = 400


def gantt(axes: Axes, instance: ShopInstance, start: np.ndarray) -> None:
    """Draw the operations at their starts, int64 (n_operations,); small shops are labelled."""
    from matplotlib import colormaps

    colours = colormaps["turbo"](np.linspace(0.05, 0.95, instance.n_jobs))
    job = instance.job
    axes.barh(
        instance.machine,
        instance.duration,
        left=start,
        height=0.8,
        color=colours[job],
        edgecolor="white",
        linewidth=0.3,
    )
    if instance.n_operations <= _MOST_LABELS:
        for operation in np.flatnonzero(instance.duration):
            middle = start[operation] + instance.duration[operation] / 2
            axes.text(
                middle,
                instance.machine[operation],
                str(job[operation]),
                ha="center",
                va="center",
                fontsize=6,
                clip_on=True,
            )
    axes.set_xlabel("time")
    axes.set_ylabel("machine")
    axes.set_yticks(np.unique(instance.machine))
    axes.invert_yaxis()
