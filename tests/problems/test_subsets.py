"""The four subset families against definitions spelled out on all subsets of small graphs."""

import numpy as np
import pytest
from graph_cases import (
    adjacency,
    fractions,
    integers,
    random_graph,
    relabelled,
    subsets,
    unit,
)

from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import Naming
from solverhub.core.result import BoundCheck, Sense
from solverhub.problems import families
from solverhub.problems.graph import Graph

NAMES = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
)


def is_feasible(name, matrix, chosen):
    inside = matrix[np.ix_(chosen, chosen)]
    if name == "maximum-independent-set":
        return not inside.any()
    if name == "maximum-clique":
        return bool((inside | np.eye(len(inside), dtype=bool)).all())
    if name == "minimum-vertex-cover":
        return not matrix[np.ix_(~chosen, ~chosen)].any()
    return bool((chosen | matrix[:, chosen].any(axis=1)).all())


def optimum(name, graph):
    problem = families.get(name)
    values = [
        problem.objective(graph, chosen)
        for chosen in subsets(graph.n)
        if not problem.violations(graph, chosen)
    ]
    return max(values) if problem.sense(graph) is Sense.MAXIMISE else min(values)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("draw", [unit, integers, fractions])
def test_judge_agrees_with_the_definition(name, draw):
    problem = families.get(name)
    for seed in range(4):
        graph = random_graph(6, 0.5, seed, vertex=draw)
        matrix = adjacency(graph)
        for chosen in subsets(graph.n):
            assert (not problem.violations(graph, chosen)) == is_feasible(name, matrix, chosen)
            expected = graph.vertex_weights[chosen].sum()
            assert problem.objective(graph, chosen) == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_judge_does_not_see_labels(name):
    problem = families.get(name)
    rng = np.random.default_rng(1)
    graph = random_graph(8, 0.4, 1, vertex=fractions)
    for _ in range(20):
        order = rng.permutation(8)
        other = relabelled(graph, order)
        chosen = rng.random(8) < 0.5
        moved = np.zeros(8, bool)
        moved[order[chosen]] = True
        assert problem.objective(graph, chosen) == problem.objective(other, moved)
        found = len(problem.violations(graph, chosen))
        assert found == len(problem.violations(other, moved))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, 1, 5])
def test_graphs_without_edges(name, n):
    problem = families.get(name)
    graph = Graph.from_edges(n, [], [])
    nothing, everything = np.zeros(n, bool), np.ones(n, bool)
    assert problem.objective(graph, everything) == n
    assert bool(problem.violations(graph, nothing)) == (name == "minimum-dominating-set" and n > 0)
    assert bool(problem.violations(graph, everything)) == (name == "maximum-clique" and n > 1)


@pytest.mark.parametrize("name", NAMES)
def test_at_most_100_violations(name):
    problem = families.get(name)
    n = 60
    complete = np.triu_indices(n, 1)
    graph = Graph.from_edges(n, *complete) if "clique" not in name else Graph.from_edges(n, [], [])
    if name == "minimum-dominating-set":
        graph = Graph.from_edges(300, [], [])
    chosen = np.full(graph.n, name.startswith("maximum"))
    found = problem.violations(graph, chosen)
    assert len(found) == 100
    assert len({violation.constraint for violation in found}) == 100


def test_objectives_beyond_int64_are_exact():
    graph = Graph.from_edges(4, [0], [1], weights=[2**62, 2**62, 2**62, 2**53 + 1])
    problem = families.get("maximum-clique")
    assert problem.objective(graph, np.ones(4, bool)) == 3 * 2**62 + 2**53 + 1


@pytest.mark.parametrize("name", NAMES)
def test_solutions_of_the_wrong_form_are_refused(name):
    problem = families.get(name)
    graph = Graph.from_edges(3, [0], [1])
    for bad in (np.zeros(3), np.zeros(2, bool), np.zeros((3, 1), bool), [True, False, True]):
        with pytest.raises(InvalidSolution):
            problem.violations(graph, bad)
        with pytest.raises(InvalidSolution):
            problem.objective(graph, bad)


@pytest.mark.parametrize(
    ("naming", "ids"),
    [(Naming(), [0, 2]), (Naming(range(1, 4)), [1, 3]), (Naming(["a", "b", "c"]), ["a", "c"])],
)
def test_solutions_go_by_the_ids_of_the_input(naming, ids):
    problem = families.get("maximum-independent-set")
    graph = Graph.from_edges(3, [0, 1], [1, 2])
    chosen = np.array([True, False, True])
    wire = problem.solution_to_wire(graph, chosen, naming)
    assert wire == {"selected": ids}
    assert problem.solution_from_wire(graph, wire, naming).tolist() == chosen.tolist()


@pytest.mark.parametrize(
    "wire",
    [
        {},
        [],
        {"selected": 3},
        {"selected": [3]},
        {"selected": [-1]},
        {"selected": [0, 0]},
        {"selected": ["0"]},
        {"selected": [True]},
        {"selected": [0.5]},
        {"selected": [[0]]},
        {"selected": [2**70]},
    ],
)
def test_bad_json_solutions_are_refused(wire):
    problem = families.get("maximum-independent-set")
    with pytest.raises(InvalidSolution):
        problem.solution_from_wire(Graph.from_edges(3, [0], [1]), wire)


