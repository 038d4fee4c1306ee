"""Branch and bound on limits: optima of brute force, proofs that the judge follows."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck
from solverhub.core.solver import Params
from solverhub.exact.min_max_branching import MinMaxBranchingSolver
from solverhub.exact.min_max_tree import FOUND, Tree
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.problems.min_max_bound import Core
from solverhub.problems.min_max_kernels import PAUSED, REFUTED
from solverhub.problems.signed_graph import SignedGraph
from tests.problems.test_correlation_clustering import signed
from tests.problems.test_min_max_clustering import FAMILY, fractional, optimum


def solve(instance, time_s=20, seed=0):
    budget = Budget.start(time_s, threads=1, deterministic=True)
    return MinMaxBranchingSolver(FAMILY).solve(instance, budget, params=Params(), seed=seed)


@pytest.mark.parametrize("kind", ["sparse", "complete", "fractional"])
@pytest.mark.parametrize("n", [1, 2, 4, 7])
@pytest.mark.parametrize("seed", range(4))
def test_small_instances_are_proved(kind, n, seed):
    instance = (
        fractional(n, seed)
        if kind == "fractional"
        else signed(n, seed, complete=kind == "complete")
    )
    result = solve(instance)
    assert result.termination.reason == "optimal"
    assert result.objective == pytest.approx(optimum(instance), rel=1e-6)
    assert FAMILY.check_bound(instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_tree_refutes_below_the_optimum_and_finds_at_it(complete, seed):
    instance = signed(7, seed, complete=complete, density=0.6)
    best = optimum(instance)
    core = Core.of(instance, np.arange(7))
    for limit in range(max(0, best - 2), best + 2):
        tree = Tree(core, limit)
        found = PAUSED
        while found == PAUSED:
            found = tree.run()
        assert found == (REFUTED if limit < best else FOUND)
        if found == REFUTED:
            assert core.refutes(limit, tree.pairs)
        else:
            assert FAMILY.objective(instance, tree.labels) <= limit


def test_a_refutation_that_needs_cases_is_followed_by_the_judge():
    parsed = generate("er", 3, problem=FAMILY.name, n=26, p=0.35)
    result = solve(parsed.instance)
    assert result.termination.reason == "optimal"
    assert len(result.evidence["pairs"]) > 0, "an instance that the rules alone do not prove"
    assert (
        FAMILY.check_bound(parsed.instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED
    )
    without = {**result.evidence, "pairs": result.evidence["pairs"][:-1]}
    assert FAMILY.check_bound(parsed.instance, result.bound, without) is None


def test_relabelling_the_vertices_changes_no_optimum():
    instance = signed(16, 4, complete=True, density=0.4)
    place = np.random.default_rng(0).permutation(16)
    u, v = place[instance.graph.edge_index]
    other = SignedGraph.of(Graph.from_edges(16, u, v), True)
    assert solve(instance).objective == solve(other).objective
