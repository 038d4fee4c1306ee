"""Packings of conflicts: bounds below the optimum, proofs that the judge recomputes."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck
from solverhub.core.solver import Params
from solverhub.exact.conflict_packing import ConflictPacking
from solverhub.exact.conflict_program import ConflictProgram
from solverhub.exact.conflict_rounding import rounded
from solverhub.exact.cycle_packing import CyclePackingSolver
from solverhub.exact.cycle_relaxation import CycleRelaxation
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from solverhub.search.clustering_form import Form
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")


def solve(instance, time_s=20, **budget):
    start = Budget.start(time_s, **{"threads": 1, "deterministic": True, **budget})
    return CyclePackingSolver(FAMILY).solve(instance, start, params=Params(), seed=0)


def packed(instance, most=300):
    packing = ConflictPacking(instance, 0)
    while not packing.done and most > 0:
        packing.round()
        most -= 1
    return packing


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_bounds_hold_and_are_recomputed(complete, seed):
    instance = signed(8, seed, complete=complete, density=0.5)
    best = optimum(instance)
    packing = packed(instance)
    assert 0 <= packing.bound <= best + 1e-6
    judged = FAMILY.bound_value(instance, packing.evidence)
    assert packing.bound - 1e-3 <= judged <= best
    result = solve(instance, 1)
    assert result.objective == best
    assert FAMILY.check_bound(instance, result.bound, result.evidence) is BoundCheck.RECOMPUTED


@pytest.mark.parametrize("seed", range(3))
def test_cycles_alone_come_to_the_value_of_the_relaxation(seed):
    """In a sparse instance without stars both are the same linear program."""
    parsed = generate("er", seed, problem="correlation-clustering", n=40, p=0.12, signed=True)
    relaxation = CycleRelaxation(parsed.instance, 0, stars=False)
    while relaxation.separate(10_000):
        assert relaxation.solve(np.inf)
    value = float(relaxation.program.cost @ relaxation.program.x)
    assert packed(parsed.instance).bound >= value - 2e-3 * value


def test_a_star_is_bounded_by_all_its_leaves_but_one():
    star = Graph.from_edges(9, np.zeros(8, np.int64), np.arange(1, 9))
    instance = SignedGraph.of(star, True)
    packing = packed(instance)
    assert packing.bound == pytest.approx(7, abs=1e-3)
    assert FAMILY.bound_value(instance, packing.evidence) == 7
    assert solve(instance).termination.reason == "optimal"


def test_twins_are_packed_as_one_and_the_judge_agrees():
    rng = np.random.default_rng(3)
    blocks = np.repeat(np.arange(12), rng.integers(1, 6, 12))
    u, v = np.triu_indices(blocks.size, 1)
    near = rng.random((12, 12)) < 0.3
    near = near | near.T | np.eye(12, dtype=bool)
    kept = near[blocks[u], blocks[v]]
    instance = SignedGraph.of(Graph.from_edges(blocks.size, u[kept], v[kept]), True)
    program = ConflictProgram(instance, 0)
    assert program.n <= 12 < instance.n
    packing = packed(instance)
    assert "groups" in packing.evidence
    judged = FAMILY.bound_value(instance, packing.evidence)
    assert packing.bound - 1e-2 <= judged <= solve(instance, 2).objective


@pytest.mark.parametrize("complete", [False, True])
def test_the_bound_only_rises_and_relabelling_leaves_it(complete):
    parsed = generate("er", 5, problem="correlation-clustering", n=60, p=0.15, signed=not complete)
    graph = parsed.instance.graph
    place = np.random.default_rng(1).permutation(graph.n)
    u, v = place[graph.edge_index]
    other = SignedGraph.of(Graph.from_edges(graph.n, u, v, None, graph.edge_weights))
    first, second = packed(parsed.instance, 400), packed(other, 400)
    assert first.bound == pytest.approx(second.bound, rel=0.02)
    for instance, packing in ((parsed.instance, first), (other, second)):
        assert FAMILY.bound_value(instance, packing.evidence) >= packing.bound - 1e-2


@pytest.mark.parametrize("signs", [{}, {"signed": True}])
def test_roundings_are_clusterings(signs):
    parsed = generate("er", 2, problem="correlation-clustering", n=50, p=0.2, **signs)
    packing = packed(parsed.instance, 20)
    rng = np.random.default_rng(0)
    found = list(rounded(packing.program, Form.of(parsed.instance), rng))
    assert len(found) == 4
    for labels in found:
        assert FAMILY.objective(parsed.instance, labels) >= packing.bound - 1e-6


@pytest.mark.parametrize(
    "instance",
    [
        SignedGraph.of(Graph.from_edges(0, [], [])),
        SignedGraph.of(Graph.from_edges(1, [], []), True),
        SignedGraph.of(Graph.from_edges(4, [], []), True),
        SignedGraph.of(Graph.from_edges(3, [0, 0, 1], [1, 2, 2]), True),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [-1, -2])),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [1, 2]), False),
        SignedGraph.of(Graph.from_edges(3, [0, 1], [1, 2], None, [0, 0]), False),
    ],
)
def test_what_costs_nothing_is_proved_at_once(instance):
    result = solve(instance)
    assert (result.objective, result.bound) == (0, 0)
    assert result.termination.reason == "optimal"


def test_equal_seeds_give_equal_answers():
    parsed = generate("er", 7, problem="correlation-clustering", n=80, p=0.2, signed=True)
    first, second = (solve(parsed.instance, iterations=12) for _ in range(2))
    assert (first.solution == second.solution).all()
    assert first.bound == second.bound


def test_fractional_weights_of_any_scale_are_bounded_below():
    for scale in (1e-3, 0.37, 1e4):
        instance = signed(8, 11, density=0.8)
        graph = instance.graph
        weights = graph.edge_weights * scale
        scaled = SignedGraph.of(Graph(graph.n, graph.edge_index, None, weights), False)
        packing = packed(scaled)
        judged = FAMILY.bound_value(scaled, packing.evidence)
        assert 0.95 * packing.bound <= judged <= optimum(scaled) + 1e-9
