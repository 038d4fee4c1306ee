import itertools

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.result import Reason
from solverhub.problems.generators import generate
from solverhub.problems.table_sharding import TableSharding
from solverhub.search.placements import place
from solverhub.search.sharding_kernels import fused
from tests.support.sharding import best_ms, random_task

PROBLEM = TableSharding()


def solve(name, instance, **budget):
    solver = catalog.solver("table-sharding", name)
    return solver.solve(instance, Budget.start(20, **budget), params=solver.Params(), seed=0)


def test_the_kernels_price_is_the_models():
    instance = generate("random-tables", 3, tables=12).instance
    for work, repeats, link in np.random.default_rng(0).uniform(0, 9, (20, 3)):
        assert fused(work, repeats, link, instance.model.constants) == pytest.approx(
            float(instance.model.latency(np.array([work, repeats, link]))), rel=1e-12
        )


def test_branch_and_bound_agrees_with_every_placement():
    rng = np.random.default_rng(11)
    for _ in range(25):
        instance = random_task(rng, tight=bool(rng.random() < 0.6))
        best = best_ms(instance)
        result = solve("sharding-branching", instance)
        if best is None:
            assert result.solution is None
            continue
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == pytest.approx(best, rel=1e-6)
        assert result.bound <= best
        found = solve("sharding-search", instance, iterations=5)
        assert found.objective == pytest.approx(best, rel=1e-6)


def test_linear_placements_agree_with_every_one():
    rng = np.random.default_rng(7)
    for _ in range(60):
        n, k = int(rng.integers(2, 7)), int(rng.integers(2, 4))
        costs, sizes = rng.normal(size=(n, k)), rng.integers(0, 50, n)
        capacity = int(sizes.sum() / k * rng.uniform(0.9, 1.5))
        least = np.inf
        for chosen in itertools.product(range(k), repeat=n):
            if (np.bincount(chosen, sizes, k) <= capacity).all():
                least = min(least, costs[range(n), chosen].sum())
        found = place(costs, sizes, capacity)
        if found is None:
            assert least == np.inf
            continue
        assert (np.bincount(found, sizes, k) <= capacity).all()
        assert costs[range(n), found].sum() == pytest.approx(least, abs=1e-9)


def test_rules_and_search_keep_the_memory():
    for seed in range(5):
        instance = generate("random-tables", seed, tables=60, memory_gb=2).instance
        rules = []
        for name in ("greedy", "balance-by-dimension"):
            result = solve(name, instance)
            assert PROBLEM.violations(instance, result.solution) == []
            rules.append(result.objective)
        searched = solve("sharding-search", instance, iterations=1)
        assert PROBLEM.violations(instance, searched.solution) == []
        assert searched.bound <= searched.objective < min(rules)


def test_tables_that_need_too_much_memory_are_infeasible():
    instance = random_task(np.random.default_rng(0))
    short = type(instance)(**{**vars(instance), "memory_bytes": int(instance.bytes.max()) - 1})
    for name in ("greedy", "sharding-search", "sharding-branching"):
        assert solve(name, short).termination.reason is Reason.INFEASIBLE
