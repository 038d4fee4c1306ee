"""`solverhub curve`: the best chance to arrive on time for many deadlines of one road graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solverhub.cli.asking import OutputOption, check_output, existing


def curve(
    file: Annotated[Path, typer.Argument(help="File of route-planning.", show_default=False)],
    deadline: Annotated[
        list[float] | None,
        typer.Option(
            help="A deadline; repeat it.  Else the file's `curve`, or two deviations around the "
            "least expected time.",
            show_default=False,
        ),
    ] = None,
    points: Annotated[int, typer.Option(min=2, max=1000, help="Deadlines, if none is given.")] = 21,
    time_limit: Annotated[
        float, typer.Option("--time-limit", "-t", metavar="SECONDS", help="Seconds for all.")
    ] = 10.0,
    plot: Annotated[
        Path | None, typer.Option(help="Write a picture: png, svg or pdf.", show_default=False)
    ] = None,
    output: OutputOption = "table",
) -> None:
    """Find the route most likely to arrive on time for each of many deadlines, with its chance.

    Travel times have to be independent.  `solve` answers for the deadline of the file alone.
    """
    check_output(output)
    from solverhub.cli.output import print_json, print_table
    from solverhub.exact.route_curve import best_curve, spread_deadlines
    from solverhub.problems import reading
    from solverhub.problems.route_planning import RoutePlanning

    parsed = reading.read(existing(file), "route-planning")
    asked = sorted(deadline or parsed.instance.curve) or spread_deadlines(parsed.instance, points)
    if plot is not None:
        from solverhub.plots.page import require

        require(plot)
    found = best_curve(parsed.instance, asked, time_limit)
    problem = RoutePlanning()
    rows: list[dict[str, Any]] = [
        {
            "deadline": point.deadline,
            "chance": point.chance,
            "proved": point.proved,
            **problem.solution_to_wire(parsed.instance, point.route, parsed.naming),
        }
        for point in found
    ]
    if plot is not None:
        from solverhub.plots.route_curve import draw_curve

        draw_curve(found, parsed.name, plot)
    if output == "json":
        print_json({"curve": rows})
        return
    print_table(
        ["deadline", "on time", "proved", "route"],
        [
            [
                f"{row['deadline']:.4g}",
                f"{row['chance']:.4f}",
                "yes" if row["proved"] else "no",
                _through(row["path"]),
            ]
            for row in rows
        ],
    )


def _through(path: list[Any]) -> str:
    """The vertices, or the first and the last few of many."""
    names = [str(vertex) for vertex in path]
    return " - ".join(names if len(names) <= 8 else [*names[:4], "...", *names[-3:]])
