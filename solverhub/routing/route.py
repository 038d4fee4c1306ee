"""Which solvers run on an instance, with which share of the threads, and why."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, MissingDependency
from solverhub.core.problem import Parsed
from solverhub.core.solver import Params
from solverhub.routing.features import features, usable
from solverhub.routing.rule import Rule, Share
from solverhub.routing.rules import RULES

AUTO = "auto"
STRUCTURED = ("ilp",)
"""Families of which `auto` itself has parameters, `RouteParams`."""


@dataclass(frozen=True)
class RouteParams(Params):
    """Parameters of `auto` for integer programs.

    - `structure`: whether rows that are a graph or a set cover go to the search of that problem.
    """

    structure: bool = True


@dataclass(frozen=True, slots=True)
class Arm:
    """One solver to run, by its name in the catalog."""

    solver: str
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What will run: one solver, or several in a race."""

    arms: tuple[Arm, ...]
    why: str

    @property
    def name(self) -> str:
        """Names of the solvers, joined by `+`."""
        return "+".join(arm.solver for arm in self.arms)


def route(
    parsed: Parsed,
    budget: Budget,
    solver: str = AUTO,
    params: Mapping[str, Any] | None = None,
) -> Plan:
    """The plan for an instance.

    `auto` takes the first rule of the table that applies; another name runs alone with all
    threads.  With `auto` every arm is given those of `params` that it knows, but for those of
    `RouteParams`; `InvalidParams` names one that none knows.  Also raises `UnknownName` and
    `MissingDependency`.
    """
    given = dict(params or {})
    if solver != AUTO:
        catalog.solver(parsed.problem.name, solver)
        return Plan((Arm(solver, given, budget.threads),), "asked for by name")
    own = {}
    if parsed.problem.name in STRUCTURED and "structure" in given:
        own["structure"] = given.pop("structure")
    rule = _choose(parsed, budget, RouteParams.from_mapping(own))
    arms = tuple(
        Arm(
            share.solver,
            {**share.params, **_known(parsed, share, given)},
            min(share.threads or budget.threads, budget.threads),
        )
        for share in rule.shares
    )
    _refuse_unknown(given, arms)
    return Plan(arms, rule.why)


def load(parsed: Parsed, plan: Plan) -> None:
    """Import the plan's solvers, start what runs compiled kernels if any have been imported, and
    have solvers with a method `load` do what else is done once a process, so that it costs forked
    solves no time.

    `load` starts no thread and touches no device: this process is forked afterwards.
    """
    for arm in plan.arms:
        solver = catalog.solver(parsed.problem.name, arm.solver)
        if "numba" in sys.modules:
            from solverhub.ops.first_kernel import first_kernel

            first_kernel()
        getattr(solver, "load", _nothing)()


def _nothing() -> None:
    pass


def _choose(parsed: Parsed, budget: Budget, own: RouteParams) -> Rule:
    problem = parsed.problem.name
    seen = features(parsed, budget, structure=own.structure)
    for rule in RULES:
        fits = problem in rule.problems and rule.applies(seen)
        if fits and all(usable(parsed, share.solver) for share in rule.shares):
            return rule
    for name in catalog.names(problem):
        if (problem, name) not in catalog.PEERS and usable(parsed, name):
            why = "no rule fits what is installed; this solver is"
            return Rule((problem,), "otherwise", lambda f: True, (Share(name),), why)
    raise MissingDependency(
        f"no solver for {problem} is installed", remedy="pip install 'solverhub[solvers]'"
    )


def _known(parsed: Parsed, share: Share, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the given parameters that the solver has a field for."""
    kind = catalog.solver_class(parsed.problem.name, share.solver).Params
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in given.items() if name.partition(".")[0] in names}


def _refuse_unknown(given: Mapping[str, Any], arms: Sequence[Arm]) -> None:
    for name in given:
        if not any(name in arm.params for arm in arms):
            tried = " and ".join(arm.solver for arm in arms)
            raise InvalidParams(
                f"unknown parameter {name!r} for {tried}, which auto chose",
                remedy="choose the solver that has it by name",
            )
