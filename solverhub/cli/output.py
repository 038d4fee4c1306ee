"""Results on standard output: one table, or one JSON object and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from solverhub import wire
from solverhub.cli.numbers import number, percent, seconds
from solverhub.core.result import BoundCheck, Result

_MOST_VIOLATIONS = 10


def show_result(result: Result, output: str) -> None:
    """Print the result as `output` says, `table` or `json`."""
    if output == "json":
        print_json(wire.result_to_wire(result))
    else:
        print_pairs(result_rows(result))


def save_result(result: Result, path: Path) -> None:
    """Write the JSON form to a file; to a `.npy` file the solution's array alone.

    That of a metric on all pairs is its matrix.
    """
    if path.suffix == ".npy":
        import numpy as np

        if result.solution is not None:
            np.save(path, _array(result))
        return
    path.write_bytes(wire.dump(wire.result_to_wire(result)) + b"\n")


def _array(result: Result) -> Any:
    """The solution in internal order, as a matrix where its family has one."""
    parsed = result.parsed
    matrix = getattr(parsed.problem, "solution_matrix", None) if parsed else None
    if parsed is None or matrix is None:
        return result.solution
    return matrix(parsed.instance, result.solution)


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.buffer.write(wire.dump(value) + b"\n")
    sys.stdout.buffer.flush()


def result_rows(result: Result) -> list[tuple[str, str]]:
    """What the table says of a result, row by row."""
    provenance = result.provenance
    rows = [
        ("instance", result.instance.name if result.instance else "-"),
        ("problem", result.problem),
        ("solver", result.solver),
        ("outcome", outcome(result)),
        ("objective", number(result.objective)),
        ("bound", bound(result)),
        ("gap", percent(result.gap)),
        ("verified", verified(result)),
        ("time", seconds(result.wall_s)),
    ]
    if provenance is not None:
        engines = ", ".join(f"{name} {version}" for name, version in provenance.engines.items())
        rows += [
            ("route", provenance.route or ""),
            ("engines", engines),
            ("seed", str(provenance.seed)),
            ("threads", str(provenance.threads)),
        ]
    rows += [("violation", broken.message) for broken in result.violations[:_MOST_VIOLATIONS]]
    rows += [("warning", text) for text in result.warnings]
    return [(name, text) for name, text in rows if text]


def outcome(result: Result) -> str:
    """Reason and limit in words: `feasible (time)`."""
    reason = result.termination.reason.value.replace("_", " ")
    if result.bound is None and result.bound_check is not None:
        reason = f"{reason}, {checked(result)}"
    limit = result.termination.limit
    return f"{reason} ({limit.value} limit)" if limit else reason


def bound(result: Result) -> str:
    """The bound and how far it was checked."""
    return "-" if result.bound is None else f"{number(result.bound)} ({checked(result)})"


def checked(result: Result) -> str:
    """How far the bound was checked, with the name behind a mere claim."""
    if result.bound_check is BoundCheck.CLAIMED:
        return f"claimed by {result.solver}" if result.solver else "claimed"
    return result.bound_check.value if result.bound_check else "-"


def verified(result: Result) -> str:
    """`yes`, `no` where a solution was refused, `-` where there was none."""
    return {True: "yes", False: "no", None: "-"}[result.verified]


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and texts in two columns."""
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        print(f"{name:<{width}}  {text}")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table as wide as its content; a terminal may fold it, a pipe does not."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(_escaped, row))
    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, highlight=False)
    console.print(table, soft_wrap=not sys.stdout.isatty())


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
