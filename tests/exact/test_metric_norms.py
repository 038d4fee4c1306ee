"""The other norms of metric nearness, and distances that may only decrease."""

from dataclasses import replace

import numpy as np
import pytest
from metric_programs import optimum, random_instance

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Reason
from solverhub.local import solve_parsed
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.metric_instance import of_matrix

FAMILY = families.get("metric-nearness")


def run(instance, solver="auto", **budget):
    parsed = Parsed(FAMILY, instance)
    return solve_parsed(parsed, solver, Budget.start(60, gap=1e-9, threads=1, **budget))


def assert_optimal(result, value, solver, rel=1e-7):
    assert result.solver == solver
    assert result.termination.reason is Reason.OPTIMAL
    assert result.verified
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert result.objective == pytest.approx(value, rel=rel, abs=1e-9)


@pytest.mark.parametrize(("norm", "solver"), [("linf", "metric-closure"), ("l1", "cycle-cuts")])
@pytest.mark.parametrize(("density", "zeros"), [(1.0, 0.0), (0.6, 0.0), (1.0, 0.3)])
@pytest.mark.parametrize("seed", range(3))
def test_small_instances_have_the_value_of_the_full_program(seed, density, zeros, norm, solver):
    instance = random_instance(6, seed, density=density, norm=norm, zeros=zeros)
    assert_optimal(run(instance), optimum(instance), solver)


@pytest.mark.parametrize(("norm", "solver"), [("linf", "metric-closure"), ("l1", "cycle-cuts")])
@pytest.mark.parametrize("kind", ["product", "sparse"])
def test_relabelling_changes_no_value(kind, norm, solver):
    instance = replace(generate(f"{kind}-distances", 1, n=20).instance, norm=norm)
    value = run(instance).objective
    assert_optimal(run(instance), value, solver)
    if instance.complete:
        order = np.random.default_rng(0).permutation(20)
        matrix = instance.square(instance.distances)[np.ix_(order, order)]
        assert run(of_matrix(matrix, norm=norm)).objective == pytest.approx(value, rel=1e-7)


def test_the_largest_change_of_one_long_path():
    distances = np.array([[0, 1, 9], [1, 0, 2], [9, 2, 0]], float)
    assert_optimal(run(of_matrix(distances, norm="linf")), (9 - 3) / 3, "metric-closure")


@pytest.mark.parametrize("norm", ["l2", "l1", "linf"])
@pytest.mark.parametrize("kind", ["product", "sparse"])
def test_decreases_are_shortest_paths(kind, norm):
    instance = generate(f"{kind}-distances", 0, n=20).instance
    held = replace(instance, norm=norm, decrease_only=True)
    result = run(held)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.bound_check is BoundCheck.RECOMPUTED
    assert (result.solution <= held.distances).all()
    assert result.objective >= run(replace(instance, norm=norm)).objective * (1 - 1e-9)


def test_solvers_refuse_the_norms_of_others():
    instance = generate("uniform-distances", 0, n=5).instance
    with pytest.raises(InvalidInstance, match="l2"):
        run(instance, "cycle-cuts")
    with pytest.raises(InvalidInstance, match="no linf norm"):
        run(replace(instance, norm="linf"), "project-forget")


@pytest.mark.parametrize("seed", range(2))
def test_triangle_fixing_comes_to_the_same_value(seed):
    instance = random_instance(6, seed)
    result = solve_parsed(
        Parsed(FAMILY, instance), "triangle-fixing", Budget.start(60, gap=1e-7, threads=1)
    )
    assert_optimal(result, optimum(instance), "triangle-fixing", rel=1e-6)
