"""`solverhub bench`: its arguments are those of the bench, which is imported when asked for."""

from __future__ import annotations

import typer

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


def bench(context: typer.Context) -> None:
    """Run solvers side by side on a suite; `solverhub bench --help` tells how."""
    from solverhub.core.errors import MissingDependency

    try:
        from solverhub.bench import command
    except ImportError as error:
        raise MissingDependency(
            f"the bench cannot be loaded ({error})", remedy="pip install 'solverhub[solvers]'"
        ) from error
    raise typer.Exit(command.main(context.args))
