"""`solverhub inspect` and `generate`: look at instance files, and make some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solverhub.cli.asking import (
    OutputOption,
    ProblemOption,
    SeedOption,
    SignsOption,
    SymmetriseOption,
    check_output,
    existing,
)


def inspect(
    file: Annotated[Path, typer.Argument(help="Instance file.", show_default=False)],
    problem: ProblemOption = None,
    signs: SignsOption = False,
    symmetrise: SymmetriseOption = False,
    output: OutputOption = "table",
) -> None:
    """Show which problems a file fits, its size, density and digest, and what was repaired."""
    check_output(output)
    from solverhub.cli.output import print_json, print_pairs
    from solverhub.core.errors import InputError, InvalidInstance
    from solverhub.problems import reading

    fits = [problem] if problem else reading.fits(existing(file))
    found: list[dict[str, Any]] = []
    errors: list[InputError] = []
    for name in fits:
        try:
            found.append(_inspect(file, name, signs=signs, symmetrise=symmetrise))
        except InputError as error:
            errors.append(error)
    if errors and not found:
        raise errors[0]
    if not found:
        raise InvalidInstance(
            f"{file}: fits no problem", remedy="`solverhub problems` lists the formats"
        )
    if output == "json":
        print_json({"file": str(file), "bytes": file.stat().st_size, "fits": found})
        return
    shared = {
        name: value
        for name, value in found[0].items()
        if len(found) > 1 and all(entry.get(name) == value for entry in found)
    }
    print_pairs(_shown({"file": str(file), "bytes": file.stat().st_size, **shared}))
    for entry in found:
        print()
        print_pairs(_shown({key: value for key, value in entry.items() if key not in shared}))


def generate(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Generator.", show_default=False)
    ] = None,
    sizes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SIZE=VALUE]...", help="Its sizes, as n=100.", show_default=False),
    ] = None,
    problem: ProblemOption = None,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; standard output without it.", show_default=False),
    ] = None,
) -> None:
    """Generate a random instance as solverhub JSON.  Without NAME, list the generators."""
    from solverhub import wire
    from solverhub.cli.asking import params_of
    from solverhub.cli.output import print_json, print_table
    from solverhub.problems import families, generators

    if problem is not None:
        families.get(problem)
    if name is None:
        known = generators.names(problem)
        rows = [(each, _sizes(each), ", ".join(generators.problems(each))) for each in known]
        print_table(("generator", "sizes", "problems"), rows)
        return
    parsed = generators.generate(name, seed, problem=problem, **_given(params_of(sizes)))
    form = {"name": parsed.name, **parsed.problem.to_wire(parsed.instance, parsed.naming)}
    if out is None:
        print_json(form)
    else:
        out.write_bytes(wire.dump(form) + b"\n")


def _sizes(name: str) -> str:
    from solverhub.problems import generators

    return " ".join(
        key if each.default is each.empty else f"{key}={each.default}"
        for key, each in generators.sizes(name).items()
    )


def _given(sizes: dict[str, str]) -> dict[str, Any]:
    """Sizes as numbers and truth values, where they are."""
    words: dict[str, Any] = {"true": True, "false": False}
    return {key: words.get(text.lower(), _value(text)) for key, text in sizes.items()}


def _inspect(file: Path, name: str, *, signs: bool, symmetrise: bool) -> dict[str, Any]:
    from solverhub.problems import reading

    parsed = reading.read(file, name, signs=signs, symmetrise=symmetrise)
    return {
        "problem": name,
        "name": parsed.name,
        "digest": parsed.problem.digest(parsed.instance),
        **parsed.problem.summary(parsed.instance),
        "warnings": list(parsed.warnings),
    }


def _shown(entry: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in entry.items() if value not in ([], "")]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return "-" if value is None else str(value)


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
