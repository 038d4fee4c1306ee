"""Best objective and bound over the seconds of a solve, as steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solverhub.core.result import Number, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def trace(axes: Axes, result: Result) -> None:
    """Draw the trace of a result; each value holds until the next one, the last to the end.

    Where all values are integers the axis has no fractions.
    """
    from matplotlib.ticker import MaxNLocator

    told = [each for point in result.trace for each in (point.objective, point.bound)]
    if all(float(each).is_integer() for each in told if each is not None):
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    for name, label, value in (
        ("objective", "best objective", result.objective),
        ("bound", "bound", result.bound),
    ):
        points = [(point.wall_s, getattr(point, name)) for point in result.trace]
        known = [(wall_s, float(found)) for wall_s, found in points if found is not None]
        _steps(axes, known, value, result.wall_s, label)
    axes.set_xlabel("seconds")
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(loc="best", fontsize="small")


def _steps(
    axes: Axes,
    known: list[tuple[float, float]],
    final: Number | None,
    end_s: float,
    label: str,
) -> None:
    if final is not None:
        known = [*known, (max(end_s, known[-1][0] if known else 0.0), float(final))]
    if known:
        seconds, values = zip(*known, strict=True)
        axes.step(seconds, values, where="post", marker=".", label=label)
