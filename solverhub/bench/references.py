"""The best objectives known of the frozen graphs, and the command that finds them.

    solverhub bench graph-references --solver auto -t 10 [--set NAME] [--graphs N] [--seeds N]

runs solvers on the graphs of the `graphs` suite whose best is not proved yet and keeps what is
better in `references.csv` under OUT, which begins as a copy of the file beside this module.
`solver` and `seconds` are of the run that found an objective (or, for one that is proved, proved
it); a bound that the judge recomputed, or a claim of an exact solver, counts as a proof, and
`proof` tells which.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from solverhub.core.budget import Budget
from solverhub.core.errors import SolverFailed
from solverhub.core.problem import Parsed
from solverhub.core.result import Reason, Result
from solverhub.local import solve_parsed
from solverhub.routing.route import load as load_solvers
from solverhub.routing.route import route

if TYPE_CHECKING:
    from solverhub.bench.suites import Case

SHIPPED = Path(__file__).with_name("graph_references.csv")
DIGEST = 12
"""Hexadecimal digits of the digest that are stored, to notice a generator that changed."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The best known of one graph; `proof` is empty, or how far the proof was checked."""

    problem: str
    generator: str
    seed: int
    digest: str
    objective: int
    proof: str
    solver: str
    seconds: float

    @property
    def key(self) -> tuple[str, str, int]:
        """Which graph it is of."""
        return self.problem, self.generator, self.seed


References = Mapping[tuple[str, str, int], Reference]


def load(path: Path = SHIPPED) -> References:
    """The references of a file, none where there is no file."""
    if not path.exists():
        return {}
    found = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            one = Reference(
                row["problem"],
                row["generator"],
                int(row["seed"]),
                row["digest"],
                int(row["objective"]),
                row["proof"],
                row["solver"],
                float(row["seconds"]),
            )
            found[one.key] = one
    return found


def save(path: Path, references: References) -> None:
    """Write them, in order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [one.name for one in fields(Reference)], lineterminator="\n")
        writer.writeheader()
        for name in sorted(references):
            writer.writerow(asdict(references[name]))


def best(known: References, parsed: Parsed, generator: str, seed: int) -> float | None:
    """The objective of the reference of a generated graph, None if it is of another graph."""
    found = known.get((parsed.problem.name, generator, seed))
    if found is None or found.digest != digest(parsed):
        return None
    return float(found.objective)


def digest(parsed: Parsed) -> str:
    """The first digits of the instance's digest."""
    return parsed.problem.digest(parsed.instance).partition(":")[2][:DIGEST]


def improve(
    cases: Iterable[Case],
    solvers: Iterable[str],
    seeds: Iterable[int],
    time_limit_s: float,
    path: Path,
    report: Callable[[str], None],
) -> References:
    """Run each solver with each seed on each generated case that is not proved, one thread a
    run, and write what is better as soon as it is found.  Returns all references."""
    known = {**load(), **load(path)}
    solvers, seeds = list(solvers), list(seeds)
    for case in cases:
        for solver in solvers:
            for seed in seeds:
                told = _try(known, case, solver, seed, time_limit_s)
                if told:
                    save(path, known)
                    report(told)
    save(path, known)
    return known


def _try(
    known: dict[tuple[str, str, int], Reference],
    case: Case,
    solver: str,
    seed: int,
    time_limit_s: float,
) -> str:
    """Run once, unless there is a proof; what to tell if the reference is better now."""
    if case.source is None:
        return ""
    problem, instance = case.parsed.problem, case.parsed.instance
    key = problem.name, case.source.generator, case.seed
    old = known.get(key)
    if old is not None and old.proof:
        return ""
    limits = partial(Budget.start, time_limit_s, threads=1)
    load_solvers(case.parsed, route(case.parsed, limits(), solver))
    result = solve_parsed(case.parsed, solver, limits(), seed=seed)
    if result.objective is None:
        return ""
    proof, sense = _proof(result), problem.sense(instance)
    if old is not None:
        if proof and sense.better(old.objective, result.objective):
            raise SolverFailed(f"{case.parsed.name}: {solver} proved less than what is known")
        if not proof and not sense.better(result.objective, old.objective):
            return ""
    found = Reference(
        *key,
        digest(case.parsed),
        int(result.objective),
        proof,
        result.solver,
        round(result.wall_s if proof else _found_s(result), 3),
    )
    known[key] = found
    return f"{case.parsed.name} {problem.name}: {found.objective} {proof} by {solver}"


def _proof(result: Result) -> str:
    proved = result.termination.reason is Reason.OPTIMAL
    return str(result.bound_check) if proved and result.bound_check is not None else ""


def _found_s(result: Result) -> float:
    return next(
        (point.wall_s for point in result.trace if point.objective == result.objective),
        result.wall_s,
    )