def greedy_groups(matrix, together):
    """Labels such that any two of a label satisfy `together`."""
    labels = np.full(len(matrix), -1)
    groups = []
    for x in range(len(matrix)):
        for label, members in enumerate(groups):
            if all(matrix[x, y] == together for y in members):
                labels[x] = label
                members.append(x)
                break
        else:
            labels[x] = len(groups)
            groups.append([x])
    return labels


def evidence_for(name, graph):
    matrix = adjacency(graph)
    if name == "maximum-independent-set":
        yield {"clique_cover": greedy_groups(matrix, True)}
    elif name == "maximum-clique":
        yield {"colouring": greedy_groups(matrix, False).tolist()}
    elif name == "minimum-vertex-cover":
        used, matching = set(), []
        for e, (a, b) in enumerate(graph.edge_index.T.tolist()):
            if a not in used and b not in used:
                used |= {a, b}
                matching.append(e)
        yield {"matching": matching}
        left = np.maximum(graph.vertex_weights, 0).astype(float)
        packing = np.zeros(graph.n_edges)
        for e, (a, b) in enumerate(graph.edge_index.T.tolist()):
            packing[e] = min(left[a], left[b])
            left[[a, b]] -= packing[e]
        yield {"edge_packing": packing}
    else:
        closed = matrix | np.eye(len(matrix), dtype=bool)
        packed = []
        for x in range(graph.n):
            if not any((closed[x] & closed[y]).any() for y in packed):
                packed.append(x)
        yield {"packing": packed}
        left = np.maximum(graph.vertex_weights, 0).astype(float)
        values = np.zeros(graph.n)
        for x in range(graph.n):
            values[x] = left[closed[x]].min()
            left[closed[x]] -= values[x]
        yield {"fractional_packing": values}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("draw", [unit, integers, fractions])
def test_evidence_proves_bounds_that_hold_and_no_tighter_ones(name, draw):
    problem = families.get(name)
    for seed in range(6):
        graph = random_graph(7, 0.4, seed, vertex=draw)
        best = optimum(name, graph)
        for evidence in evidence_for(name, graph):
            proved = problem.bound_value(graph, evidence)
            assert proved is not None
            assert not problem.goal.better(best, proved + (1e-9 * -problem.goal.sign))
            assert problem.check_bound(graph, proved, evidence) is BoundCheck.RECOMPUTED
            looser = proved - problem.goal.sign
            tighter = proved + problem.goal.sign
            assert problem.check_bound(graph, looser, evidence) is BoundCheck.RECOMPUTED
            assert problem.check_bound(graph, tighter, evidence) is None


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("maximum-independent-set", {"clique_cover": [0, 0, 0]}),
        ("maximum-independent-set", {"clique_cover": [0, 0]}),
        ("maximum-independent-set", {"clique_cover": [0.0, 0.0, 1.0]}),
        ("maximum-independent-set", {"clique_cover": "000"}),
        ("maximum-independent-set", {}),
        ("maximum-clique", {"colouring": [0, 0, 0]}),
        ("minimum-vertex-cover", {"matching": [0, 1]}),
        ("minimum-vertex-cover", {"matching": [0, 0]}),
        ("minimum-vertex-cover", {"matching": [2]}),
        ("minimum-vertex-cover", {"edge_packing": [1.0, -1.0]}),
        ("minimum-vertex-cover", {"edge_packing": [1.0, float("nan")]}),
        ("minimum-vertex-cover", {"edge_packing": [1.0]}),
        ("minimum-dominating-set", {"packing": [0, 2]}),
        ("minimum-dominating-set", {"packing": [0, 1]}),
        ("minimum-dominating-set", {"fractional_packing": [1, 1]}),
        ("minimum-dominating-set", {"fractional_packing": None}),
    ],
)
def test_evidence_that_does_not_hold_proves_nothing(name, evidence):
    path = Graph.from_edges(3, [0, 1], [1, 2])
    problem = families.get(name)
    assert problem.bound_value(path, evidence) is None
    assert problem.check_bound(path, 1, evidence) is None
    assert problem.check_bound(path, 1, None) is None


def test_overloaded_packings_are_scaled_not_believed():
    path = Graph.from_edges(3, [0, 1], [1, 2])
    cover = families.get("minimum-vertex-cover")
    assert cover.bound_value(path, {"edge_packing": [1.0, 1.0]}) == 1
    rounded = {"edge_packing": [0.5 + 1e-12, 0.5 + 1e-12]}
    assert cover.bound_value(path, rounded) == 1
    dominating = families.get("minimum-dominating-set")
    assert dominating.bound_value(path, {"fractional_packing": [9, 9, 9]}) == 1


def test_half_integral_packings_are_rounded_up():
    triangle = Graph.from_edges(3, [0, 1, 0], [1, 2, 2])
    cover = families.get("minimum-vertex-cover")
    assert cover.bound_value(triangle, {"edge_packing": [0.5, 0.5, 0.5]}) == 2


@pytest.mark.parametrize("name", NAMES)
def test_descriptions(name):
    problem = families.get(name)
    graph = random_graph(6, 0.5, 0)
    assert problem.name == name
    assert problem.title
    assert problem.integral(graph)
    assert not problem.integral(random_graph(6, 0.5, 0, vertex=fractions))
    assert problem.solution_form(graph) == (np.dtype(bool), (6,))
    assert not problem.check_infeasible(graph, {})
    assert problem.digest(graph) != problem.digest(relabelled(graph, [1, 0, 2, 3, 4, 5]))
