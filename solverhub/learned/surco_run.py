"""Runs of SurCo under a budget for any `Domain`: steps from given costs, or a prior's one solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Result
from solverhub.learned.devices import threads
from solverhub.learned.surco import Steps, Surrogate
from solverhub.learned.surco_domains import Domain, domain
from solverhub.learned.surco_weights import load


def search(
    problem: Problem,
    instance: Any,
    recorder: Recorder,
    steps: Steps,
    seed: int,
    model: str | None = None,
) -> Result:
    """Steps until the budget ends, from the domain's first costs or, with `model`, the prior's."""
    chosen = domain(problem.name)
    first = chosen.first(instance) if model is None else prior_costs(chosen, instance, model)
    if first is None:
        return recorder.finish(None)
    search = Surrogate(
        chosen.loss(instance),
        chosen.oracle(instance),
        first,
        steps,
        np.random.default_rng(seed),
        lower=chosen.lower(instance),
    )
    evidence = chosen.bound(instance, recorder)
    count = 0
    while recorder.limit(count) is None and not recorder.proved():
        point = search.step()
        if point is None:
            return recorder.finish(None)
        count += 1
        if point is search.best:
            solution = chosen.solution(instance, point.x)
            recorder.incumbent(problem.objective(instance, solution), solution)
    return recorder.finish(recorder.limit(count), evidence=evidence)


def once(problem: Problem, instance: Any, recorder: Recorder, model: str) -> Result:
    """One linear solve at the prior's costs."""
    chosen = domain(problem.name)
    x = chosen.oracle(instance)(prior_costs(chosen, instance, model))
    if x is not None:
        solution = chosen.solution(instance, x)
        recorder.incumbent(problem.objective(instance, solution), solution)
    evidence = chosen.bound(instance, recorder)
    return recorder.finish(recorder.limit(1), evidence=evidence)


def prior_costs(chosen: Domain, instance: Any, model: str) -> np.ndarray:
    """float64 (n,): costs of the instance by a model's network."""
    network = load(chosen, model)
    with threads(1), torch.no_grad():
        costs = network(*chosen.features(instance)).double().numpy()
    allowed: np.ndarray = np.maximum(costs, chosen.lower(instance))
    return allowed
