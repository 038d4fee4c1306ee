"""Conflict cycle cuts: bounds below the optimum, proofs that the judge recomputes."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck
from solverhub.core.solver import Params
from solverhub.exact.clustering_cuts import ClusteringCutsSolver
from solverhub.exact.cycle_relaxation import CycleRelaxation
from solverhub.problems import families
from solverhub.problems.generators import generate
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")


def solve(instance, time_s=20):
    budget = Budget.start(time_s, threads=1, deterministic=True)
    return ClusteringCutsSolver(FAMILY).solve(instance, budget, params=Params(), seed=0)


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_bounds_hold_and_are_recomputed(complete, seed):
    instance = signed(8, seed, complete=complete, density=0.5)
    result = solve(instance)
    best = optimum(instance)
    assert result.bound <= best == result.objective
    assert FAMILY.check_bound(instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED


@pytest.mark.parametrize("complete", [False, True])
def test_the_relaxation_ends_feasible_with_equal_primal_and_dual_value(complete):
    parsed = generate("er", 2, problem="correlation-clustering", n=40, p=0.15, signed=not complete)
    relaxation = CycleRelaxation(parsed.instance, 0, stars=False)
    while relaxation.separate(10_000):
        assert relaxation.solve(np.inf)
    value = float(relaxation.program.cost @ relaxation.program.x)
    bound = FAMILY.bound_value(parsed.instance, relaxation.evidence)
    assert bound - 1 - 1e-3 * value <= value <= bound + 1e-3 * value


def test_a_planted_clustering_is_proved():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 40)
    u, v = np.triu_indices(40, 1)
    kept = rng.random(u.size) < np.where(labels[u] == labels[v], 0.95, 0.01)
    wire = {"n": 40, "edges": np.stack([u[kept], v[kept]], 1).tolist()}
    parsed = FAMILY.from_wire(wire)
    result = solve(parsed.instance)
    assert result.termination.reason == "optimal"
    assert FAMILY.check_bound(parsed.instance, result.bound, result.evidence)
