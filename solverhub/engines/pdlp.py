"""PDLP of OR-Tools: a first-order method for large linear programs.

Applegate et al. 2021, arXiv:2106.04756.  It keeps the interpreter to itself while it runs
and can only be ended by the limits that it was given.
"""

from __future__ import annotations

import math
from importlib import metadata

import numpy as np
from ortools.pdlp import solve_log_pb2, solvers_pb2
from ortools.pdlp.python import pdlp
from scipy.sparse import csc_matrix

from solverhub.engines.ilp_answer import Answer, Status
from solverhub.problems.integer_program import IntegerProgram

_STATUS = {
    solve_log_pb2.TERMINATION_REASON_OPTIMAL: Status.OPTIMAL,
    solve_log_pb2.TERMINATION_REASON_PRIMAL_INFEASIBLE: Status.INFEASIBLE,
    solve_log_pb2.TERMINATION_REASON_DUAL_INFEASIBLE: Status.UNBOUNDED,
    solve_log_pb2.TERMINATION_REASON_PRIMAL_OR_DUAL_INFEASIBLE: Status.UNBOUNDED_OR_INFEASIBLE,
    solve_log_pb2.TERMINATION_REASON_TIME_LIMIT: Status.TIME,
    solve_log_pb2.TERMINATION_REASON_ITERATION_LIMIT: Status.ITERATIONS,
}


def version() -> str:
    """Version of OR-Tools."""
    return metadata.version("ortools")


class Run:
    """One solve of a linear program to the relative and absolute tolerance `eps`."""

    def __init__(
        self,
        program: IntegerProgram,
        *,
        eps: float,
        time_s: float = math.inf,
        iterations: int | None = None,
        threads: int = 1,
    ) -> None:
        self._program = program
        settings = self._settings = solvers_pb2.PrimalDualHybridGradientParams()
        settings.num_threads = threads
        criteria = settings.termination_criteria
        criteria.simple_optimality_criteria.eps_optimal_absolute = eps
        criteria.simple_optimality_criteria.eps_optimal_relative = eps
        criteria.time_sec_limit = time_s
        if iterations is not None:
            criteria.iteration_limit = max(1, min(iterations, 2**31 - 1))

    def stop(self) -> None:
        """Nothing: PDLP does not look up."""

    def solve(self) -> Answer:
        """Run to the end."""
        program, sign = self._program, self._program.sense.sign
        question = pdlp.QuadraticProgram()
        question.resize_and_initialize(program.n, program.m)
        question.objective_vector = sign * program.c
        question.constraint_matrix = csc_matrix(program.A)
        question.constraint_lower_bounds = program.row_lower
        question.constraint_upper_bounds = program.row_upper
        question.variable_lower_bounds = program.lower
        question.variable_upper_bounds = program.upper
        found = pdlp.primal_dual_hybrid_gradient(question, self._settings)
        reason = found.solve_log.termination_reason
        status = _STATUS.get(reason, Status.FAILED)
        words = solve_log_pb2.TerminationReason.Name(reason).removeprefix("TERMINATION_REASON_")
        x, y = np.array(found.primal_solution), np.array(found.dual_solution)
        if status is Status.INFEASIBLE:
            return Answer(status, farkas=y, words=words.lower())
        if status in (Status.UNBOUNDED, Status.UNBOUNDED_OR_INFEASIBLE):
            return Answer(status, words=words.lower())
        whole = x.shape == (program.n,) and bool(np.isfinite(x).all() and np.isfinite(y).all())
        if not whole:
            return Answer(status, words=words.lower())
        return Answer(status, x, row_dual=sign * y, words=words.lower())
