"""Search for maximum cuts against brute force, the judge and its own recomputation."""

import itertools

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidSolution
from solverhub.core.problem import INTERNAL, Parsed
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.problems.generators.graph import er
from solverhub.problems.graph import Graph
from solverhub.problems.judge import verify
from solverhub.problems.max_cut import MaxCut
from solverhub.search import max_cut_share
from solverhub.search.max_cut_graph import cut_graph
from solverhub.search.max_cut_kernels import (
    anneal,
    cut_value,
    descend,
    fill_gains,
    log_table,
    randomise,
)
from solverhub.search.max_cut_lanes import (
    LANES,
    anneal_lanes,
    finish,
    lane_table,
    randomise_lanes,
)
from solverhub.search.max_cut_search import MaxCutSearchSolver

KINDS = ("unit", "signs", "fractions", "huge")


def random_graph(n, p, seed, kind="unit"):
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < p
    weights = {
        "unit": lambda k: np.ones(k, np.int64),
        "signs": lambda k: rng.choice([-3, -1, 1, 2], k),
        "fractions": lambda k: rng.normal(size=k),
        "huge": lambda k: rng.integers(-(2**57), 2**57, k),
    }[kind](int(kept.sum()))
    return Graph.from_edges(n, u[kept], v[kept], edge_weights=weights)


def brute_force(graph):
    u, v = graph.edge_index
    sides = (np.arange(2 ** max(0, graph.n - 1))[:, None] >> np.arange(graph.n)) & 1
    values = (sides[:, u] != sides[:, v]) @ graph.weights_of_edges
    return values.max()


def solve(graph, time_s=60, **budget):
    solver = MaxCutSearchSolver(MaxCut())
    given = {"threads": 1, **budget}
    return solver.solve(graph, Budget.start(time_s, **given), params=solver.Params(), seed=3)


