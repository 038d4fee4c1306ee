"""`solverhub check`: does a saved result hold for a file?  No solver is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solverhub.cli.asking import (
    GapOption,
    OutputOption,
    ProblemOption,
    SignsOption,
    SymmetriseOption,
    check_output,
    existing,
)

if TYPE_CHECKING:
    from solverhub.core.result import Result


def check(
    result: Annotated[
        Path,
        typer.Argument(help="Saved result, or the results.jsonl of a batch.", show_default=False),
    ],
    file: Annotated[Path, typer.Argument(help="Instance file.", show_default=False)],
    problem: ProblemOption = None,
    gap: GapOption = 1e-6,
    signs: SignsOption = False,
    symmetrise: SymmetriseOption = False,
    output: OutputOption = "table",
) -> None:
    """Recompute what a saved result claims, without any solver.

    Status 0 if all of it holds, 1 if some of it does not.
    """
    from solverhub import wire
    from solverhub.cli.output import print_json, print_pairs, result_rows
    from solverhub.core.errors import InputError, InvalidSolution
    from solverhub.problems import judge, reading

    check_output(output)
    saved = _load(existing(result))
    existing(file)
    candidates = [problem, *(entry.get("problem") for entry in saved)]
    chosen = next((name for name in candidates if name), None)
    try:
        parsed = reading.read(file, chosen, signs=signs, symmetrise=symmetrise)
    except InputError as error:
        if problem is None and chosen is not None:
            error.remedy = f"{result} is of {chosen}: give the file that was solved"
        raise
    digest = parsed.problem.digest(parsed.instance)
    matching = [entry for entry in saved if (entry.get("instance") or {}).get("digest") == digest]
    if not matching:
        raise InvalidSolution(
            f"{result} has no result for the instance in {file}",
            remedy=f"its digest is {digest}; give the file that was solved",
        )
    claimed = wire.result_from_wire(matching[-1], parsed)
    judged = judge.verify(claimed, parsed, gap)
    findings = _findings(claimed, judged)
    if output == "json":
        print_json({"holds": not findings, "findings": findings, **wire.result_to_wire(judged)})
    else:
        print_pairs(
            [
                *result_rows(judged),
                *(("finding", text) for text in findings),
                ("holds", "no" if findings else "yes"),
            ]
        )
    raise typer.Exit(1 if findings else 0)


def _load(path: Path) -> list[dict[str, Any]]:
    """The result of a JSON file, or those of a file with one a line."""
    from solverhub.core.errors import ParseError
    from solverhub.problems.json_text import parse_json

    data = path.read_bytes()
    lines = data.splitlines() if path.suffix == ".jsonl" else [data]
    found = [parse_json(line, file=str(path)) for line in lines if line.strip()]
    results = [entry for entry in found if isinstance(entry, dict) and "termination" in entry]
    if not results:
        raise ParseError(
            "not a saved result",
            file=str(path),
            remedy="give what --save, --output json or a batch wrote",
        )
    return results


def _findings(claimed: Result, judged: Result) -> list[str]:
    """What the judge did not confirm."""
    from solverhub.cli.numbers import number

    found = []
    if claimed.solution is not None and judged.verified is False:
        found.append("the solution is not feasible")
    elif claimed.objective != judged.objective and not _close(claimed.objective, judged.objective):
        found.append(
            f"the objective is {number(judged.objective)}, not {number(claimed.objective)}"
        )
    if claimed.bound is not None and judged.bound is None:
        found.append(f"the bound {number(claimed.bound)} does not hold")
    elif claimed.bound_check is not judged.bound_check:
        was, now = (
            check.value if check else "none" for check in (claimed.bound_check, judged.bound_check)
        )
        found.append(f"the check of the bound is {now}, not {was}")
    if claimed.termination.reason is not judged.termination.reason:
        found.append(
            f"the outcome is {judged.termination.reason.value}, "
            f"not {claimed.termination.reason.value}"
        )
    return found


def _close(left: Any, right: Any) -> bool:
    """Equal up to the rounding of a JSON form."""
    if left is None or right is None:
        return False
    return bool(abs(left - right) <= 1e-9 * max(1.0, abs(right)))
