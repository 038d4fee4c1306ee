"""The best chance to arrive on time over the deadline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from solverhub.plots.page import require

if TYPE_CHECKING:
    from solverhub.exact.route_curve import CurvePoint


def draw_curve(points: Sequence[CurvePoint], name: str, path: Path) -> None:
    """Write the picture: a line a route, since each has a curve of its own; hollow if not proved.

    Raises what `plots.require` raises.
    """
    require(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    routes: dict[bytes, list[CurvePoint]] = {}
    for point in points:
        routes.setdefault(point.route.tobytes(), []).append(point)
    axes.plot([p.deadline for p in points], [p.chance for p in points], color="#b0b0b0")
    for number, along in enumerate(routes.values()):
        colour = f"C{number % 10}"
        for proved in (True, False):
            part = [p for p in along if p.proved is proved]
            axes.plot(
                [p.deadline for p in part],
                [p.chance for p in part],
                "o",
                color=colour,
                markerfacecolor=colour if proved else "white",
            )
    axes.set_title(f"{name}: {len(routes)} route{'s' if len(routes) > 1 else ''}, a colour each")
    axes.set_xlabel("deadline")
    axes.set_ylabel("best chance to arrive on time")
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
