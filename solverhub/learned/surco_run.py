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
    """Steps until the budget ends, from the domain's first costs or, with `model`, the prior's.

    Where the domain has a rule beside the prior they begin at the better of both.
    """
    chosen = domain(problem.name)
    if model is None:
        first = chosen.first(instance)
    else:
        first = _better(chosen, instance, prior_costs(chosen, instance, model))
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
    """One linear solve at the prior's costs, or at those of a rule beside it that does better."""
    chosen = domain(problem.name)
    costs = _better(chosen, instance, prior_costs(chosen, instance, model))
    x = chosen.oracle(instance)(costs)
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


def _better(chosen: Domain, instance: Any, costs: np.ndarray) -> np.ndarray:
    """The costs or, if their point has the smaller loss, those of the domain's rule."""
    rule, oracle = chosen.rule(instance), chosen.oracle(instance)
    if rule is None:
        return costs
    ours, theirs = oracle(costs), oracle(rule)
    if ours is None or theirs is None:
        return costs
    worse = chosen.value(instance, theirs) < chosen.value(instance, ours)
    return rule if worse else costs
