"""`solverhub batch`: many files, several at a time, here or on a server."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from solverhub.cli.asking import (
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
    SignsOption,
    SolverOption,
    SymmetriseOption,
    TargetOption,
    ThreadsOption,
    TimeLimitOption,
    budget_of,
    check_output,
    params_of,
)

_REMOTE_JOBS = 16
_COLUMNS = (
    *("file", "problem", "solver", "outcome"),
    *("objective", "bound", "gap", "verified", "time"),
)


def batch(
    paths: Annotated[
        list[Path], typer.Argument(help="Files and folders.", metavar="PATH...", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Results, one JSON line a file.")] = Path(
        "results.jsonl"
    ),
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            help="Files at a time: one for every --threads cores (16 on a server).",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip what the results file has already.")
    ] = False,
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
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="Solve on this service.", show_default=False),
    ] = None,
    api_key: KeyOption = None,
    output: OutputOption = "table",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Solve many files and check every answer.

    The budget is that of each file.  Without --jobs and --threads every file has one core;
    with --jobs alone the cores are shared out.  Ctrl-C ends the running solves and keeps
    their best answers; --resume takes the rest up again.  The status is the worst of the files'.
    """
    check_output(output)
    slots, threads = _share_cores(jobs, threads, remote=server is not None)
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
    remote = None if server is None else (server, api_key)
    raise typer.Exit(_batch(paths, out, ask, slots, remote, output, resume=resume, quiet=quiet))


def _share_cores(jobs: int | None, threads: int | None, *, remote: bool) -> tuple[int, int | None]:
    """Files at a time and threads of each."""
    from solverhub.core.budget import available_threads

    if remote:
        return jobs or _REMOTE_JOBS, threads
    cores = available_threads()
    if threads is None:
        threads = 1 if jobs is None else max(1, cores // jobs)
    return jobs or max(1, cores // threads), threads


def _batch(
    paths: Sequence[Path],
    out: Path,
    ask: Ask,
    slots: int,
    remote: tuple[str, str | None] | None,
    output: str,
    *,
    resume: bool,
    quiet: bool,
) -> int:
    from solverhub.cli.batch_files import Key, Ledger, file_digest, find
    from solverhub.cli.batch_view import BatchView
    from solverhub.cli.stopping import StopOnInterrupt

    options = ask.digest()
    keys: dict[Path, Key] = {
        path: (str(path), file_digest(path), options)
        for path in find(paths)
        if path.resolve() != out.resolve()
    }
    with Ledger(out, resume=resume) as ledger, StopOnInterrupt() as stop:
        waiting = [path for path, key in keys.items() if not ledger.finished(key)]
        if len(waiting) < len(keys) and not quiet:
            typer.echo(f"skipping {len(keys) - len(waiting)} finished files", err=True)
        with BatchView(len(waiting), slots, ask.budget["time_s"], quiet=quiet) as view:

            def record(path: Path, content: dict[str, Any]) -> None:
                view.finish(str(path), ledger.write(keys[path], content))

            if remote is None:
                from solverhub.cli import batch_local

                batch_local.run_batch(waiting, ask, slots, view, stop, record)
            else:
                from solverhub.cli import batch_server

                batch_server.run_batch(waiting, ask, slots, view, stop, record, remote)
        rows = [ledger.rows[key] for key in keys.values() if key in ledger.rows]
    _summarise(rows, len(keys), out, output)
    return max((row["status"] for row in rows), default=0) if len(rows) == len(keys) else 1


def _summarise(rows: Sequence[Mapping[str, Any]], total: int, out: Path, output: str) -> None:
    from solverhub.cli.output import print_json, print_table

    counts = Counter("error" if row.get("error") else row["termination"]["reason"] for row in rows)
    if total > len(rows):
        counts["not run"] = total - len(rows)
    if output == "json":
        print_json({"files": total, "outcomes": dict(counts), "out": str(out)})
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    print(f"\n{total} files: {told}; results in {out}")


def _cells(row: Mapping[str, Any]) -> list[str]:
    from solverhub.cli.numbers import number, percent, seconds

    if row.get("error"):
        return [_shown(row["file"]), "", "", f"error: {row['error']['detail']}", "", "", "", "", ""]
    check = row["bound_check"]
    bound = number(row["bound"]) + (f" ({check})" if check and row["bound"] is not None else "")
    outcome = row["termination"]["reason"].replace("_", " ")
    limit = row["termination"]["limit"]
    return [
        _shown(row["file"]),
        row["problem"],
        row["solver"],
        f"{outcome} ({limit})" if limit else outcome,
        number(row["objective"]),
        bound,
        percent(row["gap"]),
        {True: "yes", False: "no", None: "-"}[row["verified"]],
        "cached" if row["provenance"]["cached"] else seconds(row["wall_s"]),
    ]


def _shown(path: str) -> str:
    """The path as a person would write it from here."""
    return min(path, os.path.relpath(path), key=len)
