import threading
import time

import numpy as np
import pytest
from brute_force import GRAPH_FAMILIES, graph_optimum, random_graph, relabelled

from solverhub.core.budget import Budget
from solverhub.core.events import Event, EventKind
from solverhub.core.problem import Parsed
from solverhub.core.result import Limit, Reason
from solverhub.exact.graph_start import graph_start
from solverhub.exact.reduced import ReducedHighsSolver, ReducedScipSolver
from solverhub.problems import families, judge
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph

pytest.importorskip("pyscipopt", reason="needs the extra scip")

SOLVERS = [ReducedHighsSolver, ReducedScipSolver]


@pytest.fixture(params=SOLVERS, ids=lambda solver: solver.name)
def solver(request):
    return request.param


def solve(solver, name, graph, *, params=None, seed=0, warm_start=None, **budget):
    incoming = budget.pop("incoming", None)
    observe = budget.pop("observe", lambda event: None)
    budget = Budget.start(**{"time_s": 30, "threads": 1, **budget})
    if incoming is not None:
        budget = budget.replace(incoming=incoming)
    return solver(families.get(name)).solve(
        graph,
        budget,
        params=params or solver.Params(),
        seed=seed,
        warm_start=warm_start,
        observe=observe,
    )


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
def test_brute_force_agrees(solver, name, kind):
    rng = np.random.default_rng(8)
    problem = families.get(name)
    for n in (1, 4, 8):
        graph = random_graph(rng, n, vertex_weights=kind, edge_weights=kind)
        result = solve(solver, name, graph)
        assert problem.violations(graph, result.solution) == []
        assert result.objective == problem.objective(graph, result.solution)
        assert result.objective == pytest.approx(graph_optimum(name, graph))
        checked = judge.verify(result, Parsed(problem, graph))
        assert checked.termination.reason is Reason.OPTIMAL


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_graphs_without_edges_or_vertices(solver, name):
    for n in (0, 3):
        graph = Graph.from_edges(n, [], [])
        result = solve(solver, name, graph)
        assert result.objective == graph_optimum(name, graph)
        assert result.termination.reason is Reason.OPTIMAL


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_labels_do_not_matter(solver, name):
    rng = np.random.default_rng(9)
    graph = random_graph(rng, 12, vertex_weights="integer")
    other, _ = relabelled(rng, graph)
    assert solve(solver, name, graph).objective == solve(solver, name, other).objective


def test_the_sparse_form_of_clique(solver, monkeypatch):
    monkeypatch.setattr("solverhub.reductions.subset_rows.MOST_ABSENT", -1)
    rng = np.random.default_rng(10)
    for _ in range(3):
        graph = random_graph(rng, 9, vertex_weights="integer")
        result = solve(solver, "maximum-clique", graph)
        assert result.objective == graph_optimum("maximum-clique", graph)
        assert result.termination.reason is Reason.OPTIMAL


def test_events_speak_of_the_graph(solver):
    events = []
    graph = generate("rb-small", 1, problem="minimum-vertex-cover").instance
    problem = families.get("minimum-vertex-cover")
    result = solve(solver, problem.name, graph, observe=events.append, time_s=5)
    found = [event for event in events if event.kind is EventKind.INCUMBENT]
    assert found
    for event in found:
        assert problem.violations(graph, event.solution) == []
        assert problem.objective(graph, event.solution) == event.objective
    assert found[-1].objective == result.objective
    bounds = [event.bound for event in events if event.kind is EventKind.BOUND]
    assert bounds
    assert max(bounds) <= result.objective + 1e-6


def test_no_time_cancel_and_target(solver):
    name = "max-cut"
    graph = generate("ba", 1, problem=name, n=150, m=4).instance
    start = graph_start(name, graph)
    none = solve(solver, name, graph, time_s=0, warm_start=start)
    assert none.termination.limit is Limit.TIME
    assert np.array_equal(none.solution, start)
    flag = threading.Event()
    timer = threading.Timer(0.5, flag.set)
    timer.start()
    started = time.monotonic()
    assert solve(solver, name, graph, time_s=60, cancel=flag).solution is not None
    assert time.monotonic() - started < 20
    timer.cancel()
    aimed = solve(solver, name, graph, target=families.get(name).objective(graph, start))
    assert aimed.termination.limit is Limit.TARGET


def test_incumbents_of_others_are_lowered(solver):
    name = "maximum-independent-set"
    problem = families.get(name)
    graph = generate("rb-small", 3, problem=name).instance
    best = solve(solver, name, graph, time_s=20)
    bad = np.ones(graph.n, bool)
    pending = [
        Event(EventKind.INCUMBENT, 0.0, objective=graph.n, solution=bad),
        Event(EventKind.INCUMBENT, 0.0, objective=best.objective, solution=best.solution),
        Event(EventKind.BOUND, 0.0, bound=graph.n),
    ]

    def incoming():
        return [pending.pop()] if pending else []

    result = solve(
        solver, name, graph, time_s=20, incoming=incoming, warm_start=np.zeros(graph.n, bool)
    )
    assert not pending
    assert result.objective == best.objective
    assert problem.violations(graph, result.solution) == []


def test_pool_log_and_engine(solver):
    cycle = np.arange(7)
    graph = Graph.from_edges(7, cycle, (cycle + 1) % 7)
    problem = families.get("maximum-independent-set")
    result = solve(solver, problem.name, graph, params=solver.Params(pool=3, log=True), target=None)
    assert result.objective == 3
    points = [result.solution, *result.pool]
    assert len({point.tobytes() for point in points}) == len(points)
    assert all(problem.violations(graph, point) == [] for point in points)
    assert solver.name in result.engines
