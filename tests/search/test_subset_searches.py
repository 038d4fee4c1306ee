"""The two searches of the subset families, through the judge and against brute force."""

import threading
import time

import numpy as np
import pytest
from brute_force import SUBSETS, graph_optimum, random_graph, relabelled

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Parsed
from solverhub.core.result import BoundCheck, Limit, Reason, Termination
from solverhub.problems import families, judge
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.search.dominating_set_search import DominatingSetSearchSolver
from solverhub.search.vertex_cover_search import VertexCoverSearchSolver

KINDS = ("unit", "integer", "decimal", "real")
DOMINATING = "minimum-dominating-set"


def solve(name, graph, *, seed=0, warm_start=None, observe=lambda event: None, **budget):
    kind = DominatingSetSearchSolver if name == DOMINATING else VertexCoverSearchSolver
    given = {"time_s": 20, "threads": 1, **budget}
    return kind(families.get(name)).solve(
        graph, Budget.start(**given), seed=seed, warm_start=warm_start, observe=observe
    )


def judged(name, graph, **fields):
    result = solve(name, graph, **fields)
    checked = judge.verify(result, Parsed(families.get(name), graph))
    assert checked.verified
    assert checked.objective == result.objective
    return checked


@pytest.mark.parametrize("name", SUBSETS)
@pytest.mark.parametrize("kind", KINDS)
def test_brute_force_agrees(name, kind):
    rng = np.random.default_rng(KINDS.index(kind))
    sense = families.get(name).sense(None)
    for n in (0, 1, 2, 3, 5, 6, 8, 9, 11, 12):
        graph = random_graph(rng, n, vertex_weights=kind)
        result = judged(name, graph, iterations=500, deterministic=True)
        optimum = graph_optimum(name, graph)
        assert result.objective == pytest.approx(optimum, abs=1e-9)
        if result.bound is not None:
            assert sense.sign * (result.bound - optimum) <= 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBSETS)
def test_brute_force_agrees_at_fourteen(name):
    rng = np.random.default_rng(9)
    for kind in KINDS:
        for _ in range(3):
            graph = random_graph(rng, 14, vertex_weights=kind)
            result = judged(name, graph, iterations=2000, deterministic=True)
            assert result.objective == pytest.approx(graph_optimum(name, graph), abs=1e-9)


@pytest.mark.parametrize("name", SUBSETS)
def test_plain_shapes(name):
    complete = Graph.from_edges(6, *np.triu_indices(6, 1))
    apart = Graph.from_edges(5, [], [])
    pieces = Graph.from_edges(9, [0, 1, 2, 5, 5, 5], [1, 2, 0, 6, 7, 8])
    for graph in (complete, apart, pieces):
        result = judged(name, graph, iterations=300)
        assert result.objective == graph_optimum(name, graph)


@pytest.mark.parametrize("name", SUBSETS)
def test_negative_and_huge_weights_are_kept_exactly(name):
    rng = np.random.default_rng(5)
    for _ in range(4):
        weights = rng.integers(-(2**60), 2**60, 9)
        graph = Graph(9, random_graph(rng, 9).edge_index, weights)
        result = judged(name, graph, iterations=500)
        assert isinstance(result.objective, int)
        assert result.objective == pytest.approx(graph_optimum(name, graph), rel=1e-9)


@pytest.mark.parametrize("name", SUBSETS)
def test_labels_do_not_matter(name):
    rng = np.random.default_rng(3)
    graph = random_graph(rng, 12, vertex_weights="integer")
    other, _ = relabelled(rng, graph)
    first, second = (judged(name, one, iterations=800) for one in (graph, other))
    assert first.objective == second.objective


@pytest.mark.parametrize("name", SUBSETS)
def test_equal_seeds_give_equal_runs(name):
    graph = generate("er", 2, problem=name, n=150, p=0.1).instance
    runs = [solve(name, graph, seed=4, iterations=3000, deterministic=True) for _ in range(2)]
    assert np.array_equal(runs[0].solution, runs[1].solution)
    assert [p.objective for p in runs[0].trace] == [p.objective for p in runs[1].trace]


