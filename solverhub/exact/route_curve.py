"""The best chance to arrive on time for many deadlines: each its own best route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.exact.route_exact import RouteExactSolver
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_planning import RoutePlanning


def best_curve(
    instance: RouteInstance, deadlines: Sequence[float], time_limit: float | None = 10.0
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Chances, float64 (m,), and routes, bool (E,) each, for m deadlines of independent times.

    A deadline begins with the route of the one before.  Raises `InvalidInstance` for correlated
    times, for a deadline out of range, and where the target cannot be reached; after `time_limit`
    seconds for all of them together the routes are those found till then.
    """
    problem = RoutePlanning()
    solver = RouteExactSolver(problem)
    budget = Budget.start(time_limit, threads=1)
    chances, routes = [], []
    found: np.ndarray | None = None
    for deadline in deadlines:
        if not 0 < deadline < np.inf:
            raise InvalidInstance(f"the deadline is {deadline:g}", remedy="give times above 0")
        asked = replace(instance, deadline=float(deadline))
        result = solver.solve(asked, budget, params=solver.Params(), seed=0, warm_start=found)
        if result.solution is None:
            raise InvalidInstance("no route was found", remedy="connect source and target")
        found = result.solution
        chances.append(problem.objective(asked, found))
        routes.append(found)
    return np.array(chances), routes
