"""Correlation clustering: both forms read, judged against their definition, bounded by cycles."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution
from solverhub.core.result import BoundCheck
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.problems.reading import read
from solverhub.problems.signed_graph import SignedGraph

FAMILY = families.get("correlation-clustering")


def signed(n, seed, *, complete=False, density=0.5):
    """A random instance with weights -3..3."""
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < density
    u, v = u[kept], v[kept]
    if complete:
        return SignedGraph.of(Graph.from_edges(n, u, v), True)
    weights = rng.choice([-3, -2, -1, 1, 2, 3], u.size)
    return SignedGraph.of(Graph.from_edges(n, u, v, None, weights), False)


def disagreements(instance, labels):
    """By the definition, over all pairs."""
    total = 0
    for u, v in itertools.combinations(range(instance.n), 2):
        w = int(instance.weights_of(np.array([u]), np.array([v]))[0])
        together = labels[u] == labels[v]
        if (w > 0 and not together) or (w < 0 and together):
            total += abs(w)
    return total


def partitions(n):
    """All partitions of n vertices as labels in order of first use."""

    def grow(labels, used):
        if len(labels) == n:
            yield labels
            return
        for label in range(used + 1):
            yield from grow([*labels, label], max(used, label + 1))

    yield from grow([], 0)


def optimum(instance):
    return min(
        FAMILY.objective(instance, np.array(labels, np.int64)) for labels in partitions(instance.n)
    )


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_objective_counts_disagreeing_pairs(complete, seed):
    instance = signed(9, seed, complete=complete)
    labels = np.random.default_rng(seed).integers(0, 4, 9)
    assert FAMILY.objective(instance, labels) == disagreements(instance, labels)
    assert FAMILY.objective(instance, 7 * (3 - labels) + 2) == disagreements(instance, labels)
    assert FAMILY.violations(instance, labels) == []


def test_a_graph_without_negative_weights_means_the_complete_problem():
    parsed = read({"n": 4, "edges": [[0, 1], [1, 2]]}, "correlation-clustering")
    assert parsed.instance.complete
    assert parsed.instance.negative_pairs == 4
    heavy = read({"n": 3, "edges": [[0, 1, 2.5]]}, "correlation-clustering")
    assert heavy.instance.complete
    assert heavy.instance.graph.edge_weights is None
    assert any("ignored" in warning for warning in heavy.warnings)
    sparse = read({"n": 3, "edges": [[0, 1, 2.5]], "complete": False}, "correlation-clustering")
    assert not sparse.instance.complete
    assert sparse.instance.negative_pairs == 0


def test_signs_keep_only_the_signs_of_sums():
    rows = b"u,v,w\n1,2,4\n2,1,-3\n2,3,5\n3,2,-5\n3,1,-9\n"
    plain = read(rows, "correlation-clustering", name="a.csv").instance
    assert plain.weights.tolist() == [1, -9]
    signs = read(rows, "correlation-clustering", name="a.csv", signs=True).instance
    assert signs.weights.tolist() == [1, -1]
    assert signs.n_edges == 2


def test_a_complete_instance_takes_only_signs():
    wire = {"n": 3, "edges": [[0, 1, 2], [1, 2, -1]], "complete": True}
    with pytest.raises(InvalidInstance, match="complete"):
        read(wire, "correlation-clustering")
    wire["edges"][0][2] = 1
    instance = read(wire, "correlation-clustering").instance
    assert instance.complete
    assert instance.n_edges == 1
    with pytest.raises(InputError, match="boolean"):
        read({"n": 1, "edges": [], "complete": "yes"}, "correlation-clustering")


@pytest.mark.parametrize("complete", [False, True])
def test_the_json_form_comes_back_with_the_same_digest(complete):
    instance = signed(8, 3, complete=complete)
    again = read(json.dumps(FAMILY.to_wire(instance)).encode(), name="x.json")
    assert again.instance.complete == complete
    assert FAMILY.digest(again.instance) == FAMILY.digest(instance)
    labels = np.arange(8) // 2
    wire = FAMILY.solution_to_wire(instance, labels)
    assert FAMILY.solution_from_wire(instance, wire).tolist() == labels.tolist()


def test_the_two_forms_of_one_graph_have_two_digests():
    graph = Graph.from_edges(3, [0, 1], [1, 2])
    assert FAMILY.digest(SignedGraph.of(graph, True)) != FAMILY.digest(SignedGraph.of(graph, False))


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, -1], [0, 1, 2.5], [0, 1, True], None])
def test_solutions_of_a_wrong_form_are_refused(labels):
    instance = signed(3, 0)
    with pytest.raises(InvalidSolution):
        FAMILY.solution_from_wire(instance, {"labels": labels})


def cycles_evidence(cycles, duals):
    lengths = [len(cycle) for cycle in cycles]
    return {
        "cycles": np.array([x for cycle in cycles for x in cycle], np.int64),
        "indptr": np.append(0, np.cumsum(lengths)).astype(np.int64),
        "duals": np.array(duals, np.float64),
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_no_multipliers_prove_more_than_the_optimum(seed, complete):
    rng = np.random.default_rng(seed)
    instance = signed(6, seed, complete=complete, density=0.7)
    cycles = [rng.permutation(6)[: rng.integers(3, 6)].tolist() for _ in range(rng.integers(1, 12))]
    evidence = cycles_evidence(cycles, rng.random(len(cycles)) * rng.choice([0.5, 1, 4]))
    bound = FAMILY.bound_value(instance, evidence)
    assert bound is not None
    assert bound <= optimum(instance)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_no_multipliers_of_stars_or_groups_prove_more_than_the_optimum(seed, complete):
    rng = np.random.default_rng(seed)
    groups = dense_groups(rng.integers(0, 6, 7)) if seed % 2 else np.arange(7)
    instance = blown_up(groups, seed, complete=complete)
    k = groups.max() + 1
    if k < 3:
        return
    stars = [rng.permutation(k)[: rng.integers(3, k + 1)].tolist() for _ in range(4)]
    cycles = [rng.permutation(k)[:3].tolist() for _ in range(4)]
    evidence = {
        **cycles_evidence(cycles, rng.random(4) * rng.choice([0.3, 1, 4])),
        **stars_evidence(stars, rng.random(4) * rng.choice([0.3, 1, 4])),
        "star_centres": np.array([rng.integers(1, len(star)) for star in stars]),
        "groups": groups,
    }
    bound = FAMILY.bound_value(instance, evidence)
    assert bound is not None
    assert bound <= optimum(instance)


def blown_up(groups, seed, *, complete):
    """An instance in which all pairs between two groups weigh the same."""
    small = signed(int(groups.max()) + 1, seed, complete=complete, density=0.7)
    u, v = np.triu_indices(groups.size, 1)
    apart = groups[u] != groups[v]
    weights = np.ones(u.size, np.int64)
    weights[apart] = small.weights_of(groups[u[apart]], groups[v[apart]])
    kept = weights > 0 if complete else weights != 0
    given = None if complete else weights[kept]
    return SignedGraph.of(Graph.from_edges(groups.size, u[kept], v[kept], None, given), complete)


def dense_groups(labels):
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def stars_evidence(stars, duals):
    evidence = cycles_evidence(stars, duals)
    names = {"cycles": "stars", "indptr": "star_indptr", "duals": "star_duals"}
    return {names[name]: value for name, value in evidence.items()}


def test_a_star_of_leaves_that_want_to_be_apart_costs_all_but_one():
    for k in (2, 3, 5):
        leaves = np.arange(1, k + 1)
        instance = SignedGraph.of(Graph.from_edges(k + 1, np.zeros(k, np.int64), leaves), True)
        evidence = {**cycles_evidence([], []), **stars_evidence([range(k + 1)], [1.0])}
        assert FAMILY.bound_value(instance, evidence) == k - 1 == optimum(instance)


def test_groups_must_be_alike_and_in_use():
    instance = SignedGraph.of(Graph.from_edges(4, [0, 0, 1, 1], [1, 2, 2, 3]), True)
    evidence = cycles_evidence([[0, 1, 2]], [1.0])
    assert FAMILY.bound_value(instance, {**evidence, "groups": np.array([0, 1, 1, 2])}) is None
    assert FAMILY.bound_value(instance, {**evidence, "groups": np.array([0, 1, 2, 2])}) is None
    assert FAMILY.bound_value(instance, {**evidence, "groups": np.array([0, 1, 3, 3])}) is None
    assert FAMILY.bound_value(instance, {**evidence, "groups": np.array([0, 1, 2])}) is None
    assert FAMILY.bound_value(instance, {**evidence, "groups": np.array([3, 1, 0, 2])}) is not None


@pytest.mark.parametrize(
    "broken",
    [
        {"star_duals": None},
        {"star_duals": np.array([-1.0])},
        {"star_duals": np.array([1e13])},
        {"stars": np.array([0, 1, 1])},
        {"stars": np.array([0, 1, 9])},
        {"star_indptr": np.array([0, 2])},
        {"star_centres": np.array([0])},
        {"star_centres": np.array([3])},
        {"star_centres": np.array([1.0])},
        {"star_centres": np.array([1, 1])},
    ],
)
def test_malformed_stars_prove_nothing(broken):
    instance = signed(4, 1, complete=True)
    evidence = {**cycles_evidence([], []), **stars_evidence([[0, 1, 2]], [1.0])}
    assert FAMILY.bound_value(instance, evidence) is not None
    assert FAMILY.bound_value(instance, {**evidence, **broken}) is None


def test_a_frustrated_triangle_costs_one():
    instance = SignedGraph.of(Graph.from_edges(3, [0, 1, 0], [1, 2, 2], None, [1, 1, -1]))
    evidence = cycles_evidence([[0, 1, 2]], [1.0])
    assert FAMILY.bound_value(instance, evidence) == 1 == optimum(instance)
    assert FAMILY.check_bound(instance, 1, evidence) is BoundCheck.RECOMPUTED
    assert FAMILY.check_bound(instance, 2, evidence) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"duals": np.array([-1.0])},
        {"duals": np.array([np.nan])},
        {"duals": np.array([np.inf])},
        {"cycles": np.array([0, 1, 9])},
        {"cycles": np.array([0, 0, 1])},
        {"cycles": np.array([0.0, 1.0, 2.0])},
        {"indptr": np.array([0, 2])},
        {"indptr": np.array([1, 3])},
        {"indptr": "no"},
    ],
)
def test_malformed_evidence_proves_nothing(broken):
    instance = signed(4, 1, complete=True)
    evidence = {**cycles_evidence([[0, 1, 2]], [1.0]), **broken}
    assert FAMILY.bound_value(instance, evidence) is None


def test_multipliers_of_fractional_weights_are_rounded_outward():
    weights = [0.1, 0.7, -0.3]
    instance = SignedGraph.of(Graph.from_edges(3, [0, 1, 0], [1, 2, 2], None, weights))
    bound = FAMILY.bound_value(instance, cycles_evidence([[0, 1, 2]], [0.1]))
    assert 0.0999 < bound <= 0.1 == pytest.approx(optimum(instance))
