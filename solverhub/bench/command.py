"""`solverhub bench SUITE`: run a suite, print its tables, write them with rows and a plot."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from solverhub.bench import (
    batch_qp,
    classes,
    consensus,
    cubic,
    gflownet,
    ilp_tables,
    metric,
    min_plus,
    neighbour_aggregation,
    packing,
    photonics,
    qp,
    qp_tables,
    reading,
    references,
    runner,
    schedules,
    service,
    sets,
    startup,
    surrogate,
    tables,
    warm_qp,
)
from solverhub.bench.suites import (
    GRAPH_SETS,
    SUITES,
    Case,
    Files,
    Generated,
    Suite,
    cases,
    installed,
)
from solverhub.core.errors import UnknownName

MEASURES: dict[str, tuple[str, Callable[[], list[list[str]]]]] = {
    "startup": ("Importing and asking for help", startup.measure),
    "reading": ("Reading files", reading.measure),
    "consensus": ("Agents that wait against agents that do not", consensus.measure),
    "service": ("The service beyond the solver", service.measure),
    "warm-qp": ("Quadratic programs solved again after a small change", warm_qp.measure),
    "batch-qp": ("Small quadratic programs in batches", batch_qp.measure),
    "shortest-paths": ("Floyd-Warshall, CPU and GPU", min_plus.measure),
    "metric": ("Metric nearness to a gap of 1e-6", metric.measure),
    "neighbour-aggregation": ("Messages between neighbours", neighbour_aggregation.measure),
    "gflownet": ("Trained samplers against search on graphs", gflownet.measure),
    "packing": ("Projections onto rows of a packing", packing.measure),
    "schedules": ("Schedules of job shops in batches", schedules.measure),
    "cubic": ("Cubic correlation clustering", cubic.measure),
    "surrogate-batch": ("Many searches over surrogates, two cores", surrogate.batches),
}
QP = "qp"
REFERENCES = "graph-references"
SURROGATE = "surrogate"
_NAMES = (*SUITES, QP, REFERENCES, SURROGATE, *MEASURES)
_app = typer.Typer(add_completion=False, rich_markup_mode=None)


def main(arguments: Sequence[str]) -> int:
    """Run with command-line arguments; returns the exit status."""
    command = typer.main.get_command(_app)
    return command.main(list(arguments), "solverhub bench", standalone_mode=False) or 0


@_app.command()
def bench(
    name: Annotated[
        str,
        typer.Argument(metavar="SUITE", help=f"One of {', '.join(_NAMES)}."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(envvar="SOLVERHUB_BENCH_DATA", help="Folder with the public instances."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for rows, tables and plot.")] = Path("bench"),
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", "-t", help="Seconds a run, not the suite's own.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads a run.")] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Runs with seeds 0, 1, ... on every instance, not the suite's."),
    ] = None,
    solver: Annotated[list[str] | None, typer.Option(help="Only these solvers; repeat it.")] = None,
    instance: Annotated[
        list[str] | None, typer.Option(help="Only instances of these names; repeat it.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Run nothing: tables of the runs that OUT holds.")
    ] = False,
    graphs: Annotated[
        int | None,
        typer.Option(min=1, help="Only so many instances of each generated set (graphs: 5)."),
    ] = None,
    only_set: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Only sets such as max-cut/ba-small or set-cover/small; repeat it."
        ),
    ] = None,
    tasks: Annotated[
        int, typer.Option(min=1, help="Suite surrogate: seeded tasks of each size.")
    ] = 10,
    infer: Annotated[
        bool,
        typer.Option(
            "--infer",
            help="Suite qp: what the time limit ended counts as ended at tighter tolerances too.",
        ),
    ] = False,
) -> None:
    """Run a suite.  A run that OUT holds already is not made again: start it anew to resume.

    Solvers that are not installed are left out unless --solver names them.
    """
    if name in MEASURES:
        title, measure = MEASURES[name]
        _write(out / name, [f"# {title}\n", tables.markdown(measure())])
        return
    if name == SURROGATE:
        _surrogate(tasks, out / name)
        return
    if name == QP:
        _solve_programs(
            qp.QpSuite(
                tuple(solver) if solver else qp.solvers(),
                30.0 if time_limit is None else time_limit,
                2 if threads is None else threads,
                infer=infer,
            ),
            data,
            out / name,
            set(instance or ()),
        )
        return
    if name == REFERENCES:
        _refer(
            _narrowed(GRAPH_SETS, graphs, only_set),
            tuple(solver or ("auto",)),
            range(seeds or 1),
            10.0 if time_limit is None else time_limit,
            out / name / "references.csv",
        )
        return
    if name not in SUITES:
        raise UnknownName(f"no suite {name!r}", remedy=f"one of {', '.join(_NAMES)}")
    narrowed = bool(solver or instance or only_set)
    for each in (name,) if narrowed else (name, *SUITES[name].also):
        chosen = SUITES[each]
        instances = chosen.instances
        if any(isinstance(source, Generated) and source.reading_s for source in instances):
            instances = _narrowed(instances, graphs or LOOK, only_set)
        elif graphs is not None or only_set:
            instances = _narrowed(instances, graphs, only_set)
        if time_limit is not None:
            instances = tuple(_until(source, time_limit) for source in instances)
        chosen = replace(
            chosen,
            instances=instances,
            time_limit_s=chosen.time_limit_s if time_limit is None else time_limit,
            threads=chosen.threads if threads is None else threads,
            seeds=chosen.seeds if seeds is None else tuple(range(seeds)),
            more_seeds=chosen.more_seeds if seeds is None else (),
            solvers=tuple(solver) if solver else installed(chosen),
        )
        _solve(chosen, data, out / each, set(instance or ()), show=show)


LOOK = 5
"""Graphs of each frozen set that the suite takes unless it is told."""


def _narrowed(
    sources: Sequence[Files | Generated], graphs: int | None, names: Sequence[str] | None
) -> tuple[Files | Generated, ...]:
    """The first so many graphs of the sets of these names."""
    generated = [source for source in sources if isinstance(source, Generated)]
    for name in names or ():
        if name not in {source.name for source in generated}:
            known = ", ".join(source.name for source in generated)
            raise UnknownName(f"no set {name!r}", remedy=f"one of {known}")
    return tuple(
        replace(source, seeds=source.seeds[:graphs]) if isinstance(source, Generated) else source
        for source in sources
        if not names or (isinstance(source, Generated) and source.name in names)
    )


def _until(source: Files | Generated, time_limit_s: float) -> Files | Generated:
    if isinstance(source, Files):
        return source
    return replace(source, time_limit_s=time_limit_s)


def _refer(
    sources: Sequence[Files | Generated],
    solvers: Sequence[str],
    seeds: Sequence[int],
    time_limit_s: float,
    path: Path,
) -> None:
    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    known = references.improve(cases(sources, None), solvers, seeds, time_limit_s, path, report)
    proved = sum(bool(one.proof) for one in known.values())
    print(f"{len(known)} references, {proved} of them proved, in {os.path.relpath(path)}")


def _surrogate(tasks: int, out: Path) -> None:
    parts = [
        "# SurCo beside rules of thumb, search and exact methods\n",
        f"{tasks} seeded tasks a line.  Table sharding, ms of the slowest device:\n",
        tables.markdown(surrogate.sharding(tasks)),
        "Routes, P(on time) for loose / normal / tight deadlines, independent times:\n",
        tables.markdown(surrogate.routes(tasks)),
        "Routes with six common factors:\n",
        tables.markdown(surrogate.routes(tasks, factors=6)),
        "Many instances:\n",
        tables.markdown(surrogate.batches()),
        "Photonic designs, solved and median misfit after simulations:\n",
        tables.markdown(photonics.photonics(min(tasks, 5))),
    ]
    _write(out, parts)


def _solve(chosen: Suite, data: Path | None, out: Path, only: set[str], *, show: bool) -> None:
    from solverhub.bench import plots

    found = [case for case in cases(chosen.instances, data) if not only or case.parsed.name in only]
    if not found:
        raise typer.BadParameter("no instance has that name")
    records = runner.Records(out)
    rows = runner.held(chosen, found, records)
    if not show:
        rows = runner.run(chosen, found, records, _report)
    if not rows:
        raise typer.BadParameter("there is no finished run to show")
    scored = tables.score(rows)
    about = f"{chosen.time_limit_s:g} s and {chosen.threads} threads a run"
    seeds = sorted({int(row["seed"]) for row in rows})
    parts = [
        f"# {chosen.title}\n",
        f"{about}; seeds {', '.join(map(str, seeds))}; every answer judged.\n",
        *_by_class(chosen, rows),
        *_by_set(found, rows),
        *_of_programs(chosen, found, scored),
        tables.markdown(tables.by_solver(scored)),
        tables.markdown(tables.by_instance(scored)),
    ]
    plots.gap_over_time(scored, out / "gap.png", chosen.title)
    if chosen.ilp:
        for instance, runs in ilp_tables.first_of_sets(found, scored).items():
            plots.progress(runs, out / f"progress-{instance}.png", instance)
    _write(out, parts)


def _by_set(found: Sequence[Case], rows: Sequence[runner.Row]) -> list[str]:
    lines = sets.by_set(found, rows)
    if len(lines) == 1:
        return []
    about = "Ratios are of objective to reference, means over the graphs of a set:\n"
    return [about, tables.markdown(lines)]


def _of_programs(
    chosen: Suite, found: Sequence[Case], scored: Sequence[tables.Scored]
) -> list[str]:
    if not chosen.ilp:
        return []
    parts = []
    for about, lines in (
        ("Means over the instances of a set; gaps to the best of all runs:\n", ilp_tables.by_set),
        ("Seconds to a proof:\n", ilp_tables.proofs),
    ):
        table = lines(found, scored)
        parts += [about, tables.markdown(table)] if len(table) > 1 else []
    return parts


def _by_class(chosen: Suite, rows: Sequence[runner.Row]) -> list[str]:
    readings_s = [at for at in chosen.readings_s if at <= chosen.time_limit_s]
    if not readings_s:
        return []
    parts = ["Mean excess over the best known, in %:\n"]
    parts.append(tables.markdown(classes.by_class(rows, readings_s)))
    repeated = classes.by_seed(rows, readings_s)
    if len(repeated) > 1:
        parts += ["Least and most over the seeds, in %:\n", tables.markdown(repeated)]
    return parts


def _solve_programs(suite: qp.QpSuite, data: Path | None, out: Path, only: set[str]) -> None:
    files = (Files("qp", "qp", ("*.mat", "*.mat.gz")),)
    found = [case for case in cases(files, data) if not only or case.parsed.name in only]
    rows = qp.run(suite, found, out, _report_program)
    if not rows:
        raise typer.BadParameter("no instance has that name")
    parts = [
        "# Quadratic programs, solved to a tolerance\n",
        f"{suite.time_limit_s:g} s and {suite.threads} threads a run; residuals on the original"
        f" program; times are geometric means shifted by {qp_tables.SHIFT_S:g} s.\n",
        tables.markdown(qp_tables.by_solver(rows)),
        tables.markdown(qp_tables.missed(rows)),
    ]
    _write(out, parts)


def _report_program(row: qp.Row) -> None:
    found = row["error"] or f"{row['reason']}, {'met' if row['met'] is True else 'missed'}"
    line = f"{row['instance']} {row['solver']} {row['criterion']} {row['eps']:g}: {found}"
    print(f"{line}  {row['wall_s']} s", file=sys.stderr, flush=True)


def _report(row: runner.Row) -> None:
    found = row["error"] or f"{row['reason']} {row['objective']}"
    line = f"{row['instance']} {row['solver']} seed {row['seed']}: {found}  {row['wall_s']} s"
    print(line, file=sys.stderr, flush=True)


def _write(out: Path, parts: Sequence[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    text = "\n".join(parts)
    (out / "table.md").write_text(text)
    print(text)
    print(f"written to {os.path.relpath(out)}", file=sys.stderr)
