"""The relaxation of edge-coloured clustering: bounds that the judge recomputes, roundings."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck
from solverhub.core.solver import Params
from solverhub.engines.highs import Model, Run
from solverhub.exact.coloured_lp import ColouredLpSolver, rounded
from solverhub.problems.edge_coloured_bound import share_bound
from solverhub.problems.generators import generate
from solverhub.reductions.coloured_to_ilp import reduce_coloured
from tests.problems.test_edge_coloured_clustering import FAMILY, hypergraph, optimum


def solve(instance, time_s=20, seed=0):
    budget = Budget.start(time_s, threads=1, deterministic=True)
    return ColouredLpSolver(FAMILY).solve(instance, budget, params=Params(), seed=seed)


def relaxed(instance):
    """(reduction, values, row multipliers, value) of the relaxation."""
    reduction = reduce_coloured(instance)
    model = Model(reduction.instance)
    columns = np.arange(reduction.instance.n)
    model.set_integer(columns, np.zeros(columns.size, bool))
    answer = Run(model).solve()
    value = reduction.instance.offset + float(reduction.instance.c @ answer.values)
    return reduction, answer.values, answer.row_dual, value


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("n", [1, 3, 6])
@pytest.mark.parametrize("seed", range(4))
def test_small_instances_are_proved(kind, n, seed):
    instance = hypergraph(n, 12, seed, kind=kind)
    result = solve(instance)
    assert result.termination.reason == "optimal"
    assert result.objective == pytest.approx(optimum(instance))


@pytest.mark.parametrize("seed", range(6))
def test_multipliers_prove_the_value_of_the_relaxation(seed):
    parsed = generate("planted-colours", seed, n=60, m=150, colours=4, noise=0.4, weights=5)
    reduction, values, row_dual, value = relaxed(parsed.instance)
    bound = share_bound(parsed.instance, {"shares": reduction.shares(row_dual)})
    assert bound == np.ceil(value - 1e-6)
    best = min(
        FAMILY.objective(parsed.instance, labels)
        for labels in rounded(parsed.instance, reduction, values, seed)
    )
    r = parsed.instance.sizes.max()
    assert best <= (2 - 2 / (r + 1)) * value + 1e-6


def test_a_triangle_of_three_colours_is_branched_on():
    wire = {"edges": [[[0, 1], 0], [[1, 2], 1], [[2, 0], 2]]}
    instance = FAMILY.from_wire(wire).instance
    _, _, _, value = relaxed(instance)
    assert value == pytest.approx(1.5)
    result = solve(instance)
    assert result.objective == 2
    assert result.termination.reason == "optimal"
    assert FAMILY.check_bound(instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED


def test_larger_bounds_are_recomputed_where_the_relaxation_gives_them():
    parsed = generate("planted-colours", 5, n=300, m=700, colours=6, noise=0.3)
    result = solve(parsed.instance)
    assert result.bound == result.objective
    assert (
        FAMILY.check_bound(parsed.instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED
    )


def test_instances_without_a_conflict_need_no_rows():
    for wire in (
        {"edges": []},
        {"edges": [], "n": 3},
        {"edges": [[[0, 1], 0], [[2], 1], [[3], 2]]},
    ):
        instance = FAMILY.from_wire(wire).instance
        assert reduce_coloured(instance).instance.A.nnz == 0
        assert solve(instance).objective == 0
