"""`solverhub explain`: rows and bounds of an ILP that contradict each other, or what is endless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solverhub.cli.asking import OutputOption, SeedOption, check_output, existing

if TYPE_CHECKING:
    from solverhub.core.problem import Parsed
    from solverhub.exact.conflicts import Conflict, Explanation
    from solverhub.routing.channel import Channel

_MOST_TERMS = 8
_GRACE_S = 3.0


def explain(
    file: Annotated[Path, typer.Argument(help="Instance file.", show_default=False)],
    time_limit: Annotated[
        float, typer.Option("--time-limit", "-t", metavar="SECONDS", help="Seconds to search.")
    ] = 30.0,
    seed: SeedOption = 0,
    output: OutputOption = "table",
) -> None:
    """Say why an ILP has no optimum: a few rows and bounds that contradict each other, or the
    columns along which its objective has no end.

    Status 0 with an explanation, 1 if there is nothing to explain or nothing was found in time.
    """
    check_output(output)
    from solverhub.cli.output import print_json, print_pairs
    from solverhub.core.errors import InvalidInstance
    from solverhub.core.result import Reason
    from solverhub.problems import reading

    fits = reading.fits(existing(file))
    if "ilp" not in fits:
        raise InvalidInstance(
            f"{file}: only instances of ilp can be infeasible",
            remedy=f"this fits {', '.join(fits)}" if fits else "give an MPS or LP file",
        )
    parsed = reading.read(file, "ilp")
    found = _search(parsed, time_limit, seed)
    if output == "json":
        print_json(
            {
                "reason": found.reason.value,
                "conflict": _wire(parsed, found.conflict),
                "ray": None if found.ray is None else dict(_ray(parsed, found.ray)),
            }
        )
    elif found.reason is Reason.UNBOUNDED:
        check = "claimed" if found.ray is None else "certificate"
        steps = () if found.ray is None else _ray(parsed, found.ray)
        print_pairs([("outcome", f"unbounded ({check})"), *(_step(*each) for each in steps)])
    elif found.reason is Reason.FEASIBLE:
        print("feasible: there is nothing to explain")
    elif found.conflict is None:
        print("unknown: neither a solution nor a conflict was found in time")
    else:
        print_pairs(_rows(parsed, found.conflict))
    explained = found.conflict is not None or found.reason is Reason.UNBOUNDED
    raise typer.Exit(0 if explained else 1)


def _search(parsed: Parsed, time_limit: float, seed: int) -> Explanation:
    """In a process of its own, which Ctrl-C and the time limit can end."""
    from typing import cast

    from solverhub.cli.stopping import StopOnInterrupt
    from solverhub.core.budget import Budget
    from solverhub.core.result import Reason
    from solverhub.exact.conflicts import Explanation
    from solverhub.routing.process import Child
    from solverhub.routing.supervise import supervise

    budget = Budget.start(time_limit)
    child = Child(_explain, name="explain")
    child.start(parsed, budget, seed)
    with StopOnInterrupt() as stop:
        outcome = supervise(
            child, deadline=budget.deadline, cancel=stop, grace_s=_GRACE_S, cancel_grace_s=_GRACE_S
        )
    if outcome.error is not None:
        raise outcome.error
    if outcome.limit is not None:
        return Explanation(Reason.NO_SOLUTION)
    return cast(Explanation, outcome.result)


def _explain(channel: Channel, parsed: Parsed, budget: Any, seed: int) -> Explanation:
    from solverhub.exact import conflicts

    return conflicts.explain(parsed.instance, channel.budget(budget), seed)


def _rows(parsed: Parsed, conflict: Conflict) -> list[tuple[str, str]]:
    rows = [
        ("row" if part.kind == "row" else "bound", _text(parsed, part)) for part in conflict.parts
    ]
    if conflict.integer:
        rows.append(("and", "the integrality of the columns"))
    return [
        ("outcome", f"infeasible ({conflict.check.value})"),
        *rows,
        ("minimal", "yes" if conflict.minimal else "no, the time was too short"),
    ]


def _ray(parsed: Parsed, ray: Any) -> list[tuple[str, float]]:
    """Names of the columns that move along the ray, and how far for each step."""
    from solverhub.problems.named_values import variable_name

    return [(variable_name(parsed.naming, j), float(value)) for j, value in enumerate(ray) if value]


def _step(name: str, value: float) -> tuple[str, str]:
    return "along", f"{name} {value:+g}"


def _wire(parsed: Parsed, conflict: Conflict | None) -> dict[str, Any] | None:
    if conflict is None:
        return None
    return {
        "parts": [
            {"kind": part.kind, "index": part.index, "text": _text(parsed, part)}
            for part in conflict.parts
        ],
        "minimal": conflict.minimal,
        "integer": conflict.integer,
        "check": conflict.check.value,
    }


def _text(parsed: Parsed, part: Any) -> str:
    """`name: 2 x + 3 y <= 4` for a row, `x >= 3` for a bound."""
    from solverhub.problems.named_values import variable_name

    program, naming = parsed.instance, parsed.naming
    if part.kind == "lower":
        return f"{variable_name(naming, part.index)} >= {program.lower[part.index]:g}"
    if part.kind == "upper":
        return f"{variable_name(naming, part.index)} <= {program.upper[part.index]:g}"
    name = naming.rows[part.index] if naming.rows is not None else f"row {part.index}"
    begin, end = program.A.indptr[part.index : part.index + 2]
    terms = [
        _term(program.A.data[k], variable_name(naming, int(program.A.indices[k])))
        for k in range(begin, min(end, begin + _MOST_TERMS))
    ]
    rest = [f"... ({end - begin - _MOST_TERMS} more)"] if end - begin > _MOST_TERMS else []
    left = " ".join([*terms, *rest]).removeprefix("+ ") or "0"
    return f"{name}: {_sides(left, program.row_lower[part.index], program.row_upper[part.index])}"


def _term(factor: float, name: str) -> str:
    sign = "-" if factor < 0 else "+"
    return f"{sign} {name}" if abs(factor) == 1 else f"{sign} {abs(factor):g} {name}"


def _sides(middle: str, lower: float, upper: float) -> str:
    import math

    if lower == upper:
        return f"{middle} = {lower:g}"
    left = f"{lower:g} <= " if math.isfinite(lower) and math.isfinite(upper) else ""
    if math.isfinite(upper):
        return f"{left}{middle} <= {upper:g}"
    return f"{middle} >= {lower:g}"
