"""`solverhub submit`, `jobs` and `cancel`: a running service from the shell."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solverhub.cli.asking import (
    LOCAL_SERVER,
    Ask,
    DeterministicOption,
    DeviceOption,
    GapOption,
    IterationsOption,
    KeyOption,
    MemoryOption,
    OutputOption,
    ParamOption,
    ProblemOption,
    SeedOption,
    ServerOption,
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

if TYPE_CHECKING:
    from solverhub.client.handles import Job
    from solverhub.client.status import JobStatus
    from solverhub.client.synchronous import Client
    from solverhub.core.errors import InputError


def submit(
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
    signs: SignsOption = False,
    symmetrise: SymmetriseOption = False,
    server: ServerOption = LOCAL_SERVER,
    api_key: KeyOption = None,
    cache: Annotated[bool, typer.Option(help="Take an answer from the cache.")] = True,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait, and print the result.")] = False,
    save: Annotated[
        Path | None, typer.Option(help="Wait, and write the result as JSON.", show_default=False)
    ] = None,
    output: OutputOption = "table",
) -> None:
    """Send a file to the service as a job, and print the job's id."""
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
    existing(file)
    from solverhub.cli.output import print_json
    from solverhub.client.synchronous import Client

    with Client(server, api_key) as client:
        job = submit_file(client, file, ask, use_cache=cache)
        if wait or save:
            raise typer.Exit(_wait(job, ask, save, output))
        if output == "json":
            print_json({"id": job.id, "state": job.status.state})
        else:
            print(job.id)


def jobs(
    server: ServerOption = LOCAL_SERVER,
    api_key: KeyOption = None,
    state: Annotated[
        str | None,
        typer.Option(help="queued, running, finished, cancelled or failed.", show_default=False),
    ] = None,
    problem: ProblemOption = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20,
    output: OutputOption = "table",
) -> None:
    """List the jobs of the service, newest first."""
    check_output(output)
    from dataclasses import asdict
    from itertools import islice

    from solverhub.cli.output import print_json, print_table
    from solverhub.client.synchronous import Client

    with Client(server, api_key) as client:
        page = min(limit, 100)
        found = list(islice(client.jobs(state=state, problem=problem, limit=page), limit))
    if output == "json":
        print_json([asdict(status) for status in found])
    else:
        columns = ("id", "state", "problem", "name", "solver", "objective", "bound", "age")
        print_table(columns, [_row(status) for status in found])


def cancel(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Jobs.", show_default=False)],
    server: ServerOption = LOCAL_SERVER,
    api_key: KeyOption = None,
) -> None:
    """Ask jobs to stop; what they have found so far stays."""
    from solverhub.client.synchronous import Client

    with Client(server, api_key) as client:
        for job_id in ids:
            status = client.job(job_id).cancel()
            state = "stopping" if status.state == "running" else status.state
            print(f"{job_id}  {state}")


def options_of(ask: Ask, *, use_cache: bool = True) -> dict[str, Any]:
    """What the client is told beside instance, problem and solver."""
    budget = {name: value for name, value in ask.budget.items() if name != "time_s"}
    return {
        **budget,
        "time_limit": ask.budget["time_s"],
        "params": ask.params or None,
        "seed": ask.seed,
        "signs": ask.signs or None,
        "symmetrise": ask.symmetrise or None,
        "use_cache": None if use_cache else False,
    }


def folder_problem(path: Path, ask: Ask, error: InputError) -> str:
    """The family that the file's folder is named as, which the server does not see.

    Raises the error again unless it says that the file alone does not tell its problem.
    """
    from solverhub.core.errors import AmbiguousProblem, ParseError
    from solverhub.problems import families

    folder = path.resolve().parent.name
    unknown = isinstance(error, AmbiguousProblem) or (
        isinstance(error, ParseError) and path.suffix != ".json"
    )
    if ask.problem is None and unknown and folder in families.FAMILIES:
        return folder
    raise error


def submit_file(client: Client, path: Path, ask: Ask, *, use_cache: bool = True) -> Job:
    """Queue a file; where it does not tell its problem, its folder may."""
    from solverhub.core.errors import InputError

    options = options_of(ask, use_cache=use_cache)
    try:
        return client.submit(path, ask.problem, ask.solver, **options)
    except InputError as error:
        problem = folder_problem(path, ask, error)
        return client.submit(path, problem, ask.solver, **options)


def _wait(job: Job, ask: Ask, save: Path | None, output: str) -> int:
    from solverhub.cli.output import save_result, show_result
    from solverhub.cli.progress import Progress
    from solverhub.cli.status import status_of_result

    try:
        with Progress(ask.budget["time_s"]) as progress:
            for event in job.events():
                progress.observe(event)
    except KeyboardInterrupt:
        print("stopping; once more to leave the job alone", file=sys.stderr)
        job.cancel()
    result = job.result()
    show_result(result, output)
    if save is not None:
        save_result(result, save)
    return status_of_result(result)


def _row(status: JobStatus) -> list[str]:
    from solverhub.cli.numbers import number, seconds

    state = f"{status.state} (cached)" if status.cached else status.state
    age = seconds(max(0.0, time.time() - status.submitted))
    figures = [number(status.objective), number(status.bound), age]
    return [status.id, state, status.problem, status.name, status.solver, *figures]
