"""The correlation metric and its rounding: the published formulas on small graphs."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.search.correlation_metric import (
    CorrelationMetricParams,
    CorrelationMetricSolver,
    balls,
    correlation_metric,
)
from tests.problems.test_correlation_clustering import signed

FAMILY = families.get("min-max-correlation-clustering")


@pytest.mark.parametrize("seed", range(4))
def test_distances_are_those_of_closed_neighbourhoods(seed):
    instance = signed(12, seed, complete=True)
    closed = [{int(x) for x in instance.graph.neighbours(u)} | {u} for u in range(12)]
    distance = correlation_metric(instance)
    for u in range(12):
        for v in range(12):
            shared = len(closed[u] & closed[v]) / len(closed[u] | closed[v])
            assert distance[u, v] == pytest.approx(1 - shared)


def test_disjoint_cliques_are_recovered():
    labels = np.repeat(np.arange(3), 5)
    distance = (labels[:, None] != labels[None, :]).astype(float)
    found = balls(distance, 0.7, 0.7)
    assert ((found[:, None] == found[None, :]) == (distance == 0)).all()


def test_one_run_answers_complete_instances_alone():
    solver = CorrelationMetricSolver(FAMILY)
    parsed = generate("planted-clusters", 1, problem=FAMILY.name, n=40, clusters=3, flip=0.05)
    budget = Budget.start(5, threads=1)
    result = solver.solve(parsed.instance, budget, params=CorrelationMetricParams(), seed=0)
    assert result.objective == FAMILY.objective(parsed.instance, result.solution)
    assert np.unique(result.solution).size == 3
    with pytest.raises(InvalidInstance, match="complete"):
        solver.solve(signed(6, 0), budget, params=CorrelationMetricParams(), seed=0)


def test_radii_are_checked():
    with pytest.raises(InvalidParams):
        CorrelationMetricParams(inner=0)
    with pytest.raises(InvalidParams):
        CorrelationMetricParams(outer=1.5)
