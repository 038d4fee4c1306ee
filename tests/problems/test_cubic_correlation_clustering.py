"""Cubic correlation clustering: read, judged against its definition, bounded by messages."""

import itertools
import json

import numpy as np
import pytest

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution
from solverhub.core.result import BoundCheck
from solverhub.problems import families
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.generators import generate
from solverhub.problems.reading import read
from solverhub.problems.triple_bound import negative_total, triple_messages
from tests.support.brute_force import cubic_values, partitions, random_cubic

NAME = "cubic-correlation-clustering"
FAMILY = families.get(NAME)


def by_definition(instance, labels):
    costs = dict(zip(map(tuple, instance.pairs.T), instance.pair_costs, strict=True))
    costs |= dict(zip(map(tuple, instance.triples.T), instance.triple_costs, strict=True))
    items = itertools.chain.from_iterable(
        itertools.combinations(range(instance.n), size) for size in (2, 3)
    )
    return sum(costs.get(item, 0) for item in items if len(set(labels[list(item)])) == 1)


def relabelled(instance, place):
    return CubicInstance.of(
        instance.n,
        place[instance.pairs],
        instance.pair_costs,
        place[instance.triples],
        instance.triple_costs,
    )


@pytest.mark.parametrize("fractional", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_objective_sums_what_lies_within_clusters(seed, fractional):
    rng = np.random.default_rng(seed)
    instance = random_cubic(rng, 9, density=0.6, fractional=fractional)
    labels = rng.integers(0, 3, 9)
    expected = by_definition(instance, labels)
    assert FAMILY.objective(instance, labels) == pytest.approx(expected, rel=1e-12)
    assert FAMILY.objective(instance, 7 * (3 - labels) + 2) == FAMILY.objective(instance, labels)
    place = rng.permutation(9)
    moved = np.empty(9, np.int64)
    moved[place] = labels
    other = FAMILY.objective(relabelled(instance, place), moved)
    assert other == pytest.approx(expected, rel=1e-12)


def test_whole_costs_are_judged_exactly_beyond_floating_point():
    huge = 2**60
    instance = read({"n": 3, "pairs": [[0, 1, huge], [0, 2, 1]], "triples": [[0, 1, 2, huge]]})
    together = np.zeros(3, np.int64)
    assert FAMILY.objective(instance.instance, together) == 2 * huge + 1


def test_items_listed_again_are_summed_in_whatever_order():
    wire = {
        "n": 4,
        "pairs": [[1, 0, 2], [0, 1, -5], [2, 3, 1], [3, 2, -1]],
        "triples": [[2, 0, 1, 4], [0, 1, 2, 0.5], [1, 2, 0, 2]],
    }
    instance = read(wire).instance
    assert instance.pairs.T.tolist() == [[0, 1]]
    assert instance.pair_costs.tolist() == [-3.0]
    assert instance.triples.T.tolist() == [[0, 1, 2]]
    assert instance.triple_costs.tolist() == [6.5]
    backwards = {key: wire[key][::-1] for key in ("pairs", "triples")}
    again = read({"n": 4, **backwards}).instance
    assert FAMILY.digest(again) == FAMILY.digest(instance)


def test_both_forms_are_read_back():
    for sizes in ({"n": 1}, {"n": 3}):
        parsed = generate("planted-triples", 3, **sizes)
        text = json.dumps(FAMILY.to_wire(parsed.instance)).encode()
        again = read(text)
        assert again.problem.name == NAME
        assert FAMILY.digest(again.instance) == FAMILY.digest(parsed.instance)
    columns = {"i": [0, 1], "j": [1, 2], "c": [1, -1]}
    instance = read({"n": 3, "pairs": columns}).instance
    assert instance.pair_costs.tolist() == [1, -1]
    assert instance.n_triples == 0


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ({"pairs": []}, "n, or both"),
        ({"n": 3}, "n, or both"),
        ({"n": -1, "pairs": []}, "n is -1"),
        ({"n": True, "pairs": []}, "n is True"),
        ({"n": 2**40, "pairs": []}, "n is"),
        ({"n": 3, "pairs": [[0, 0, 1]]}, r"pairs\[0\] has the vertex 0 twice"),
        ({"n": 3, "triples": [[0, 1, 2, 1], [2, 1, 2, 1]]}, r"triples\[1\] has the vertex 2 twice"),
        ({"n": 3, "pairs": [[0, 1, 1], [0, 3, 1]]}, r"pairs\[1\] \(0, 3\) leaves"),
        ({"n": 3, "pairs": [[-1, 1, 1]]}, "leaves"),
        ({"n": 3, "pairs": [[0, 1]]}, r"pairs\[0\] is"),
        ({"n": 3, "pairs": [[0, 1, float("nan")]]}, "nan"),
        ({"n": 3, "triples": [[0, 1, 2, float("inf")]]}, "inf"),
        ({"n": 3, "pairs": [[0, 1, "x"]]}, "not numbers"),
        ({"n": 3, "pairs": [[0.5, 1, 1]]}, "not an integer id"),
        ({"n": 3, "pairs": [[0, 1, 2**80]]}, "2\\^63"),
        ({"n": 3, "pairs": [[0, 1, 2**62], [1, 0, 2**62]]}, "beyond 2\\^63"),
        ({"n": 3, "pairs": {"i": [0], "j": [1]}}, "columns"),
        ({"n": 3, "pairs": {"i": [0], "j": [1, 2], "c": [1]}}, "one length|entries"),
        ({"n": 3, "pairs": {"i": 0, "j": [1], "c": [1]}}, "pairs.i"),
        ({"n": 3, "pairs": "abc"}, "pairs is"),
        ({"n": 3, "pairs": [], "edges": []}, "unknown key"),
    ],
)
def test_bad_input_is_refused_with_its_place(wire, words):
    with pytest.raises(InputError, match=words):
        read({"problem": NAME, **wire})


