"""`solverhub explain`: which rows and bounds of an ILP contradict each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solverhub.cli.asking import OutputOption, TimeLimitOption, check_output, existing


def explain(
    file: Annotated[Path, typer.Argument(help="Instance file.", show_default=False)],
    time_limit: TimeLimitOption = 30.0,
    output: OutputOption = "table",
) -> None:
    """Say why an ILP is infeasible."""
    check_output(output)
    existing(file)
