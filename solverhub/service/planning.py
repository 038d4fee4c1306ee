"""Which solvers an instance would get, for those who ask before they submit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from solverhub import wire
from solverhub.core.problem import Manner, Parsed
from solverhub.problems.reading import ReadLimits, read
from solverhub.routing.channel import Channel
from solverhub.routing.route import route
from solverhub.service.views import ArmView, PlanView


def plan(
    parsed: Parsed, solver: str, budget: Mapping[str, Any], params: Mapping[str, Any]
) -> PlanView:
    """The plan of routing as plain values; raises what `route` raises."""
    found = route(parsed, wire.budget_from_wire(budget), solver, params)
    arms = tuple(
        ArmView(solver=arm.solver, params=dict(arm.params), threads=arm.threads)
        for arm in found.arms
    )
    return PlanView(problem=parsed.problem.name, arms=arms, why=found.why)


def plan_there(
    channel: Channel,
    place: Path | bytes,
    problem: str | None,
    name: str,
    manner: Manner,
    allowed: ReadLimits,
    solver: str,
    budget: Mapping[str, Any],
    params: Mapping[str, Any],
) -> PlanView:
    """The plan of an instance that is read in a process of its own."""
    return plan(
        read(place, problem, name=name, limits=allowed, **asdict(manner)), solver, budget, params
    )
