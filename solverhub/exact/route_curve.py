"""The best chance to arrive on time for many deadlines: each its own best route."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Reason
from solverhub.exact.route_exact import RouteExactSolver
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_paths import as_solution, distances_to_target, follow
from solverhub.problems.route_planning import RoutePlanning


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """A deadline, the chance of its route (bool (E,)), and whether no route has a better one."""

    deadline: float
    chance: float
    route: np.ndarray
    proved: bool


def best_curve(
    instance: RouteInstance, deadlines: Sequence[float], time_limit: float | None = 10.0
) -> list[CurvePoint]:
    """The best route of each deadline, for independent times.

    A deadline begins with the route of the one before.  Raises `InvalidInstance` for correlated
    times, for a deadline out of range, and where the target cannot be reached; after `time_limit`
    seconds for all of them together the routes are those found till then.
    """
    problem = RoutePlanning()
    solver = RouteExactSolver(problem)
    budget = Budget.start(time_limit, threads=1)
    points: list[CurvePoint] = []
    found: np.ndarray | None = None
    for deadline in deadlines:
        if not 0 < deadline < np.inf:
            raise InvalidInstance(f"the deadline is {deadline:g}", remedy="give times above 0")
        asked = replace(instance, deadline=float(deadline))
        result = solver.solve(asked, budget, params=solver.Params(), seed=0, warm_start=found)
        if result.solution is None:
            raise InvalidInstance("no route was found", remedy="connect source and target")
        found = result.solution
        proved = result.termination.reason is Reason.OPTIMAL
        chance = float(problem.objective(asked, found))
        points.append(CurvePoint(asked.deadline, chance, found, proved))
    return points


def spread_deadlines(instance: RouteInstance, count: int) -> list[float]:
    """`count` deadlines around the least expected time, two deviations of its route to each side.

    Raises `InvalidInstance` where the target cannot be reached or times are all 0.
    """
    path = follow(instance, distances_to_target(instance, instance.mean)[1])
    if path is None:
        raise InvalidInstance("no route was found", remedy="connect source and target")
    mean, variance = instance.moments(as_solution(instance, path))
    most = mean + 2 * math.sqrt(variance)
    if most <= 0:
        raise InvalidInstance("the quickest route takes no time", remedy="give the deadlines")
    least = max(mean - 2 * math.sqrt(variance), most / 100)
    return [float(t) for t in np.linspace(least, most, count)]
