"""`solverhub solvers`, `problems` and `models`: what there is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from solverhub.cli.asking import OutputOption, check_output


def problems(output: OutputOption = "table") -> None:
    """List the problem families."""
    check_output(output)
    from solverhub import catalog
    from solverhub.problems import families

    found = [families.get(name) for name in families.names()]
    rows: list[dict[str, Any]] = [
        {
            "name": family.name,
            "title": family.title,
            "formats": list(family.formats),
            "solvers": ["auto", *catalog.names(family.name)],
        }
        for family in found
    ]
    _show(rows, output)


def solvers(
    problem: Annotated[
        str | None, typer.Argument(help="Only this problem's.", show_default=False)
    ] = None,
    output: OutputOption = "table",
) -> None:
    """List the solvers of a problem, or of all, with their parameters."""
    check_output(output)
    from solverhub import catalog
    from solverhub.problems import families

    if problem is not None:
        families.get(problem)
    entries = [e for e in catalog.entries() if problem is None or e.problem == problem]
    rows: list[dict[str, Any]] = []
    for entry in entries:
        kind = catalog.solver_class(entry.problem, entry.name)
        rows.append(
            {
                "problem": entry.problem,
                "name": entry.name,
                "title": kind.title,
                "guarantee": kind.guarantee.value,
                "devices": list(kind.devices),
                "missing": catalog.missing(kind),
                "params": kind.Params.describe(),
            }
        )
    _show(rows, output)


def models(output: OutputOption = "table") -> None:
    """List the trained models that learned solvers load."""
    check_output(output)
    import tomllib

    from solverhub import assets

    rows: list[dict[str, Any]] = []
    for config in sorted(assets.folder("models").glob("*/config.toml")):
        weights = config.parent / "weights.safetensors"
        rows.append(
            {
                "name": config.parent.name,
                "config": tomllib.loads(config.read_text("utf-8")),
                "weights_bytes": weights.stat().st_size if weights.exists() else 0,
            }
        )
    if not rows and output == "table":
        typer.echo("no trained models", err=True)
        return
    _show(rows, output)


def _show(rows: list[dict[str, Any]], output: str) -> None:
    from solverhub.cli.output import print_json, print_table

    if output == "json":
        print_json(rows)
    elif rows:
        print_table(list(rows[0]), [[_text(value) for value in row.values()] for row in rows])


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    if isinstance(value, dict) and "name" in value:
        return f"{value['name']}={value.get('default')}"
    return str(value)
