"""A CVXPY problem as a quadratic program, by CVXPY's own reduction to the form of OSQP.

The columns are those of CVXPY's canonical problem, named `x[0]`, `y[1,0]` after the problem's
variables and `var38[0]` where it added one.  A problem that maximises is negated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csc_array, eye_array, vstack

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming, Parsed
from solverhub.problems import families
from solverhub.problems.qp_model import build

_SOLVER = "OSQP"


def parsed_of(problem: Any) -> Parsed:
    """The instance of a `cvxpy.Problem`; raises `InvalidInstance` where it is not a convex QP."""
    if not problem.is_qp() or problem.is_mixed_integer():
        raise InvalidInstance(
            "the CVXPY problem is no continuous convex quadratic program",
            remedy="use quadratic or piecewise linear objectives, linear constraints and no"
            " boolean variables; or give (P, q, A, l, u, r, integer)",
        )
    missing = [parameter.name() for parameter in problem.parameters() if parameter.value is None]
    if missing:
        raise InvalidInstance(f"parameter {missing[0]} has no value", remedy="set its value")
    data, _, inverse = problem.get_problem_data(_SOLVER)
    n = data["q"].size
    rows, lower, upper = [data["A"], data["F"]], [data["b"]], [data["b"], data["G"]]
    lower.append(np.full(data["G"].size, -np.inf))
    bounds = data.get("lower_bounds"), data.get("upper_bounds")
    if any(bound is not None for bound in bounds):
        rows.append(eye_array(n, format="csc"))
        lower.append(np.full(n, -np.inf) if bounds[0] is None else bounds[0])
        upper.append(np.full(n, np.inf) if bounds[1] is None else bounds[1])
    maximises = type(problem.objective).__name__ == "Maximize"
    told = ("the problem maximises: the objective is negated, and minimised",)
    model = build(
        data["P"],
        data["q"],
        vstack([csc_array(part) for part in rows], format="csc"),
        np.concatenate(lower),
        np.concatenate(upper),
        float(inverse[-1]["offset"]),
        naming=_naming(data["param_prob"].variables, n),
        warnings=told if maximises else (),
    )
    return Parsed(families.get("qp"), model.program, model.naming, "cvxpy", model.warnings)


def _naming(variables: Sequence[Any], n: int) -> Naming:
    """Entries of a variable follow each other column by column."""
    names: list[str] = []
    for variable in variables:
        for k in range(variable.size):
            at = np.unravel_index(k, variable.shape, order="F") if variable.shape else ()
            places = ",".join(str(int(i)) for i in at)
            names.append(f"{variable.name()}[{places}]" if places else variable.name())
    return Naming(items=tuple(names)) if len(set(names)) == len(names) == n else INTERNAL