@pytest.mark.parametrize("name", SUBSETS)
def test_threads_cancel_and_deadline(name):
    graph = generate("er", 3, problem=name, n=400, p=0.15).instance
    flag = threading.Event()
    timer = threading.Timer(0.4, flag.set)
    timer.start()
    started = time.monotonic()
    result = judged(name, graph, threads=2, time_s=60, cancel=flag)
    assert time.monotonic() - started < 10
    timer.cancel()
    if result.termination.reason is Reason.FEASIBLE:
        assert result.termination.limit is Limit.CANCELLED
    nothing = solve(name, graph, time_s=0)
    assert nothing.termination.reason is Reason.NO_SOLUTION


@pytest.mark.parametrize("name", SUBSETS)
def test_warm_starts_and_solutions_of_others(name):
    graph = generate("er", 4, problem=name, n=60, p=0.15).instance
    problem = families.get(name)
    best = judged(name, graph, iterations=20_000).solution
    again = judged(name, graph, iterations=1, warm_start=best)
    assert again.objective == problem.objective(graph, best)
    told = [
        Event(EventKind.INCUMBENT, 0.0, objective=0, solution=np.ones(60, bool)),
        Event(EventKind.INCUMBENT, 0.0, objective=0, solution=best),
    ]

    def incoming():
        found, told[:] = list(told), []
        return found

    budget = Budget.start(20, threads=1, iterations=20).replace(incoming=incoming)
    kind = DominatingSetSearchSolver if name == DOMINATING else VertexCoverSearchSolver
    helped = kind(problem).solve(graph, budget, seed=1)
    assert problem.violations(graph, helped.solution) == []
    assert not problem.sense(graph).better(again.objective, helped.objective)
    with pytest.raises(InvalidSolution, match="warm start"):
        solve(name, graph, warm_start=np.ones(59, bool))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["maximum-independent-set", DOMINATING])
def test_patience_ends_the_search(name, threads):
    graph = generate("er", 4, problem=name, n=300, p=0.1).instance
    kind = DominatingSetSearchSolver if name == DOMINATING else VertexCoverSearchSolver
    params = kind.Params.from_mapping({"patience_s": "0.3"})
    started = time.monotonic()
    budget = Budget.start(120, threads=threads)
    result = kind(families.get(name)).solve(graph, budget, params=params, seed=0)
    assert time.monotonic() - started < 60
    assert result.termination == Termination(Reason.FEASIBLE, None)
    with pytest.raises(InvalidParams, match="patience_s"):
        kind.Params(patience_s=0)


def test_bounds_are_rechecked_by_the_judge():
    planted = generate("rb-small", 3, problem="maximum-independent-set").instance
    for name in SUBSETS:
        result = judged(name, planted, iterations=2000)
        if result.termination.reason is Reason.FEASIBLE:
            assert result.bound_check is BoundCheck.RECOMPUTED


def test_small_reference_values():
    expected = {0: 23, 1: 23, 2: 21, 3: 19}
    for seed, best in expected.items():
        graph = generate("rb-small", seed, problem="maximum-independent-set").instance
        found = judged("maximum-independent-set", graph, target=best)
        assert found.objective == best


def test_a_huge_sparse_graph_never_builds_its_complement(monkeypatch):
    graph = generate("ba", 1, problem="maximum-clique", n=30_000, m=3).instance

    def refuse(self):
        assert self.n < 10_000, "the complement of a huge graph was built"
        return complement(self)

    complement = Graph.complement
    monkeypatch.setattr(Graph, "complement", refuse)
    result = judged("maximum-clique", graph)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective >= 3
    for name in ("maximum-independent-set", "minimum-vertex-cover", DOMINATING):
        judged(name, graph, time_s=1)


def test_trees_are_solved_by_reductions_alone():
    rng = np.random.default_rng(2)
    n = 400
    graph = Graph.from_edges(n, np.arange(1, n), [int(rng.integers(0, v)) for v in range(1, n)])
    for name in SUBSETS:
        assert judged(name, graph, time_s=10).termination.reason is Reason.OPTIMAL
