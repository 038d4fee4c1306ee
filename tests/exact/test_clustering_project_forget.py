"""Project and Forget for clusterings: bounds hold, and approach the metric relaxation's value."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.result import BoundCheck
from solverhub.exact.clustering_project_forget import (
    ClusteringProjectForgetSolver,
    ProjectForgetParams,
)
from solverhub.exact.cycle_relaxation import CycleRelaxation
from solverhub.problems import families
from solverhub.problems.generators import generate
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")


def solve(instance, *, iterations=60, **params):
    budget = Budget.start(20, threads=1, deterministic=True, iterations=iterations)
    return ClusteringProjectForgetSolver(FAMILY).solve(
        instance, budget, params=ProjectForgetParams(**params), seed=0
    )


@pytest.mark.parametrize("sample", [None, 3])
@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_bounds_hold_and_are_recomputed(sample, complete, seed):
    instance = signed(8, seed, complete=complete, density=0.5)
    result = solve(instance, sample=sample)
    assert result.bound <= optimum(instance) <= result.objective
    assert FAMILY.check_bound(instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED


@pytest.mark.parametrize("complete", [False, True])
def test_a_larger_gamma_comes_near_the_linear_program(complete):
    name = "correlation-clustering"
    instance = generate("er", 2, problem=name, n=40, p=0.15, signed=not complete).instance
    relaxation = CycleRelaxation(instance, 0, stars=False)
    while relaxation.separate(10_000):
        assert relaxation.solve(np.inf)
    value = float(relaxation.program.cost @ relaxation.program.x)
    near = solve(instance, gamma=20.0, iterations=200).bound
    assert solve(instance, gamma=0.5).bound <= np.ceil(value)
    assert 0.95 * value <= near <= np.ceil(value)


@pytest.mark.parametrize("params", [{"gamma": 0}, {"gamma": float("nan")}, {"sample": 0}])
def test_parameters_out_of_range_are_refused(params):
    with pytest.raises(InvalidParams):
        ProjectForgetParams(**params)
