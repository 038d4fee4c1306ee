"""The loop of a surrogate under a budget, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.core.result import Limit
from solverhub.learned.surco import GRADIENTS, Objective, Steps, Surrogate, evaluate
from solverhub.surrogate.feasible_sets import FeasibleSet


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best point of a search.

    - `x`: float64 of the set's shape; `value`: the objective there.
    - `steps`, `solves`: steps on the costs, and solves of the linear problem they took.
    - `limit`: what ended the search; None if it ran out of `idle` steps.
    - `trace`: (seconds, value) of every improvement.
    """

    x: np.ndarray
    value: float
    steps: int
    solves: int
    limit: Limit | None
    wall_s: float
    trace: tuple[tuple[float, float], ...]


def minimise(
    objective: Objective,
    feasible_set: FeasibleSet,
    *,
    time_limit: float | None = 10.0,
    iterations: int | None = None,
    idle: int = 500,
    first_costs: np.ndarray | None = None,
    gradient: str = "blackbox",
    rate: float = 0.05,
    seed: int = 0,
) -> Outcome:
    """Minimise a differentiable objective over a feasible set.

    - `objective`: a float64 tensor of the set's shape to a scalar tensor.
    - `first_costs`, (n,) or of the set's shape: where the search begins; else the slope of the
      objective at a first point of the set.
    - `idle`: steps without a better point after which the search ends.
    - `gradient`, `rate`: see `learned.surco.Steps`.

    Raises `InvalidInstance` for an empty set and for an objective that is not finite, not
    differentiable or no scalar at a point of the set; `InvalidParams` for parameters out of range.
    """
    if gradient not in GRADIENTS:
        raise InvalidParams(f"gradient is {gradient!r}", remedy=f"one of {', '.join(GRADIENTS)}")
    if idle < 1 or not rate > 0:
        raise InvalidParams(f"idle is {idle}, rate {rate:g}", remedy="give positive numbers")
    budget = Budget.start(time_limit, iterations=iterations)

    def shaped(x: torch.Tensor) -> torch.Tensor:
        return objective(x.reshape(feasible_set.shape))

    search = Surrogate(
        shaped,
        feasible_set.solve,
        _first(shaped, feasible_set, first_costs),
        Steps(gradient=gradient, rate=rate),
        np.random.default_rng(seed),
        lower=feasible_set.lower,
    )
    return _run(search, feasible_set, budget, idle)


def _first(
    objective: Objective,
    feasible_set: FeasibleSet,
    given: np.ndarray | None,
) -> np.ndarray:
    if given is not None:
        costs = np.array(given, dtype=np.float64).ravel()
        if costs.size != feasible_set.n or not np.isfinite(costs).all():
            raise InvalidInstance(
                "the first costs do not fit", remedy=f"give {feasible_set.n} finite numbers"
            )
        return np.maximum(costs, feasible_set.lower)
    x = feasible_set.solve(np.ones(feasible_set.n))
    if x is None:
        raise _empty()
    slope = evaluate(objective, np.asarray(x, dtype=np.float64)).slope
    least = float(slope.min(initial=0.0))
    # a set that takes no negative costs is given the slope raised above 0
    return slope if feasible_set.lower < 0 else slope - least + max(1e-3, float(np.ptp(slope)) / 10)


def _run(search: Surrogate, feasible_set: FeasibleSet, budget: Budget, idle: int) -> Outcome:
    trace: list[tuple[float, float]] = []
    steps = since = 0
    while steps == 0 or (since < idle and budget.reached(iterations=steps) is None):
        before = search.best
        if search.step() is None:
            raise _empty()
        steps += 1
        since += 1
        if search.best is not before and search.best is not None:
            trace.append((budget.elapsed_s, search.best.value))
            since = 0
    best = search.best
    if best is None:
        raise _empty()
    return Outcome(
        best.x.reshape(feasible_set.shape),
        best.value,
        steps,
        search.solves,
        budget.reached(iterations=steps) if since < idle else None,
        budget.elapsed_s,
        tuple(trace),
    )


def _empty() -> InvalidInstance:
    return InvalidInstance("the feasible set is empty", remedy="give one with a point")
