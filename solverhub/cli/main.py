"""Entry point of `solverhub`: the table of commands, and errors as one line and a status.

Exit status: 0 a feasible solution or a proof, 1 no solution within the budget, 2 bad input
or usage, 3 a solver or the machinery failed, 130 interrupted before there was an answer.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from solverhub.cli import (
    batch,
    bench,
    check,
    curve,
    explain,
    instances,
    listings,
    remote,
    serve,
    solve,
    train,
)

app = typer.Typer(
    name="solverhub",
    help="Combinatorial problems in, checked answers out.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(solve.solve)
app.command()(batch.batch)
app.command()(check.check)
app.command()(explain.explain)
app.command()(curve.curve)
app.command()(serve.serve)
app.command()(remote.submit)
app.command()(remote.jobs)
app.command()(remote.cancel)
app.command()(listings.solvers)
app.command()(listings.problems)
app.command()(listings.models)
app.command()(instances.inspect)
app.command()(instances.generate)
app.command(context_settings=train.CONTEXT)(train.train)
app.command(context_settings=bench.CONTEXT, add_help_option=False)(bench.bench)

_USAGE_ERROR = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(f"solverhub {installed('solverhub')}")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit the process with its status."""
    try:
        status = typer.main.get_command(app).main(
            list(sys.argv[1:] if arguments is None else arguments) or ["--help"],
            prog_name="solverhub",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; keep Python from complaining when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_told("interrupted", 130))
    except Exception as error:
        sys.exit(_failed(error))
    sys.exit(status or 0)


def _failed(error: Exception) -> int:
    if isinstance(error, _USAGE_ERROR):
        return _told(error.format_message(), 2)  # type: ignore[attr-defined]
    from solverhub.cli.status import status_of_error

    status = status_of_error(error)
    if status is None:
        traceback.print_exc()
        return _told("this is a defect of solverhub; please report it with the lines above", 3)
    name = getattr(error, "filename", None)
    text = f"{name}: {error.strerror}" if isinstance(error, OSError) and name else str(error)
    return _told(text or type(error).__name__, status)


def _told(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
