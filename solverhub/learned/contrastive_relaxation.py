"""The LP relaxation of an integer program, as the contrastive policy sees it.

By the interior point method without crossover: a policy needs no vertex, and degenerate auctions
keep the simplex method busy for longer than a whole search may take.
"""

from __future__ import annotations

from solverhub.core.budget import Budget
from solverhub.core.problem import Problem
from solverhub.core.result import Reason
from solverhub.exact import ilp_point
from solverhub.exact.lp_highs import HighsInteriorPointSolver
from solverhub.learned.contrastive_features import Relaxation
from solverhub.problems.integer_program import IntegerProgram


def relax(problem: Problem, program: IntegerProgram, budget: Budget) -> Relaxation | None:
    """The relaxation, or None where the budget ends before it is solved."""
    solver = HighsInteriorPointSolver(problem)
    params = solver.Params(native={"run_crossover": "off"})
    result = solver.solve(ilp_point.relaxed(program), budget, params=params, seed=0)
    duals = (result.evidence or {}).get("row_dual")
    if result.termination.reason is not Reason.OPTIMAL or result.solution is None or duals is None:
        return None
    return Relaxation(result.solution, program.c - program.A.T @ duals)