def judged(graph, result):
    return verify(result, Parsed(MaxCut(), graph, INTERNAL, "test"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("enumerated", [0, 16])
def test_small_graphs_are_solved(kind, seed, enumerated, monkeypatch):
    monkeypatch.setattr(max_cut_share, "ENUMERATED", enumerated)
    graph = random_graph(12, (0.2, 0.4, 0.7, 1.0)[seed], seed, kind)
    result = judged(graph, solve(graph, iterations=500))
    assert result.verified
    assert result.objective == pytest.approx(brute_force(graph), rel=1e-12)
    if enumerated:
        assert result.termination.reason is Reason.OPTIMAL
    elif result.termination.reason is Reason.FEASIBLE:
        assert result.bound_check is BoundCheck.RECOMPUTED


@pytest.mark.parametrize("kind", KINDS)
def test_gains_are_what_recomputing_gives(kind):
    graph = cut_graph(random_graph(40, 0.3, 1, kind))
    state = np.array([77], np.uint64)
    side = np.empty(graph.n, np.int8)
    randomise(side, state)
    gain, fresh = (np.empty(graph.n, graph.weights.dtype) for _ in range(2))
    fill_gains(*graph.rows, side, gain)
    hot = graph.scale
    anneal(*graph.rows, side, gain, state, log_table(), hot, hot / 2, 0, 400, 10)
    fill_gains(*graph.rows, side, fresh)
    assert gain == pytest.approx(fresh, rel=1e-9, abs=1e-9)
    descend(*graph.rows, side, gain)
    fill_gains(*graph.rows, side, fresh)
    assert (fresh <= 1e-9 * graph.scale).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_of_the_contracted_graph_is_what_turning_gains(kind):
    graph = random_graph(60, 0.08, 5, kind)
    rng = np.random.default_rng(0)
    sides = rng.integers(0, 2, (2, graph.n)).astype(np.int8)
    sides[1, :40] = sides[0, :40]
    small, label = cut_graph(graph).contracted(sides)
    assert small.n < graph.n
    turned = rng.integers(0, 2, small.n).astype(np.int8)
    problem = MaxCut()
    gained = problem.objective(graph, sides[0] ^ turned[label]) - problem.objective(graph, sides[0])
    rows = np.repeat(np.arange(small.n), np.diff(small.indptr))
    cut = turned[rows] != turned[small.indices]
    assert small.weights[cut].sum() / 2 == pytest.approx(float(gained), rel=1e-9, abs=1e-9)
    back = np.unique(np.stack([label, sides[0] ^ sides[1]]), axis=1)
    assert back.shape[1] == small.n, "the other cut is a cut of the small graph"


@pytest.mark.parametrize("kind", KINDS)
def test_lanes_anneal_as_single_cuts_do(kind):
    """No lane falls behind: all are near what runs of one cut reach."""
    graph = cut_graph(random_graph(60, 0.2, 3, kind))
    state, sweeps = np.array([9], np.uint64), 64
    sides = np.empty((graph.n, LANES), np.float32)
    randomise_lanes(sides, state)
    assert len({lane.tobytes() for lane in sides.T}) == LANES
    weights = (graph.weights / graph.scale).astype(np.float32)
    logs = lane_table(np.random.default_rng(0))
    rows = graph.indptr, graph.indices, weights
    anneal_lanes(*rows, sides, logs, state, 0.3, 0.05, 0, 1000, sweeps)
    anneal_lanes(*rows, sides, logs, state, 0.3, 0.05, 1000, sweeps * graph.n, sweeps)
    side, single = np.empty(graph.n, np.int8), []
    lanes = [float(finish(*graph.rows, sides, lane, side)) for lane in range(LANES)]
    for _ in range(LANES):
        randomise(side, state)
        gain = np.empty(graph.n, graph.weights.dtype)
        fill_gains(*graph.rows, side, gain)
        hot = 0.3 * graph.scale
        last = sweeps * graph.n
        anneal(*graph.rows, side, gain, state, log_table(), hot, hot / 6, 0, last, sweeps)
        descend(*graph.rows, side, gain)
        single.append(float(cut_value(*graph.rows, side)))
    assert max(lanes) == pytest.approx(max(single), rel=0.01)
    assert np.mean(lanes) == pytest.approx(np.mean(single), rel=0.02)


def test_sparse_graphs_are_proved_by_reductions():
    graph = er(3000, degree=1.2, seed=1)
    result = judged(graph, solve(graph))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == result.bound


def test_slices_do_not_change_a_run():
    graph = cut_graph(random_graph(50, 0.2, 2))
    results = []
    for cuts in ((0, 1000), (0, 1, 49, 50, 377, 1000)):
        state = np.array([5], np.uint64)
        side = np.empty(graph.n, np.int8)
        randomise(side, state)
        gain = np.empty(graph.n, graph.weights.dtype)
        fill_gains(*graph.rows, side, gain)
        for first, last in itertools.pairwise(cuts):
            anneal(*graph.rows, side, gain, state, log_table(), 2.0, 0.1, first, last, 20)
        results.append(side)
    assert np.array_equal(*results)


def test_relabelled_graphs_have_equally_good_cuts():
    graph = random_graph(30, 0.3, 4, "signs")
    order = np.random.default_rng(1).permutation(graph.n)
    u, v = order[graph.edge_index]
    again = Graph.from_edges(graph.n, u, v, edge_weights=graph.edge_weights)
    first, second = solve(graph, iterations=20_000), solve(again, iterations=20_000)
    assert first.objective == second.objective


def test_a_bipartite_graph_is_proved_at_once():
    u, v = np.nonzero(np.random.default_rng(0).random((40, 30)) < 0.2)
    graph = Graph.from_edges(70, u, v + 40)
    result = judged(graph, solve(graph))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == result.bound == graph.n_edges
    assert result.bound_check is BoundCheck.RECOMPUTED


def test_a_balanced_signed_graph_is_proved_at_once():
    graph = random_graph(50, 0.3, 7)
    side = np.random.default_rng(2).integers(0, 2, graph.n)
    u, v = graph.edge_index
    weights = np.where(side[u] != side[v], 2.5, -1.25)
    signed = Graph.from_edges(graph.n, u, v, edge_weights=weights)
    result = judged(signed, solve(signed))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == pytest.approx(weights[weights > 0].sum())


@pytest.mark.parametrize("n", [0, 1, 5])
def test_graphs_without_edges(n):
    graph = Graph.from_edges(n, [], [])
    result = judged(graph, solve(graph))
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == 0


def test_components_and_isolated_vertices():
    triangles = [(3 * i + a, 3 * i + b) for i in range(5) for a, b in ((0, 1), (1, 2), (0, 2))]
    graph = Graph.from_edges(20, *np.array(triangles).T)
    assert solve(graph, iterations=2000).objective == 10


def test_sums_beyond_int64_are_searched_in_floats_and_judged_exactly():
    n, heavy = 12, 2**62
    u, v = np.triu_indices(n, 1)
    graph = Graph.from_edges(n, u, v, edge_weights=np.full(u.size, heavy))
    assert cut_graph(graph).weights.dtype == np.float64
    result = judged(graph, solve(graph, iterations=500))
    assert result.objective == 36 * heavy
    assert isinstance(result.objective, int)


def test_types_are_as_small_as_sums_allow():
    for weight, kind in ((1, np.int32), (2**31, np.int64), (0.5, np.float64)):
        graph = Graph.from_edges(3, [0, 1], [1, 2], edge_weights=[weight, weight])
        assert cut_graph(graph).weights.dtype == kind


def test_equal_seeds_and_iterations_give_equal_answers():
    graph = random_graph(120, 0.1, 9)
    first, second = (solve(graph, iterations=3000) for _ in range(2))
    assert np.array_equal(first.solution, second.solution)
    assert first.deterministic
    assert first.termination.limit is Limit.ITERATIONS


def test_threads_share_the_best():
    graph = random_graph(200, 0.1, 11)
    result = judged(graph, solve(graph, 0.5, threads=2))
    assert result.verified
    assert not result.deterministic
    assert result.termination.limit is Limit.TIME


def test_a_target_ends_the_solve():
    graph = random_graph(60, 0.2, 3)
    result = solve(graph, target=1)
    assert result.termination.limit is Limit.TARGET


def test_a_warm_start_of_the_wrong_form_is_refused():
    solver = MaxCutSearchSolver(MaxCut())
    with pytest.raises(InvalidSolution):
        solver.solve(
            random_graph(5, 1.0, 0),
            Budget.start(1, threads=1),
            params=solver.Params(),
            seed=0,
            warm_start=np.full(5, 2, np.int8),
        )
