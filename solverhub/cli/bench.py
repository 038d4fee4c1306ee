"""`solverhub bench`: hands its arguments on to `solverhub.bench.command.main`."""

from __future__ import annotations

import importlib

import typer

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


def bench(context: typer.Context) -> None:
    """Run solvers side by side on a suite; `solverhub bench --help` tells how."""
    from solverhub.core.errors import MissingDependency

    try:
        command = importlib.import_module("solverhub.bench.command")
    except ImportError as error:
        raise MissingDependency(
            f"the bench cannot be loaded ({error})", remedy="pip install 'solverhub[solvers]'"
        ) from error
    raise typer.Exit(command.main(context.args))
