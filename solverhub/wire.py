"""JSON forms that the REST API, the command line and saved files share.

`result_to_wire` and `result_from_wire` are inverse up to the ids of the input: with the
parsed instance at hand a solution is an array in internal order, without it the mapping
of the JSON form stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.budget import Budget, CancelFlag
from solverhub.core.errors import InvalidParams, ParseError, SolverhubError
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Parsed
from solverhub.core.result import (
    BoundCheck,
    InstanceReference,
    Limit,
    Number,
    Provenance,
    Reason,
    Result,
    Termination,
    TracePoint,
    Violation,
)

BUDGET_FIELDS: dict[str, tuple[type, ...]] = {
    "time_s": (int, float),
    "iterations": (int,),
    "target": (int, float),
    "gap": (int, float),
    "threads": (int,),
    "device": (str,),
    "memory_bytes": (int,),
    "deterministic": (bool,),
}


def dump(value: Any, *, indent: int | None = None) -> bytes:
    """Strict JSON as UTF-8, NumPy values and fractions included; NaN and infinities raise."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(
        value,
        default=_plain,
        allow_nan=False,
        separators=separators,
        indent=indent,
        ensure_ascii=False,
    )
    return text.encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Fraction):
        return _number(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _number(value: Number | None) -> int | float | None:
    """An int where the value is whole, else a float, so that 3.0 and 3 read the same."""
    if value is None:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    whole = value.denominator == 1 if isinstance(value, Fraction) else value == value // 1
    return int(value) if whole else float(value)


def result_to_wire(result: Result) -> dict[str, Any]:
    """The JSON form of a result, in the ids of the input where `result.parsed` is set."""
    wire: dict[str, Any] = {
        "problem": result.problem,
        "solver": result.solver,
        "instance": _reference_to_wire(result.instance),
        "termination": {
            "reason": result.termination.reason.value,
            "limit": result.termination.limit and result.termination.limit.value,
        },
        "objective": _number(result.objective),
        "bound": _number(result.bound),
        "bound_check": result.bound_check and result.bound_check.value,
        "gap": result.gap,
        "verified": result.verified,
        "violations": [
            {"constraint": broken.constraint, "amount": broken.amount, "message": broken.message}
            for broken in result.violations
        ],
        "wall_s": result.wall_s,
        "solution": _solution_to_wire(result, result.solution),
        "trace": [
            {
                "wall_s": point.wall_s,
                "objective": _number(point.objective),
                "bound": _number(point.bound),
            }
            for point in result.trace
        ],
        "provenance": provenance_to_wire(result.provenance),
    }
    if result.pool:
        wire["pool"] = [_solution_to_wire(result, member) for member in result.pool]
    if result.evidence is not None:
        wire["evidence"] = {name: _plain_tree(value) for name, value in result.evidence.items()}
    if result.log:
        wire["log"] = list(result.log)
    if result.warnings:
        wire["warnings"] = list(result.warnings)
    return wire


def _plain_tree(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _reference_to_wire(reference: InstanceReference | None) -> dict[str, str] | None:
    return None if reference is None else {"name": reference.name, "digest": reference.digest}


def _solution_to_wire(result: Result, solution: Any) -> Any:
    if solution is None or isinstance(solution, Mapping):
        return solution
    if result.parsed is None:
        return np.asarray(solution).tolist()
    parsed = result.parsed
    return parsed.problem.solution_to_wire(parsed.instance, solution, parsed.naming)


def provenance_to_wire(provenance: Provenance | None) -> dict[str, Any] | None:
    """The JSON form of a provenance."""
    if provenance is None:
        return None
    return {name: getattr(provenance, name) for name in Provenance.__dataclass_fields__}


def result_from_wire(wire: Mapping[str, Any], parsed: Parsed | None = None) -> Result:
    """The result of a JSON form.

    With `parsed` the solution and pool become arrays in internal order.  Raises
    `ParseError` where a field is missing or of the wrong kind, `InvalidSolution` where the
    solution is not of the instance's form.
    """
    try:
        return _result_from_wire(wire, parsed)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ParseError(
            f"not a saved result ({type(error).__name__}: {error})",
            remedy="give the JSON object that --save or --output json wrote",
        ) from error


def _result_from_wire(wire: Mapping[str, Any], parsed: Parsed | None) -> Result:
    def array(solution: Any) -> Any:
        if solution is None or parsed is None:
            return solution
        return parsed.problem.solution_from_wire(parsed.instance, solution, parsed.naming)

    limit, reference = wire["termination"]["limit"], wire.get("instance")
    evidence, check = wire.get("evidence"), wire.get("bound_check")
    return Result(
        termination=Termination(Reason(wire["termination"]["reason"]), limit and Limit(limit)),
        solution=array(wire["solution"]),
        objective=wire["objective"],
        bound=wire["bound"],
        evidence=evidence and {name: _array(value) for name, value in evidence.items()},
        pool=tuple(array(member) for member in wire.get("pool", ())),
        trace=tuple(
            TracePoint(point["wall_s"], point["objective"], point["bound"])
            for point in wire.get("trace", ())
        ),
        log=tuple(wire.get("log", ())),
        wall_s=wire["wall_s"],
        bound_check=check and BoundCheck(check),
        verified=wire["verified"],
        violations=tuple(Violation(**broken) for broken in wire.get("violations", ())),
        problem=wire["problem"],
        solver=wire["solver"],
        instance=reference and InstanceReference(reference["name"], reference["digest"]),
        provenance=provenance_from_wire(wire.get("provenance")),
        warnings=tuple(wire.get("warnings", ())),
        parsed=parsed,
    )


def _array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, list) else value


def provenance_from_wire(wire: Mapping[str, Any] | None) -> Provenance | None:
    """The provenance of a JSON form; fields of later versions are ignored."""
    if wire is None:
        return None
    return Provenance(
        **{name: wire[name] for name in Provenance.__dataclass_fields__ if name in wire}
    )


def event_from_wire(wire: Mapping[str, Any]) -> Event:
    """The event of a JSON form."""
    return Event(
        EventKind(wire["kind"]),
        wire["wall_s"],
        objective=wire.get("objective"),
        bound=wire.get("bound"),
        message=wire.get("message"),
        source=wire.get("source"),
    )


def budget_from_wire(wire: Mapping[str, Any], cancel: CancelFlag | None = None) -> Budget:
    """Start a budget from its JSON form; `InvalidParams` and `ParseError` name what is off."""
    unknown = sorted(set(wire) - set(BUDGET_FIELDS))
    if unknown:
        raise ParseError(
            f"unknown budget field {unknown[0]!r}", remedy=f"known are {', '.join(BUDGET_FIELDS)}"
        )
    given = {name: value for name, value in wire.items() if value is not None}
    for name, value in given.items():
        kinds = BUDGET_FIELDS[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise InvalidParams(
                f"budget field {name} is {value!r}",
                remedy=f"give a value of type {kinds[-1].__name__}",
            )
    time_s = given.pop("time_s", None)
    if cancel is not None:
        given["cancel"] = cancel
    return Budget.start(time_s, **given)


ERROR_TYPE = "urn:solverhub:error:"
_LONGEST_TEXT = 2000


def error_type(kind: type[Exception]) -> str:
    """The URI of a class of errors: `urn:solverhub:error:parse-error`."""
    return ERROR_TYPE + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def error_to_wire(error: SolverhubError) -> dict[str, Any]:
    """An error's own members of an RFC 9457 problem document: type, detail, place, remedy.

    Input may be quoted in a message, so long texts are cut.
    """
    wire: dict[str, Any] = {
        "type": error_type(type(error)),
        "detail": _shorten(error.message),
        "remedy": error.remedy and _shorten(error.remedy),
    }
    if isinstance(error, ParseError):
        wire |= {"file": _shorten(error.file), "line": error.line, "column": error.column}
    return {name: value for name, value in wire.items() if value is not None}


def error_from_wire(wire: Mapping[str, Any]) -> SolverhubError:
    """The error of a problem document; the plain `SolverhubError` where its type is foreign."""
    detail, remedy = wire.get("detail") or wire.get("title"), wire.get("remedy")
    found = {error_type(kind): kind for kind in _kinds(SolverhubError)}
    kind = found.get(str(wire.get("type")), SolverhubError)
    if issubclass(kind, ParseError):
        place = {name: wire[name] for name in ("file", "line", "column") if name in wire}
        return kind(str(detail), remedy=remedy, **place)
    return kind(detail and str(detail), remedy=remedy)


def _kinds(root: type[SolverhubError]) -> Iterator[type[SolverhubError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
