import threading
import time

import numpy as np
import pytest
from brute_force import GRAPH_FAMILIES, graph_optimum, random_graph, relabelled

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, InvalidSolution
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Limit, Reason
from solverhub.exact.graph_cp_sat import GraphCpSatSolver
from solverhub.exact.graph_start import graph_start
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph

Params = GraphCpSatSolver.Params
KINDS = ("unit", "integer", "decimal", "real")


def solve(name, graph, *, params=Params(workers=1), seed=0, warm_start=None, **budget):  # noqa: B008
    problem = families.get(name)
    budget = Budget.start(**{"time_s": 30, "threads": 1, **budget})
    return GraphCpSatSolver(problem).solve(
        graph, budget, params=params, seed=seed, warm_start=warm_start
    )


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
def test_brute_force_agrees(name, kind):
    rng = np.random.default_rng(KINDS.index(kind))
    problem = families.get(name)
    for n in (1, 3, 6, 8):
        graph = random_graph(rng, n, vertex_weights=kind, edge_weights=kind)
        result = solve(name, graph)
        optimum = graph_optimum(name, graph)
        assert problem.violations(graph, result.solution) == []
        assert result.objective == problem.objective(graph, result.solution)
        assert result.objective == pytest.approx(optimum, abs=1e-9)
        assert result.bound == pytest.approx(optimum, abs=1e-9)
        if kind != "real":
            assert result.termination.reason is Reason.OPTIMAL
            assert result.termination.limit is None


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_the_empty_graph_and_one_without_edges(name):
    for n in (0, 4):
        graph = Graph.from_edges(n, [], [])
        result = solve(name, graph)
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == graph_optimum(name, graph)


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_labels_do_not_matter(name):
    rng = np.random.default_rng(3)
    graph = random_graph(rng, 14, vertex_weights="integer", edge_weights="unit")
    other, _ = relabelled(rng, graph)
    assert solve(name, graph).objective == solve(name, other).objective


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_the_start_is_feasible(name):
    rng = np.random.default_rng(4)
    problem = families.get(name)
    for n in (1, 2, 9, 30):
        for kind in KINDS:
            graph = random_graph(rng, n, vertex_weights=kind, edge_weights=kind)
            assert problem.violations(graph, graph_start(name, graph)) == []


def test_sparse_and_dense_forms_of_clique_agree(monkeypatch):
    rng = np.random.default_rng(5)
    graphs = [random_graph(rng, 9, vertex_weights="integer") for _ in range(4)]
    dense = [solve("maximum-clique", graph).objective for graph in graphs]
    monkeypatch.setattr("solverhub.reductions.subset_rows.MOST_ABSENT", -1)
    assert [solve("maximum-clique", graph).objective for graph in graphs] == dense


@pytest.mark.parametrize("name", GRAPH_FAMILIES)
def test_no_time_keeps_the_warm_start(name):
    graph = generate("er", 1, problem=name, n=30, p=0.2).instance
    start = graph_start(name, graph)
    result = solve(name, graph, time_s=0, warm_start=start)
    assert result.termination.reason is Reason.FEASIBLE
    assert result.termination.limit is Limit.TIME
    assert np.array_equal(result.solution, start)
    assert solve(name, graph, time_s=0).termination.reason is Reason.NO_SOLUTION


def test_a_warm_start_of_the_wrong_form_is_refused():
    graph = generate("er", 1, n=10, p=0.2).instance
    for start in (np.zeros(9, bool), np.zeros(10), [True] * 10):
        with pytest.raises(InvalidSolution, match="warm start"):
            solve("maximum-independent-set", graph, warm_start=start)


def test_an_infeasible_warm_start_is_no_incumbent():
    graph = generate("er", 1, n=12, p=0.5).instance
    result = solve("maximum-independent-set", graph, warm_start=np.ones(12, bool))
    assert result.objective == graph_optimum("maximum-independent-set", graph)


def test_the_target_ends_the_search():
    graph = generate("rb-large", 1, problem="maximum-independent-set").instance
    result = solve("maximum-independent-set", graph, params=Params(), target=10)
    assert result.objective >= 10
    assert result.termination.limit is Limit.TARGET


def test_cancel_and_what_it_leaves():
    graph = generate("ba-large", 1, problem="max-cut").instance
    flag = threading.Event()
    timer = threading.Timer(1.0, flag.set)
    timer.start()
    started = time.monotonic()
    result = solve("max-cut", graph, time_s=120, cancel=flag, params=Params(), threads=2)
    assert time.monotonic() - started < 20
    timer.cancel()
    assert result.termination.limit is Limit.CANCELLED
    assert families.get("max-cut").violations(graph, result.solution) == []


