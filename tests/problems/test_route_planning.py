import itertools
import math

import numpy as np
import pytest

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import Source
from solverhub.problems.generators import generate
from solverhub.problems.reading import fits, read
from solverhub.problems.route_bound import (
    Lines,
    best_score,
    chance,
    enumerate_below,
    path_score,
)
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_planning import RoutePlanning
from tests.support.routes import best_chance, random_roads, simple_paths

PROBLEM = RoutePlanning()
TWO_WAYS = {
    "problem": "route-planning",
    "edges": [["A", "B", 4.0, 0.0], ["A", "C", 1.0, 4.0], ["C", "B", 2.0, 5.0]],
    "source": "A",
    "target": "B",
    "deadline": 3.5,
}
TEXT = b"""# source: A
# target: B
# deadline: 3.5
u,v,mean,variance
A,B,4,0
A,C,1,4
C,B,2,5
"""


def test_a_hand_checked_choice():
    read_in = PROBLEM.from_wire(TWO_WAYS)
    sure, risky = (
        PROBLEM.solution_from_wire(read_in.instance, {"path": path}, read_in.naming)
        for path in (["A", "B"], ["A", "C", "B"])
    )
    assert PROBLEM.objective(read_in.instance, sure) == 0.0
    expected = 0.5 * (1 + math.erf((3.5 - 3.0) / 3.0 / math.sqrt(2)))
    assert PROBLEM.objective(read_in.instance, risky) == pytest.approx(expected, rel=1e-12)
    later = RoutePlanning().from_wire(TWO_WAYS | {"deadline": 4.0})
    assert PROBLEM.objective(later.instance, sure) == 1.0


def test_text_and_json_are_one_instance():
    text, wire = read(TEXT, name="roads.csv"), read(TWO_WAYS)
    assert text.problem.name == "route-planning"
    assert PROBLEM.digest(text.instance) == PROBLEM.digest(wire.instance)
    assert fits(TEXT, name="roads.csv") == ["route-planning"]
    again = PROBLEM.from_wire(PROBLEM.to_wire(wire.instance, wire.naming))
    assert PROBLEM.digest(again.instance) == PROBLEM.digest(wire.instance)
    columns = {key: [row[i] for row in TWO_WAYS["edges"]] for i, key in enumerate(("u", "v"))}
    columns |= {"mean": [4.0, 1.0, 2.0], "variance": [0.0, 4.0, 5.0]}
    assert PROBLEM.digest(read(TWO_WAYS | {"edges": columns}).instance) == PROBLEM.digest(
        wire.instance
    )


def test_order_of_edges_loops_and_copies_do_not_matter():
    edges = [*TWO_WAYS["edges"][::-1], ["B", "B", 1.0, 1.0], ["B", "A", 4.0, 0.0]]
    shuffled = PROBLEM.from_wire(TWO_WAYS | {"edges": edges})
    assert PROBLEM.digest(shuffled.instance) == PROBLEM.digest(PROBLEM.from_wire(TWO_WAYS).instance)


def test_solutions_in_json_return():
    rng = np.random.default_rng(4)
    for _ in range(40):
        instance = random_roads(rng)
        for solution in itertools.islice(simple_paths(instance), 5):
            assert PROBLEM.violations(instance, solution) == []
            wire = PROBLEM.solution_to_wire(instance, solution)
            assert np.array_equal(PROBLEM.solution_from_wire(instance, wire), solution)


def test_what_is_no_path_is_told():
    instance = PROBLEM.from_wire(TWO_WAYS).instance
    paths = {tuple(path) for path in simple_paths(instance)}
    for bits in itertools.product((False, True), repeat=instance.n_edges):
        feasible = not PROBLEM.violations(instance, np.array(bits))
        assert feasible == (bits in paths)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deadline": 0}, "deadline"),
        ({"deadline": -1}, "deadline"),
        ({"edges": [["A", "B", -1.0, 0.0]]}, "A - B has the mean -1"),
        ({"edges": [["A", "B", 1.0, -2.0]]}, "A - B has the variance -2"),
        ({"edges": [["A", "B", 1.0]]}, r"edges\[0\]"),
        ({"edges": [[1.5, "B", 1.0, 1.0]]}, "no vertex"),
        ({"edges": [["A", "B", "x", 1.0]]}, r"edges\[0\]"),
        ({"edges": 3}, "not a list"),
        ({"target": None}, "target"),
        ({"directed": 1}, "directed"),
        ({"loadings": [[1.0]]}, "loadings"),
        ({"road": 1}, "unknown key"),
    ],
)
def test_bad_instances_are_named(change, words):
    with pytest.raises(InvalidInstance, match=words):
        PROBLEM.from_wire(TWO_WAYS | change)


