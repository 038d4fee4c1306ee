"""What a user asks of a solve, and the command-line options that say it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

ProblemOption = Annotated[
    str | None,
    typer.Option(
        "--problem",
        "-p",
        help="Problem family, where file or folder do not tell it.",
        show_default=False,
    ),
]
SolverOption = Annotated[str, typer.Option("--solver", "-s", help="Solver, or auto to choose.")]
TimeLimitOption = Annotated[
    float, typer.Option("--time-limit", "-t", metavar="SECONDS", help="Seconds for the solve.")
]
GapOption = Annotated[float, typer.Option(help="Relative gap that counts as optimal.")]
TargetOption = Annotated[
    float | None, typer.Option(help="Stop at an objective this good.", show_default=False)
]
IterationsOption = Annotated[
    int | None, typer.Option(help="Limit on the solver's own steps.", show_default=False)
]
SeedOption = Annotated[int, typer.Option(help="Seed of all random choices.")]
ThreadsOption = Annotated[
    int | None, typer.Option(help="Threads; all cores by default.", show_default=False)
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
MemoryOption = Annotated[
    int | None,
    typer.Option(
        "--memory", min=1, metavar="MIB", help="Limit on the resident size.", show_default=False
    ),
]
DeterministicOption = Annotated[
    bool, typer.Option("--deterministic", help="Equal seed and iterations give the equal answer.")
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param", metavar="NAME=VALUE", help="A solver's parameter; repeat it.", show_default=False
    ),
]
SignsOption = Annotated[
    bool, typer.Option("--signs", help="Replace summed edge weights by their signs.")
]
SymmetriseOption = Annotated[
    bool,
    typer.Option("--symmetrise", help="Take the mean of both directions of a distance matrix."),
]
OutputOption = Annotated[str, typer.Option("--output", "-o", help="table or json.")]
ServerOption = Annotated[
    str, typer.Option("--server", envvar="SOLVERHUB_URL", metavar="URL", help="The service.")
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="SOLVERHUB_API_KEY",
        help="Key of the service, where it needs one.",
        show_default=False,
    ),
]
LOCAL_SERVER = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Ask:
    """How to solve, apart from what: `budget` and `params` are in their JSON forms."""

    problem: str | None = None
    solver: str = "auto"
    budget: dict[str, Any] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    signs: bool = False
    symmetrise: bool = False

    def digest(self) -> str:
        """Names these options, so that a resumed batch knows what it has."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def params_of(given: Sequence[str] | None) -> dict[str, str]:
    """`NAME=VALUE` strings as a mapping; usage errors for anything else."""
    params: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"--param {text!r} is not NAME=VALUE")
        params[name] = value
    return params


def budget_of(
    time_limit: float,
    gap: float,
    *,
    target: float | None = None,
    iterations: int | None = None,
    threads: int | None = None,
    device: str = "auto",
    memory: int | None = None,
    deterministic: bool = False,
) -> dict[str, Any]:
    """The JSON form of a budget, checked; what is None is left out."""
    from solverhub import wire

    budget = {
        "time_s": time_limit,
        "gap": gap,
        "target": target,
        "iterations": iterations,
        "threads": threads,
        "device": device,
        "memory_bytes": None if memory is None else memory * 2**20,
        "deterministic": deterministic or None,
    }
    given = {name: value for name, value in budget.items() if value is not None}
    wire.budget_from_wire(given)
    return given


def check_output(output: str) -> None:
    """Refuse an output other than table and json."""
    if output not in ("table", "json"):
        raise typer.BadParameter(f"--output is {output!r}: give table or json")


def existing(path: Path) -> Path:
    """The path of a file that is there."""
    from solverhub.core.errors import ParseError

    if not path.is_file():
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise ParseError(what, file=str(path), remedy="give the path of a file")
    return path