@pytest.mark.parametrize("n", [0, 1, 2])
def test_instances_of_nothing(n):
    instance = read({"problem": NAME, "n": n, "pairs": []}).instance
    assert FAMILY.objective(instance, np.zeros(n, np.int64)) == 0
    assert negative_total(instance) == 0
    assert FAMILY.check_bound(instance, 0, None) is BoundCheck.RECOMPUTED


def test_solutions_of_the_wrong_form_are_refused():
    instance = read({"n": 2, "pairs": [[0, 1, 1]]}).instance
    for labels in ([0], [0, -1], [0, True], [0, 0.5], [0, 2**63], "ab"):
        with pytest.raises(InvalidSolution):
            FAMILY.solution_from_wire(instance, {"labels": labels})
    with pytest.raises(InvalidSolution):
        FAMILY.objective(instance, np.array([0, -1]))
    assert FAMILY.solution_from_wire(instance, {"labels": [3, 3]}).tolist() == [3, 3]


@pytest.mark.parametrize("fractional", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_any_messages_prove_a_bound(seed, fractional):
    rng = np.random.default_rng(seed)
    instance = random_cubic(rng, 7, density=0.7, fractional=fractional)
    best = cubic_values(instance).min()
    triples = np.array(list(itertools.combinations(range(7), 3))).T
    triples = triples[:, rng.random(triples.shape[1]) < 0.8]
    for size in (0.0, 0.3, 3.0):
        messages = rng.normal(0, 1, triples.shape) * size
        proved = triple_messages(instance, {"triples": triples, "messages": messages})
        assert proved <= best + 1e-9
        if size == 0:
            assert proved == pytest.approx(negative_total(instance))
        evidence = {"triples": triples.tolist(), "messages": messages.tolist()}
        assert FAMILY.check_bound(instance, proved, evidence) is BoundCheck.RECOMPUTED
        above = max(proved, negative_total(instance)) + 1e-3
        assert FAMILY.check_bound(instance, above, evidence) is None


def test_messages_prove_what_the_negative_costs_do_not():
    instance = read({"n": 3, "pairs": [[0, 1, -2], [0, 2, -2], [1, 2, 3]]}).instance
    assert negative_total(instance) == -4
    assert cubic_values(instance).min() == -2
    evidence = {"triples": [[0], [1], [2]], "messages": [[-2.0], [-2.0], [3.0]]}
    assert triple_messages(instance, evidence) == -2
    assert len(partitions(3)) == 5


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"triples": [[0], [1], [2]]},
        {"triples": [[0], [1], [2]], "messages": [[0.0], [0.0]]},
        {"triples": [[0], [1], [3]], "messages": [[0.0], [0.0], [0.0]]},
        {"triples": [[1], [0], [2]], "messages": [[0.0], [0.0], [0.0]]},
        {"triples": [[0, 0], [1, 1], [2, 2]], "messages": [[0.0] * 2] * 3},
        {"triples": [[0], [1], [2]], "messages": [[np.nan], [0.0], [0.0]]},
        {"triples": [[0], [1], [2]], "messages": [[1e300], [0.0], [0.0]]},
        {"triples": [["a"], [1], [2]], "messages": [[0.0], [0.0], [0.0]]},
        "nothing",
    ],
)
def test_malformed_evidence_proves_nothing(evidence):
    instance = read({"n": 3, "triples": [[0, 1, 2, -5]]}).instance
    assert FAMILY.check_bound(instance, -4, evidence) is None
    assert FAMILY.check_bound(instance, -5, evidence) is BoundCheck.RECOMPUTED


def test_generators_are_seeded_and_sized():
    planted = generate("planted-triples", 1, n=2).instance
    assert planted.n == 16
    assert planted.whole
    triangles = generate("equilateral-triangles", 1, n=3).instance
    assert triangles.n == 18
    assert triangles.n_pairs == 0
    for name in ("planted-triples", "equilateral-triangles"):
        first, again, other = (generate(name, seed, n=2) for seed in (1, 1, 2))
        assert FAMILY.digest(first.instance) == FAMILY.digest(again.instance)
        assert FAMILY.digest(first.instance) != FAMILY.digest(other.instance)
    exact = generate("planted-triples", 0, n=1, alpha=0.0).instance
    assert (exact.pair_costs[exact.pair_costs < 0] < -50).all()
    for wrong in ({"n": 0}, {"alpha": 2.0}, {"beta": -1.0}):
        with pytest.raises(InputError):
            generate("planted-triples", 0, **wrong)


def test_equilateral_triples_are_rewarded():
    instance = generate("equilateral-triangles", 4, n=3, sigma=0.0).instance
    assert instance.triple_costs.min() == -1000
    assert np.count_nonzero(instance.triple_costs == -1000) >= 3 * 2**3


def test_an_instance_is_canonical():
    with pytest.raises(InvalidInstance, match="-2\\^63"):
        CubicInstance.of(3, [[0], [1]], [-(2**63)], np.zeros((3, 0), np.int64), [])
    instance = CubicInstance.of(3, [[2], [0]], [1.0], [[2], [1], [0]], [2.5])
    assert (instance.pairs.T.tolist(), instance.triples.T.tolist()) == ([[0, 2]], [[0, 1, 2]])
    assert instance.pair_costs.dtype == np.float64
