"""A schedule as a Gantt chart: a line a machine, a colour a job, numbers of jobs where they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.job_shop import ShopInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL_PT = 6.0
_DIGIT_PT = 0.62 * _LABEL_PT
"""Width of a digit, with a little air."""

_AXES_SHARE = 0.93
"""Share of the figure's width that the axes get."""

_DARK = 0.45
"""Luminance below which a colour is labelled in white."""


def size(instance: ShopInstance) -> tuple[float, float]:
    """Width and height in inches that leave the operations of a usual schedule legible."""
    a_machine = instance.n_operations / max(1, len(np.unique(instance.machine)))
    width = float(np.clip(0.25 * a_machine, 10, 25))
    return width, float(np.clip(0.3 * instance.n_machines + 1, 3, 16))


def gantt(axes: Axes, instance: ShopInstance, start: np.ndarray) -> None:
    """Draw the operations at their starts, int64 (n_operations,), and a line at the makespan."""
    from matplotlib import colormaps

    colours = colormaps["turbo"](np.linspace(0.05, 0.95, instance.n_jobs))
    makespan = int((start + instance.duration).max())
    width_pt = 72 * _AXES_SHARE * axes.get_figure(root=True).get_figwidth()  # type: ignore[union-attr]
    pt_a_unit = width_pt / max(1, makespan)
    axes.barh(
        instance.machine,
        instance.duration,
        left=start,
        height=0.84,
        color=colours[instance.job],
        edgecolor="white",
        linewidth=float(np.clip(pt_a_unit * np.median(instance.duration) / 40, 0.05, 0.4)),
    )
    _label(axes, instance, start, colours, pt_a_unit)
    axes.axvline(makespan, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel(f"time (makespan {makespan})")
    axes.set_ylabel("machine")
    axes.set_xlim(0, 1.005 * makespan if makespan else 1)
    used = np.unique(instance.machine)
    axes.set_yticks(used[:: max(1, len(used) // 50)])
    axes.margins(y=0.01)
    axes.invert_yaxis()


def _label(
    axes: Axes, instance: ShopInstance, start: np.ndarray, colours: np.ndarray, pt_a_unit: float
) -> None:
    """Write the number of the job on every operation that is wide enough for it."""
    job = instance.job
    luminance = colours[:, :3] @ (0.299, 0.587, 0.114)
    digits = np.char.str_len(np.arange(instance.n_jobs).astype(str))[job]
    for operation in np.flatnonzero(instance.duration * pt_a_unit >= _DIGIT_PT * digits):
        axes.text(
            start[operation] + instance.duration[operation] / 2,
            instance.machine[operation],
            str(job[operation]),
            ha="center",
            va="center",
            fontsize=_LABEL_PT,
            color="white" if luminance[job[operation]] < _DARK else "black",
            clip_on=True,
        )
