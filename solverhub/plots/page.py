"""One page a result: its solution above, where its family has a picture, and its trace below.

A result with a pool, as samplers give it, also has the histogram of its objectives.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solverhub.core.errors import InvalidParams, MissingDependency
from solverhub.core.result import Result
from solverhub.plots.coloured import colour_bars
from solverhub.plots.cost_matrix import MOST_VERTICES as MOST_ROWS
from solverhub.plots.cost_matrix import cost_matrix
from solverhub.plots.gantt import gantt, size
from solverhub.plots.graphs import MOST_VERTICES, cut, route, subset
from solverhub.plots.metrics import distances
from solverhub.plots.photonics import device
from solverhub.plots.placements import device_bars
from solverhub.plots.samples import histogram, objectives
from solverhub.plots.trace import trace
from solverhub.plots.weight_matrix import weight_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Panel = Callable[["Axes", Any, Any], None]

_PANELS: dict[str, Panel] = {
    "job-shop": gantt,
    "max-cut": cut,
    "maximum-independent-set": subset,
    "maximum-clique": subset,
    "minimum-vertex-cover": subset,
    "minimum-dominating-set": subset,
    "route-planning": route,
    "photonic-design": device,
    "table-sharding": device_bars,
    "cubic-correlation-clustering": cost_matrix,
    "metric-nearness": distances,
    "correlation-clustering": weight_matrix,
    "min-max-correlation-clustering": weight_matrix,
    "edge-coloured-clustering": colour_bars,
}

_TRACE_INCHES = 2.7


def require(path: Path) -> None:
    """Raise `MissingDependency` without matplotlib, `InvalidParams` for an unknown suffix."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise MissingDependency(
            "drawing needs matplotlib", remedy="pip install 'solverhub[solvers]'"
        ) from error
    known = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in known:
        raise InvalidParams(
            f"{path}: unknown kind of picture", remedy=f"one of {', '.join(sorted(known))}"
        )


def draw(result: Result, path: Path) -> None:
    """Write the picture; the suffix tells the format (png, svg, pdf).

    Raises what `require` raises.
    """
    require(path)
    picture(result).savefig(path, dpi=150)


def picture(result: Result) -> Figure:
    """The page as a matplotlib figure.

    Graphs of more than 300 vertices, matrices of more than 1000 rows, and results without a
    solution have a trace alone.
    Raises `MissingDependency` without matplotlib.
    """
    require(Path("page.png"))
    from matplotlib.figure import Figure

    panel = _panel(result)
    width, height = 10.0, 5.3
    if panel is gantt and result.parsed is not None:
        width, height = size(result.parsed.instance)
    figure = Figure(layout="constrained")
    sampled = objectives(result)
    ratios = [*([height] if panel else []), *[_TRACE_INCHES] * (2 if sampled else 1)]
    figure.set_size_inches(width, max(4.0, sum(ratios)))
    axes = figure.subplots(len(ratios), 1, height_ratios=ratios, squeeze=False)[:, 0]
    axes[0].set_title(_title(result))
    if panel and result.parsed is not None:
        panel(axes[0], result.parsed.instance, result.solution)
    trace(axes[-2 if sampled else -1], result)
    if sampled:
        histogram(axes[-1], sampled)
    return figure


def _panel(result: Result) -> Panel | None:
    if result.parsed is None or result.solution is None:
        return None
    panel = _PANELS.get(result.problem)
    if panel in (cut, subset, route) and result.parsed.instance.n > MOST_VERTICES:
        return None
    if panel is weight_matrix and result.parsed.instance.n == 0:
        return None
    if panel is cost_matrix and not 0 < result.parsed.instance.n <= MOST_ROWS:
        return None
    return panel


def _title(result: Result) -> str:
    name = result.instance.name if result.instance else "instance"
    found = "no solution" if result.objective is None else f"objective {float(result.objective):g}"
    return f"{name}: {found}, {result.termination.reason.value}, by {result.solver}"
