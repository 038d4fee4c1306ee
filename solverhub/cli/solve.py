"""`solverhub solve`: one file to one verified answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solverhub.cli.asking import (
    Ask,
    DeterministicOption,
    DeviceOption,
    GapOption,
    IterationsOption,
    MemoryOption,
    OutputOption,
    ParamOption,
    ProblemOption,
    SeedOption,
    SignsOption,
    SolverOption,
    SymmetriseOption,
    TargetOption,
    ThreadsOption,
    TimeLimitOption,
    budget_of,
    check_output,
    existing,
    params_of,
)


def solve(
    file: Annotated[Path, typer.Argument(help="Instance file.", show_default=False)],
    problem: ProblemOption = None,
    solver: SolverOption = "auto",
    time_limit: TimeLimitOption = 10.0,
    gap: GapOption = 1e-6,
    target: TargetOption = None,
    iterations: IterationsOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    device: DeviceOption = "auto",
    memory: MemoryOption = None,
    deterministic: DeterministicOption = False,
    param: ParamOption = None,
    warm_start: Annotated[
        Path | None,
        typer.Option(help="Saved result or solution to start from.", show_default=False),
    ] = None,
    signs: SignsOption = False,
    symmetrise: SymmetriseOption = False,
    output: OutputOption = "table",
    save: Annotated[
        Path | None, typer.Option(help="Write the result as JSON.", show_default=False)
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw solution and trace (png, svg, pdf).", show_default=False),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Show the log of the engine.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Solve an instance file and check the answer.

    Ctrl-C ends the solve and prints the best verified answer so far.
    """
    check_output(output)
    budget = budget_of(
        time_limit,
        gap,
        target=target,
        iterations=iterations,
        threads=threads,
        device=device,
        memory=memory,
        deterministic=deterministic,
    )
    ask = Ask(problem, solver, budget, params_of(param), seed, signs, symmetrise)
    for path in (save, plot):
        _writable(path)
    existing(file)
    if warm_start is not None:
        existing(warm_start)
    raise typer.Exit(_solve(file, ask, warm_start, output, save, plot, log=log, quiet=quiet))


def _solve(
    file: Path,
    ask: Ask,
    warm_start: Path | None,
    output: str,
    save: Path | None,
    plot: Path | None,
    *,
    log: bool,
    quiet: bool,
) -> int:
    from solverhub.cli.output import save_result, show_result
    from solverhub.cli.progress import Progress
    from solverhub.cli.running import read, read_warm_start, run, with_log
    from solverhub.cli.status import status_of_result
    from solverhub.cli.stopping import StopOnInterrupt

    if plot is not None:
        from solverhub import plots

        plots.require(plot)
    parsed = read(file, ask)
    start = None if warm_start is None else read_warm_start(warm_start, parsed)
    with (
        StopOnInterrupt() as stop,
        Progress(ask.budget["time_s"], log=log, quiet=quiet) as progress,
    ):
        for warning in parsed.warnings:
            progress.say(f"warning: {file}: {warning}")
        result = run(
            parsed,
            with_log(ask, parsed) if log else ask,
            warm_start=start,
            observe=progress.observe,
            cancel=stop,
            tick=progress.tick,
            warn=progress.say,
        )
    show_result(result, output)
    if save is not None:
        save_result(result, save)
    if plot is not None:
        plots.draw(result, plot)
    return status_of_result(result)


def _writable(path: Path | None) -> None:
    """Refuse at once what could not be written after the solve."""
    if path is not None and not path.resolve().parent.is_dir():
        raise typer.BadParameter(f"{path}: its folder does not exist")
