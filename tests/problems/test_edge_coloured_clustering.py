"""Edge-coloured clustering: objective by its definition, formats, dirty data, bounds by shares."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution, ParseError
from solverhub.core.result import BoundCheck
from solverhub.problems import families
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.reading import fits, read

FAMILY = families.get("edge-coloured-clustering")


def hypergraph(n, m, seed, *, colours=3, largest=4, kind="unit"):
    rng = np.random.default_rng(seed)
    edges = [rng.integers(0, n, rng.integers(1, largest + 1)).tolist() for _ in range(m)]
    weights = {
        "unit": None,
        "integer": rng.integers(0, 9, m),
        "real": rng.uniform(0, 3, m),
    }[kind]
    found, _ = ColouredHypergraph.of(n, colours, edges, rng.integers(0, colours, m), weights)
    return found


def unsatisfied(instance, labels):
    """By the definition, edge by edge."""
    total = 0
    for e in range(instance.m):
        edge = instance.vertices[instance.indptr[e] : instance.indptr[e + 1]]
        if any(labels[v] != instance.colour[e] for v in edge):
            total += instance.weights[e].item()
    return total


def optimum(instance):
    colourings = itertools.product(range(max(1, instance.n_colours)), repeat=instance.n)
    return min(FAMILY.objective(instance, np.array(c, np.int64)) for c in colourings)


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("seed", range(4))
def test_the_objective_is_the_weight_of_edges_not_wholly_of_their_colour(kind, seed):
    instance = hypergraph(8, 14, seed, kind=kind)
    labels = np.random.default_rng(seed).integers(0, 3, 8)
    assert FAMILY.objective(instance, labels) == pytest.approx(unsatisfied(instance, labels))
    assert FAMILY.violations(instance, labels) == []


def test_relabelling_vertices_and_colours_changes_no_value():
    instance = hypergraph(9, 15, 3, kind="integer")
    rng = np.random.default_rng(1)
    place, tint = rng.permutation(9), rng.permutation(3)
    bounds = instance.indptr
    edges = [
        place[instance.vertices[bounds[e] : bounds[e + 1]]].tolist() for e in range(instance.m)
    ]
    other, _ = ColouredHypergraph.of(9, 3, edges, tint[instance.colour].tolist(), instance.weights)
    labels = rng.integers(0, 3, 9)
    moved = np.empty_like(labels)
    moved[place] = tint[labels]
    assert FAMILY.objective(other, moved) == FAMILY.objective(instance, labels)


def test_lines_are_read_with_their_ids_and_colours():
    text = b"# a comment\n7,3 10\n\n3,12,5 2\n 12 10\n"
    parsed = read(text, FAMILY.name, name="a.txt")
    instance = parsed.instance
    assert [parsed.naming.item(i) for i in range(4)] == [3, 5, 7, 12]
    assert instance.n_colours == 2
    assert instance.m == 3
    assert FAMILY.solution_to_wire(instance, np.array([1, 0, 1, 0]), parsed.naming) == {
        "labels": [10, 2, 10, 2]
    }
    again = FAMILY.solution_from_wire(instance, {"labels": [10, 2, 10, 2]}, parsed.naming)
    assert again.tolist() == [1, 0, 1, 0]


def test_names_and_weights_in_lines():
    parsed = read(b"ann,bob red 2\r\nbob,cid blue 0.5\r\n", FAMILY.name, name="a.txt")
    assert parsed.naming.items == ["ann", "bob", "cid"]
    assert parsed.instance.weights.tolist() == [2.0, 0.5]
    labels = FAMILY.solution_to_wire(parsed.instance, np.array([1, 1, 0]), parsed.naming)
    assert labels == {"labels": ["red", "red", "blue"]}


def test_a_file_of_lists_is_told_from_a_graph():
    assert fits(b"1,2,3 1\n4,5 2\n", name="x.txt") == [FAMILY.name]
    assert FAMILY.name not in fits(b"1,2\n2,3\n", name="x.csv")
    assert FAMILY.name not in fits(b"1 2 5\n2 3 4\n", name="x.txt")
    assert fits({"edges": [[[0, 1], 0]]}) == [FAMILY.name]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"1,2 3\n4,5\n", "a.txt:2:1"),
        (b"1,,2 3\n", "vertex"),
        (b"1,2 3 x\n", "weight"),
        (b"1,2 3 -1\n", "negative"),
        (b"1,2 3 4 5\n", "fields"),
        (b"# nothing\n", "no hyperedges"),
    ],
)
def test_faulty_lines_are_refused_with_their_place(text, message):
    with pytest.raises(ParseError) as caught:
        read(text, FAMILY.name, name="a.txt")
    assert message in str(caught.value)


def test_dirty_edges_follow_the_rules():
    wire = {"edges": [[[], "x"], [[0, 1, 1], 0], [[1, 0], 0, 3], [[0, 1], 1], [[2], 5, 0]]}
    parsed = FAMILY.from_wire(wire)
    instance = parsed.instance
    assert instance.n_colours == 3, "a colour of empty edges alone is none"
    assert instance.m == 3
    assert sorted(instance.weights.tolist()) == [0, 1, 4], "listed again: weights summed"
    words = " ".join(parsed.warnings)
    assert "without a vertex" in words
    assert "twice" in words
    assert "summed" in words


@pytest.mark.parametrize(
    "wire",
    [
        {"edges": 3},
        {"edges": [[0, 1]]},
        {"edges": [[[0, -1], 0]]},
        {"edges": [[[0, 1.5], 0]]},
        {"edges": [[[0, 1], 0.5]]},
        {"edges": [[[0, 1], 0, -2]]},
        {"edges": [[[0, 1], 0, True]]},
        {"edges": [[[0, 1], 1], [[0, 1], "1"]]},
        {"edges": [[[0, 5], 0]], "n": 3},
        {"edges": [], "vertices": 3},
    ],
)
def test_faulty_json_is_refused(wire):
    with pytest.raises(InvalidInstance):
        FAMILY.from_wire(wire)


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
def test_the_json_form_comes_back_with_the_same_digest(kind):
    first = FAMILY.from_wire(
        {"edges": [[[3, 1], "b", 2], [[1, 2], "a", 0.5 if kind == "real" else 1]]}
    )
    wire = json.loads(json.dumps(FAMILY.to_wire(first.instance, first.naming)))
    again = read(json.dumps(wire).encode(), name="x.json")
    assert FAMILY.digest(again.instance) == FAMILY.digest(first.instance)
    assert again.naming.rows == ["a", "b"]
    lines = b"1,2 a 0.5\n" if kind == "real" else b"1,2 a 1\n"
    renamed = read(lines + b"1,3 b 2\n", FAMILY.name, name="a.txt")
    assert renamed.instance.n == 3


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 9], [0, 1, True], [0, 1, None], None])
def test_solutions_of_a_wrong_form_are_refused(labels):
    parsed = FAMILY.from_wire({"edges": [[[0, 1], 0], [[1, 2], 1]]})
    with pytest.raises(InvalidSolution):
        FAMILY.solution_from_wire(parsed.instance, {"labels": labels}, parsed.naming)
    with pytest.raises(InputError):
        FAMILY.objective(parsed.instance, np.array([0, 1, 2]))


def test_empty_and_tiny_instances():
    nothing = FAMILY.from_wire({"edges": []}).instance
    assert FAMILY.objective(nothing, np.zeros(0, np.int64)) == 0
    lonely = FAMILY.from_wire({"edges": [], "n": 2}).instance
    assert FAMILY.objective(lonely, np.zeros(2, np.int64)) == 0
    one = FAMILY.from_wire({"edges": [[[0], 1], [[0], 2, 5]]}).instance
    assert optimum(one) == 1


@settings(max_examples=80)
@given(st.integers(0, 10_000), st.sampled_from(["unit", "integer", "real"]))
def test_no_shares_prove_more_than_the_optimum(seed, kind):
    rng = np.random.default_rng(seed)
    instance = hypergraph(5, int(rng.integers(1, 9)), seed, kind=kind)
    scale = instance.weights[instance.edge_of] * rng.choice([0.3, 0.6, 1.0, 2.0])
    shares = rng.random(instance.vertices.size) * scale
    bound = None
    for candidate in (optimum(instance), 0.5 * optimum(instance)):
        check = FAMILY.check_bound(instance, candidate + 1e-6, {"shares": shares})
        bound = candidate + 1e-6 if check is BoundCheck.RECOMPUTED else bound
    assert bound is None or bound <= optimum(instance)


def test_two_edges_in_conflict_cost_the_lighter():
    instance = FAMILY.from_wire({"edges": [[[0, 1], 0, 3], [[1, 2], 1, 2]]}).instance
    shared = np.where(instance.vertices == 1, 2.0, 0.0)
    assert FAMILY.check_bound(instance, 2, {"shares": shared}) is BoundCheck.RECOMPUTED
    assert FAMILY.check_bound(instance, 3, {"shares": shared}) is None
    assert FAMILY.check_bound(instance, 0, None) is BoundCheck.RECOMPUTED


@pytest.mark.parametrize(
    "shares", [np.array([-1.0, 0, 0, 0]), np.full(4, np.nan), np.full(4, 1e300), np.zeros(3), "no"]
)
def test_malformed_shares_prove_nothing(shares):
    instance = FAMILY.from_wire({"edges": [[[0, 1], 0, 3], [[1, 2], 1, 2]]}).instance
    assert FAMILY.check_bound(instance, 1, {"shares": shares}) is None