def test_equal_seeds_give_equal_runs():
    graph = generate("rb-small", 2, problem="maximum-independent-set").instance
    runs = [
        solve("maximum-independent-set", graph, seed=7, iterations=300, params=Params())
        for _ in range(2)
    ]
    assert runs[0].deterministic
    assert np.array_equal(runs[0].solution, runs[1].solution)
    assert [p.objective for p in runs[0].trace] == [p.objective for p in runs[1].trace]
    threads = solve("maximum-independent-set", graph, params=Params(), threads=2, iterations=100)
    assert not threads.deterministic


def test_the_pool_holds_distinct_optima():
    cycle = np.arange(6)
    graph = Graph.from_edges(6, cycle, (cycle + 1) % 6)
    problem = families.get("maximum-independent-set")
    result = solve("maximum-independent-set", graph, params=Params(workers=1, pool=5))
    assert result.objective == 3
    points = [result.solution, *result.pool]
    assert len({point.tobytes() for point in points}) == len(points) >= 2
    assert all(problem.violations(graph, point) == [] for point in points)
    values = [problem.objective(graph, point) for point in points]
    assert values[:2] == [3, 3]
    assert values == sorted(values, reverse=True)


def test_the_log_is_kept_only_on_request():
    graph = generate("er", 1, n=12, p=0.5).instance
    quiet = solve("maximum-clique", graph)
    loud = solve("maximum-clique", graph, params=Params(workers=1, log=True))
    assert quiet.log == ()
    assert any("CpSolverResponse" in line for line in loud.log)
    assert loud.engines["ortools"]


def test_native_parameters_pass_through():
    graph = generate("er", 1, n=12, p=0.5).instance
    loud = solve("maximum-clique", graph, params=Params(native={"log_search_progress": True}))
    assert loud.objective == solve("maximum-clique", graph).objective
    with pytest.raises(InvalidParams, match="no parameter 'nonsense'"):
        solve("maximum-clique", graph, params=Params(native={"nonsense": 1}))
    with pytest.raises(InvalidParams, match="refused its parameters"):
        solve("maximum-clique", graph, params=Params(native={"num_workers": -3}))


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"pool": -1}])
def test_parameters_out_of_range(wrong):
    with pytest.raises(InvalidParams):
        Params(**wrong)


def incoming_once(event, after):
    """Events of others: one, once `after` seconds have passed."""
    started, waiting = time.monotonic(), [event]

    def incoming():
        return [waiting.pop()] if waiting and time.monotonic() - started > after else []

    return incoming


def test_incumbents_of_others_are_adopted_and_checked():
    problem = families.get("maximum-independent-set")
    graph = generate("rb-large", 3, problem=problem.name).instance
    good = solve(problem.name, graph, params=Params(), threads=2, time_s=3).solution
    bad = np.ones(graph.n, bool)
    for offered, value in ((good, int(good.sum())), (bad, graph.n)):
        event = Event(EventKind.INCUMBENT, 0.0, objective=value, solution=offered)
        budget = Budget.start(0.5, threads=1).replace(incoming=incoming_once(event, 0.1))
        result = GraphCpSatSolver(problem).solve(graph, budget, params=Params(workers=1), seed=0)
        assert problem.violations(graph, result.solution) == []
        assert result.objective < graph.n
        if offered is good:
            assert result.objective >= value


def test_a_better_incumbent_restarts_the_search(monkeypatch):
    monkeypatch.setattr("solverhub.exact.cp_sat_drive.PATIENCE_S", 0.3)
    monkeypatch.setattr("solverhub.exact.cp_sat_drive.WORTH", 0.0)
    problem = families.get("maximum-independent-set")
    graph = generate("rb-large", 4, problem=problem.name).instance
    good = solve(problem.name, graph, params=Params(), threads=2, time_s=4).solution
    event = Event(EventKind.INCUMBENT, 0.0, objective=int(good.sum()), solution=good)
    budget = Budget.start(3, threads=1).replace(incoming=incoming_once(event, 0.5))
    result = GraphCpSatSolver(problem).solve(
        graph,
        budget,
        params=Params(workers=1, log=True),
        seed=0,
        warm_start=np.zeros(graph.n, bool),
    )
    assert result.objective >= good.sum()
    assert sum(line.startswith("Starting CP-SAT") for line in result.log) == 2
