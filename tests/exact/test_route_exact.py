from dataclasses import replace

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.exact.route_curve import best_curve, spread_deadlines
from solverhub.problems import judge
from solverhub.problems.generators import generate
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_planning import RoutePlanning
from tests.support.routes import best_chance, parsed, random_roads

PROBLEM = RoutePlanning()


def solve(instance, **budget):
    solver = catalog.solver("route-planning", "parametric-paths")
    return solver.solve(
        instance, Budget.start(**{"time_s": 30, **budget}), params=solver.Params(), seed=0
    )


def test_every_small_graph_is_solved_and_the_judge_agrees():
    rng = np.random.default_rng(7)
    seen = set()
    for _ in range(150):
        instance = random_roads(rng)
        best = best_chance(instance)
        result = judge.verify(solve(instance), parsed(instance))
        if best is None:
            assert result.termination.reason is Reason.INFEASIBLE
            continue
        assert result.objective == pytest.approx(best, rel=1e-12, abs=1e-300)
        assert result.termination.reason is Reason.OPTIMAL
        seen.add((result.bound_check, bool(result.evidence.get("enumerate"))))
    assert (BoundCheck.RECOMPUTED, True) in seen
    assert (BoundCheck.RECOMPUTED, False) in seen


@pytest.mark.parametrize("slack", [0.3, 0.6, 0.9, 1.0, 1.1, 2.0])
def test_grids_are_proved_by_what_the_judge_recomputes(slack):
    for seed in range(3):
        grid = generate("route-grid", seed, side=12, slack=slack)
        result = judge.verify(solve(grid.instance), grid)
        assert result.termination.reason is Reason.OPTIMAL
        assert result.bound_check is BoundCheck.RECOMPUTED


def test_relabelling_changes_no_value():
    rng = np.random.default_rng(8)
    grid = generate("route-grid", 5, side=6, slack=0.85).instance
    to = rng.permutation(grid.n)
    edges = to[np.column_stack([grid.tail, grid.head])]
    times = np.column_stack([grid.mean, grid.variance])
    ends = (int(to[grid.source]), int(to[grid.target]))
    other = RouteInstance.of(grid.n, edges, times, ends, grid.deadline)
    assert solve(other).objective == pytest.approx(solve(grid).objective, rel=1e-12)


def test_source_and_target_in_one_place():
    instance = RouteInstance.of(2, np.array([[0, 1]]), np.array([[1.0, 1.0]]), (0, 0), 1.0)
    result = solve(instance)
    assert (result.objective, result.termination.reason) == (1.0, Reason.OPTIMAL)
    assert not result.solution.any()


def test_a_limit_of_shortest_paths_leaves_a_bound():
    grid = generate("route-grid", 1, side=20, slack=0.9)
    result = judge.verify(solve(grid.instance, iterations=2), grid)
    assert result.termination.limit is Limit.ITERATIONS
    assert result.bound >= solve(grid.instance).objective
    assert result.bound_check is BoundCheck.RECOMPUTED


def test_correlated_times_are_refused_by_name():
    grid = generate("route-grid", 1, side=4, factors=2)
    with pytest.raises(InvalidInstance, match="correlated"):
        solve(grid.instance)


def test_a_curve_has_the_best_route_of_each_deadline():
    rng = np.random.default_rng(4)
    for _ in range(5):
        roads = random_roads(rng)
        if best_chance(roads) is None:
            continue
        deadlines = [0.5, 1.5, 3.0]
        points = best_curve(roads, deadlines)
        assert [point.deadline for point in points] == deadlines
        for point in points:
            at = replace(roads, deadline=point.deadline)
            assert point.proved
            assert point.chance == pytest.approx(best_chance(at), rel=1e-6)
            assert PROBLEM.objective(at, point.route) == point.chance


def test_the_deadlines_of_a_curve_surround_the_least_expected_time():
    roads = generate("route-grid", 3, side=4, slack=1.0).instance
    first, *_, last = best_curve(roads, spread_deadlines(roads, 5))
    assert 0 < first.deadline < roads.deadline < last.deadline
    assert first.chance < 0.5
    assert last.chance >= 0.977


def test_an_answer_tells_the_curve_of_its_route():
    roads = replace(generate("route-grid", 0, side=4).instance, curve=(0.5, 1.0, 2.0))
    route = best_curve(roads, [roads.deadline])[0].route
    wire = PROBLEM.solution_to_wire(roads, route)
    for t, p in wire["on_time"]:
        assert p == PROBLEM.objective(replace(roads, deadline=t), route)
    again = PROBLEM.from_wire(PROBLEM.to_wire(roads)).instance
    assert again.curve == roads.curve
    assert PROBLEM.digest(again) == PROBLEM.digest(roads)