@pytest.mark.parametrize("deadline", [b"inf", b"nan", b"soon"])
def test_a_deadline_in_a_text_is_a_finite_number(deadline):
    with pytest.raises(InputError, match="deadline"):
        read(TEXT.replace(b"3.5", deadline), name="roads.csv")


def test_a_short_row_is_placed():
    with pytest.raises(ParseError, match=r"roads.csv:6.*3 fields"):
        PROBLEM.parse(Source("roads.csv", TEXT.replace(b"A,C,1,4", b"A,C,1")))


def test_a_path_over_a_missing_road_is_refused():
    read_in = PROBLEM.from_wire(TWO_WAYS)
    with pytest.raises(InvalidSolution, match="from B to B"):
        PROBLEM.solution_from_wire(read_in.instance, {"path": ["B", "B"]}, read_in.naming)


def test_an_unreachable_target_is_infeasible():
    wire = {"edges": [[0, 1, 1, 1], [3, 2, 1, 1]], "source": 0, "target": 2, "deadline": 5}
    assert PROBLEM.check_infeasible(PROBLEM.from_wire(wire).instance, None)
    assert not PROBLEM.check_infeasible(PROBLEM.from_wire(TWO_WAYS).instance, None)


@pytest.mark.parametrize("factors", [0, 2])
def test_the_lines_bound_every_path(factors):
    rng = np.random.default_rng(11)
    for _ in range(60):
        instance = random_roads(rng, factors=factors)
        best = best_chance(instance)
        if best is None:
            continue
        multipliers = rng.normal(scale=0.5, size=3).tolist()
        assert PROBLEM.bound_value(instance, {"multipliers": multipliers}) >= best


def test_the_best_score_above_lines_is_the_best_of_a_fine_grid():
    rng = np.random.default_rng(5)
    for _ in range(200):
        slopes = np.sort(np.append(rng.normal(size=3), 0.0))
        heights = rng.normal(size=4)
        least = float(rng.uniform(0.01, 1.0))
        grid = least + np.concatenate([np.linspace(0, 20, 4001), np.geomspace(20, 1e9, 200)])
        beyond = (heights[:, None] + slopes[:, None] * grid).max(axis=0)
        assert best_score(heights, slopes, least) >= (-beyond / np.sqrt(grid)).max() - 1e-12
        tight = best_score(heights, slopes, least) - (-beyond / np.sqrt(grid)).max()
        assert tight < 0.05


def test_enumeration_tells_whether_a_better_path_is_left():
    rng = np.random.default_rng(6)
    for _ in range(40):
        instance = random_roads(rng)
        best = best_chance(instance)
        if best is None or not 0 < best < 1:
            continue
        lines = Lines(instance, [0.1, -0.2])
        scores = [
            path_score(instance.deadline, *instance.moments(p)) for p in simple_paths(instance)
        ]
        assert enumerate_below(lines, max(scores)) is True
        assert enumerate_below(lines, max(scores) - 1e-6) is False
        assert enumerate_below(lines, max(scores), most=0) is None
        assert chance(max(scores)) == best


def test_a_bound_below_the_optimum_is_not_believed():
    parsed = generate("route-grid", 3, side=4, slack=0.8)
    best = best_chance(parsed.instance)
    evidence = {"multipliers": [0.0, 0.05, 0.2], "enumerate": True}
    assert PROBLEM.check_bound(parsed.instance, best * 1.0001, evidence) is not None
    assert PROBLEM.check_bound(parsed.instance, best * 0.9999, evidence) is None
    assert PROBLEM.check_bound(parsed.instance, 1.0, {"multipliers": "all"}) is not None


def test_common_factors_add_to_the_variance():
    instance = RouteInstance.of(
        3,
        np.array([[0, 1], [1, 2]]),
        np.array([[1.0, 0.5], [1.0, 0.5]]),
        (0, 2),
        3.0,
        loadings=np.array([[1.0], [2.0]]),
    )
    mean, variance = instance.moments(np.array([True, True]))
    assert (mean, variance) == (2.0, 1.0 + 9.0)
    assert not instance.independent
