"""Cuts, baselines and the colour search against brute force and the judge."""

import itertools

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck
from solverhub.core.solver import Params
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.problems.generators import generate
from solverhub.search.coloured_form import Incidence
from solverhub.search.coloured_fusion import LEFT, RIGHT
from solverhub.search.coloured_kernels import matched, pitt
from solverhub.search.subset_random import random_state
from tests.problems.test_edge_coloured_clustering import FAMILY, hypergraph, optimum

BASELINES = ("majority-vote", "pitt-colouring", "match-colouring")


def solve(instance, name="colour-search", *, seed=0, iterations=60, warm_start=None, **budget):
    return catalog.solver(FAMILY.name, name).solve(
        instance,
        Budget.start(**{"threads": 1, "iterations": iterations, "deterministic": True, **budget}),
        params=Params(),
        seed=seed,
        warm_start=warm_start,
    )


def clashes(instance, chosen):
    """True if two chosen edges of different colours share a vertex."""
    bounds = instance.indptr
    members = [
        set(instance.vertices[bounds[e] : bounds[e + 1]].tolist()) for e in range(instance.m)
    ]
    pairs = itertools.combinations(np.flatnonzero(chosen), 2)
    return any(
        instance.colour[e] != instance.colour[f] and members[e] & members[f] for e, f in pairs
    )


def heaviest(instance, allowed):
    """Weight of the heaviest set without conflicts among allowed edges, by trying all."""
    edges = np.flatnonzero(allowed)
    best = 0.0
    for bits in itertools.product((False, True), repeat=edges.size):
        chosen = np.zeros(instance.m, bool)
        chosen[edges] = bits
        if not clashes(instance, chosen):
            best = max(best, float(instance.weights[chosen].sum()))
    return best


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("seed", range(5))
def test_expansion_and_fusion_are_the_best_of_their_sets(kind, seed):
    instance = hypergraph(7, 9, seed, kind=kind)
    incidence = Incidence.of(instance)
    order = np.random.default_rng(seed).permutation(7)
    first = pitt(*incidence.arrays, order, random_state(seed))
    second = matched(*incidence.arrays, order)
    for set_of in (first, second):
        assert not clashes(instance, set_of)
    fused = incidence.combined(first, second)
    assert not clashes(instance, fused)
    assert incidence.value(fused) == pytest.approx(heaviest(instance, first | second))
    for colour in range(3):
        grown = incidence.expanded(first, colour)
        assert not clashes(instance, grown)
        allowed = first | (instance.colour == colour)
        assert incidence.value(grown) == pytest.approx(heaviest(instance, allowed))


@pytest.mark.parametrize("seed", range(4))
def test_a_flow_equals_its_cut(seed):
    instance = hypergraph(40, 120, seed, colours=2, kind="integer")
    incidence = Incidence.of(instance)
    side = np.where(instance.colour == 0, LEFT, RIGHT).astype(np.int8)
    chosen, flow = incidence.fused(side)
    paid = np.bincount(instance.edge_of, flow, instance.m)
    assert (paid <= instance.weights + 1e-9).all()
    total = paid[instance.colour == 0].sum()
    assert total == pytest.approx(instance.weights.sum() - incidence.value(chosen))


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("n", [1, 3, 6])
@pytest.mark.parametrize("seed", range(3))
def test_small_instances_are_solved(kind, n, seed):
    instance = hypergraph(n, 12, seed, kind=kind)
    result = solve(instance)
    assert result.objective == pytest.approx(optimum(instance))
    assert FAMILY.objective(instance, result.solution) == result.objective


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("seed", range(4))
def test_two_colours_are_proved(kind, seed):
    instance = hypergraph(7, 12, seed, colours=2, kind=kind)
    result = solve(instance)
    assert result.termination.reason == "optimal"
    assert result.objective == pytest.approx(optimum(instance))
    slack = 1e-7 * max(1.0, abs(result.bound)) if kind == "real" else 0
    bound = result.bound - slack
    assert FAMILY.check_bound(instance, bound, result.evidence) is BoundCheck.RECOMPUTED


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("seed", range(6))
def test_baselines_keep_their_ratio(name, seed):
    instance = hypergraph(7, 12, seed, kind="integer")
    best = optimum(instance)
    ratio = {"majority-vote": 4, "match-colouring": 2}.get(name)
    found = [solve(instance, name, seed=s).objective for s in range(30)]
    if ratio is None:
        assert np.mean(found) <= 2 * best * 1.2
    else:
        assert max(found) <= ratio * best


def test_relabelling_the_vertices_changes_no_exact_value():
    instance = hypergraph(30, 60, 2, colours=2, kind="integer")
    place = np.random.default_rng(0).permutation(30)
    bounds = instance.indptr
    edges = [
        place[instance.vertices[bounds[e] : bounds[e + 1]]].tolist() for e in range(instance.m)
    ]
    other, _ = ColouredHypergraph.of(30, 2, edges, instance.colour.tolist(), instance.weights)
    assert solve(instance).objective == solve(other).objective


def test_instances_without_a_conflict_cost_nothing():
    for wire in (
        {"edges": []},
        {"edges": [], "n": 3},
        {"edges": [[[0], 7]]},
        {"edges": [[[0, 1], 0], [[1, 2], 0], [[3, 4], 1]]},
        {"edges": [[[0, 1], 0, 0], [[1, 2], 1, 0]]},
    ):
        for name in ("colour-search", *BASELINES):
            result = solve(FAMILY.from_wire(wire).instance, name)
            assert result.objective == 0
            assert result.termination.reason == "optimal"


def test_equal_seeds_give_equal_answers_and_warm_starts_are_kept():
    parsed = generate("planted-colours", 3, n=200, m=600, noise=0.5)
    first, second = solve(parsed.instance, seed=3), solve(parsed.instance, seed=3)
    assert (first.solution == second.solution).all()
    again = solve(parsed.instance, seed=9, iterations=1, warm_start=first.solution)
    assert again.objective <= first.objective
    voted = solve(parsed.instance, "majority-vote")
    assert first.objective < voted.objective
