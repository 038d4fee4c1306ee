"""Min-max correlation clustering: the objective by its definition, refutations against brute
force, malformed evidence."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.result import BoundCheck
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.problems.min_max_bound import Core, scaled
from solverhub.problems.signed_graph import SignedGraph
from tests.problems.test_correlation_clustering import partitions, signed

FAMILY = families.get("min-max-correlation-clustering")
NONE = np.zeros((0, 2), np.int64)


def worst(instance, labels):
    """By the definition, over all pairs of each vertex."""
    found = [0]
    for u in range(instance.n):
        others = np.delete(np.arange(instance.n), u)
        weights = instance.weights_of(np.full(others.size, u), others)
        broken = (weights > 0) != (labels[others] == labels[u])
        found.append(np.abs(weights[broken & (weights != 0)]).sum())
    return max(found)


def optimum(instance):
    return min(
        FAMILY.objective(instance, np.array(labels, np.int64)) for labels in partitions(instance.n)
    )


def fractional(n, seed):
    graph = signed(n, seed).graph
    weights = graph.weights_of_edges * np.random.default_rng(seed).uniform(0.1, 1, graph.n_edges)
    return SignedGraph.of(Graph(n, graph.edge_index, None, weights), False)


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_objective_is_the_largest_disagreement_at_a_vertex(complete, seed):
    instance = signed(9, seed, complete=complete)
    labels = np.random.default_rng(seed).integers(0, 4, 9)
    assert FAMILY.objective(instance, labels) == worst(instance, labels)
    assert FAMILY.objective(instance, 7 * (3 - labels) + 2) == worst(instance, labels)
    place = np.random.default_rng(seed + 1).permutation(9)
    u, v = place[instance.graph.edge_index]
    other = SignedGraph.of(
        Graph.from_edges(9, u, v, None, instance.graph.edge_weights), instance.complete
    )
    moved = np.empty_like(labels)
    moved[place] = labels
    assert FAMILY.objective(other, moved) == worst(instance, labels)


def test_fractional_and_huge_weights_are_summed_without_loss():
    graph = Graph.from_edges(4, [0, 0, 0], [1, 2, 3], None, [0.1, 0.2, 0.3])
    assert FAMILY.objective(SignedGraph.of(graph, False), np.arange(4)) == 0.6
    graph = Graph.from_edges(4, [0, 0, 0], [1, 2, 3], None, [2**62, 2**62, 2**62])
    assert FAMILY.objective(SignedGraph.of(graph, False), np.arange(4)) == 3 * 2**62


def refutes(instance, limit, vertices=None, pairs=NONE):
    vertices = np.arange(instance.n) if vertices is None else vertices
    evidence = {"limit": limit, "vertices": vertices, "pairs": pairs}
    return FAMILY.bound_value(instance, evidence)


@settings(max_examples=80)
@given(st.integers(0, 10_000), st.sampled_from(["sparse", "complete", "fractional"]))
def test_no_refutation_goes_beyond_the_optimum(seed, kind):
    rng = np.random.default_rng(seed)
    instance = (
        fractional(6, seed)
        if kind == "fractional"
        else signed(6, seed, complete=kind == "complete", density=rng.random())
    )
    best = optimum(instance)
    vertices = rng.permutation(6)[: rng.integers(2, 7)]
    shift = scaled(instance)[1]
    top = int(best * Fraction(2) ** shift) + 2
    for limit in {0, top // 3, top // 2, top - 3, top - 2, top - 1, top} - {-1, -2, -3}:
        pairs = rng.choice(vertices, (rng.integers(0, 3), 2))
        bound = refutes(instance, limit, vertices, pairs)
        assert bound is None or bound <= best


@pytest.mark.parametrize("seed", range(6))
def test_rules_that_decide_every_pair_refute_what_brute_force_refutes(seed):
    instance = signed(5, seed, complete=True, density=0.6)
    best = optimum(instance)
    core = Core.of(instance, np.arange(5))
    assert not core.refutes(best, NONE)
    if best > 0:
        assert core.refutes(0, NONE)


def test_a_star_of_positive_pairs_costs_half_its_rays():
    n = 9
    star = SignedGraph.of(Graph.from_edges(n, [0] * (n - 1), range(1, n)), True)
    evidence = {"limit": 1, "vertices": np.arange(n), "pairs": NONE}
    assert FAMILY.check_bound(star, 2, evidence) is BoundCheck.RECOMPUTED
    assert FAMILY.check_bound(star, 3, evidence) is None
    assert FAMILY.check_bound(star, 0, None) is BoundCheck.RECOMPUTED
    assert FAMILY.check_bound(star, 1, None) is None


def test_a_split_is_refuted_only_by_both_of_its_sides():
    path = SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2]), True)
    assert optimum(path) == 1
    assert refutes(path, 0) == 1
    assert refutes(path, 1) is None
    assert refutes(path, 1, pairs=np.array([[0, 1]])) is None
    assert refutes(path, 0, pairs=np.array([[0, 1]])) is None, "a split that is not needed"


@pytest.mark.parametrize(
    "broken",
    [
        {"limit": -1},
        {"limit": 0.5},
        {"limit": 2**60},
        {"vertices": np.array([0, 1, 9])},
        {"vertices": np.array([0, 0, 1])},
        {"vertices": np.array([0.0, 1.0])},
        {"vertices": np.zeros(0, np.int64)},
        {"pairs": np.array([[0, 1, 2]])},
        {"pairs": np.array([[0, 7]])},
        {"pairs": "no"},
    ],
)
def test_malformed_evidence_proves_nothing(broken):
    path = SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2]), True)
    evidence = {"limit": 0, "vertices": np.arange(3), "pairs": NONE, **broken}
    assert FAMILY.bound_value(path, evidence) is None


def test_the_digest_is_not_that_of_correlation_clustering():
    instance = signed(6, 1)
    plain = families.get("correlation-clustering")
    assert FAMILY.digest(instance) != plain.digest(instance)
    again = FAMILY.from_wire(FAMILY.to_wire(instance))
    assert FAMILY.digest(again.instance) == FAMILY.digest(instance)
