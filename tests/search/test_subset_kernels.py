"""The states of the searches stay what their definitions say, move after move."""

import numpy as np
import pytest

from solverhub.problems.generators import generate
from solverhub.reductions.kernel_dominating_set import dominating_set_kernel
from solverhub.search import dominating_set_state, dominating_set_weighting
from solverhub.search.clique_branching import degeneracy_order
from solverhub.search.dominating_set_packing import greedy_packing
from solverhub.search.independent_set_annealing import ALWAYS, INSIDE, chances
from solverhub.search.independent_set_bounds import clique_cover_labels, colour_labels
from solverhub.search.independent_set_chain import AnnealingChain, Cooling, Cycle, SwapChain
from solverhub.search.independent_set_start import degree_independent, quick_independent
from solverhub.search.independent_set_swaps import BEST_WEIGHT, WEIGHT
from solverhub.search.subset_random import below, random_state, unit
from solverhub.search.vertex_cover_chain import CoverChain
from solverhub.search.vertex_cover_state import OPEN, SIZE


def graph_of(seed, weights=None, **sizes):
    graph = generate("er", seed, problem="maximum-independent-set", **sizes).instance
    if weights is None:
        return graph
    rng = np.random.default_rng(seed)
    return type(graph)(graph.n, graph.edge_index, rng.integers(1, weights, graph.n))


@pytest.mark.parametrize("weights", [None, 20])
def test_scores_of_the_cover_search(weights):
    graph = graph_of(1, weights, n=80, p=0.15)
    cost = graph.vertex_weights.astype(float)
    chain = CoverChain(graph, cost, quick_independent(graph, cost), 3)
    for _ in range(20):
        chain.run(50)
        s = chain.state
        score = np.zeros(graph.n, np.int64)
        u, v = graph.edge_index
        for a, b, w in zip(u, v, s.weight, strict=True):
            if s.inside[a] and s.inside[b]:
                continue
            for x, other in ((a, b), (b, a)):
                if s.inside[x]:
                    score[x] -= w
                elif not s.inside[other]:
                    score[x] += w
        assert np.array_equal(score, s.score)
        assert s.counts[SIZE] == s.inside.sum()
        assert s.counts[OPEN] == (~(s.inside[u] | s.inside[v])).sum()
        assert (s.best[u] | s.best[v]).all()
        assert (s.weight >= 1).all()


@pytest.mark.parametrize("weights", [None, 20])
def test_scores_of_the_row_search(weights):
    graph = graph_of(2, weights, n=60, p=0.08)
    kernel = dominating_set_kernel(graph)
    s = dominating_set_state.row_state(kernel.rows, kernel.cols, kernel.cost, random_state(1))
    dominating_set_weighting.cover_greedily(s)
    dominating_set_state.keep_best(s)
    for _ in range(20):
        dominating_set_weighting.search(s, 20)
        score = np.zeros(kernel.vertices.size, np.int64)
        for r in range(kernel.rows[0].size - 1):
            columns = s.row_cols[s.row_ptr[r] : s.row_ptr[r + 1]]
            within = columns[s.inside[columns]]
            assert s.times[r] == within.size
            if within.size == 0:
                score[columns] += s.weight[r]
            elif within.size == 1:
                score[within[0]] -= s.weight[r]
        assert np.array_equal(score, s.score)
        assert s.value[0] == kernel.cost[s.inside].sum()


@pytest.mark.parametrize("weights", [None, 20])
def test_tightness_of_the_swap_search(weights):
    graph = graph_of(4, weights, n=300, p=0.03)
    cost = graph.vertex_weights.astype(float)
    chain = SwapChain(graph, cost, quick_independent(graph, cost), 3)
    last, bore = 0.0, False
    for _ in range(60):
        chain.run(300)
        s = chain.state
        u, v = graph.edge_index
        assert not (s.inside[u] & s.inside[v]).any()
        assert not (s.best[u] & s.best[v]).any()
        tight = np.bincount(u, s.inside[v], graph.n) + np.bincount(v, s.inside[u], graph.n)
        assert np.array_equal(tight, s.tight)
        load = np.bincount(u, (s.inside * cost)[v], graph.n)
        load += np.bincount(v, (s.inside * cost)[u], graph.n)
        assert np.allclose(load, s.load)
        assert s.value[WEIGHT] == pytest.approx(cost[s.inside].sum())
        assert s.value[BEST_WEIGHT] == pytest.approx(cost[s.best].sum())
        assert s.value[BEST_WEIGHT] >= max(last, s.value[WEIGHT])
        bore |= bool(s.value[WEIGHT] < s.value[BEST_WEIGHT])
        last = s.value[BEST_WEIGHT]
    assert bore or weights is None


def test_tightness_of_annealing():
    graph = graph_of(4, n=300, p=0.03)
    chain = AnnealingChain(graph, quick_independent(graph, np.ones(graph.n)), 3)
    last, bore = 0, False
    for _ in range(60):
        improved = chain.run(100)
        s = chain.state
        u, v = graph.edge_index
        inside, best = s.tight >= INSIDE, chain.best()
        assert not (inside[u] & inside[v]).any()
        assert not (best[u] & best[v]).any()
        tight = np.bincount(u, inside[v], graph.n) + np.bincount(v, inside[u], graph.n)
        assert np.array_equal(tight[~inside], s.tight[~inside])
        assert (tight[~inside] > 0).all()
        assert best.sum() >= max(last, inside.sum())
        assert improved == (best.sum() > last)
        bore |= bool(inside.sum() < best.sum())
        last = best.sum()
    assert bore


def test_annealing_takes_losses_as_often_as_its_temperature_says():
    for temperature in (0.1, 0.3, 2.0):
        chance = chances(temperature) / ALWAYS
        loss = np.maximum(0, np.arange(chance.size) - 1)
        assert chance == pytest.approx(np.exp(-loss / temperature), abs=1 / ALWAYS)


@pytest.mark.parametrize("weights", [None, 20])
def test_cooling_searches_are_the_same_in_other_slices_and_adopt_what_is_better(weights):
    graph = graph_of(5, weights, n=300, p=0.03)
    cost = graph.vertex_weights.astype(float)
    start = np.zeros(graph.n, bool)

    def chain(seed):
        return (
            AnnealingChain(graph, start, seed)
            if weights is None
            else SwapChain(graph, cost, start, seed)
        )

    whole, sliced = chain(1), chain(1)
    whole.run(20_000)
    for steps in (1, 7, 992, 19_000):
        sliced.run(steps)
    assert np.array_equal(whole.best(), sliced.best())
    late = chain(2)
    late.adopt(whole.best())
    assert np.array_equal(late.best(), whole.best())
    late.adopt(start)
    late.run(100)
    assert cost[late.best()].sum() >= cost[whole.best()].sum()


def test_cycles_cool_geometrically_and_follow_one_another():
    cooling = Cooling(lambda i: Cycle(40 << i, 8.0 * (i + 1), 0.5), 10)
    seen = []
    for most in [3, 100, 100, 4] + [100] * 12:
        count, temperature = cooling.next(most)
        seen += [temperature] * count
    first = [8.0 * (0.5 / 8.0) ** (i / 4) for i in range(4)]
    assert seen[:40] == pytest.approx(np.repeat(first, 10))
    assert seen[40] == 16.0
    assert seen[119] == pytest.approx(16.0 * (0.5 / 16.0) ** (7 / 8))
    assert seen[120] == 24.0


def test_greedy_sets_are_independent_and_maximal():
    for seed in range(5):
        graph = graph_of(seed, n=100, p=0.05)
        for found in (quick_independent(graph, np.ones(graph.n)), degree_independent(graph)):
            u, v = graph.edge_index
            assert not (found[u] & found[v]).any()
            near = np.bincount(u, found[v], graph.n) + np.bincount(v, found[u], graph.n)
            assert ((near > 0) | found).all()


def test_covers_colours_and_packings_are_what_they_say():
    graph = graph_of(6, n=80, p=0.2)
    u, v = graph.edge_index
    labels, colours = clique_cover_labels(graph), colour_labels(graph)
    edges = set(zip(u.tolist(), v.tolist(), strict=True))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        assert all((a, b) in edges for a in members for b in members if a < b)
    assert (colours[u] != colours[v]).all()
    _, width = degeneracy_order(graph.indptr, graph.indices)
    assert colours.max() <= width
    packed = greedy_packing(graph)
    reached = np.zeros(graph.n, int)
    for x in packed:
        reached[x] += 1
        reached[graph.neighbours(x)] += 1
    assert reached.max() == 1


def test_random_numbers_fill_their_range_and_repeat():
    state = random_state(1, 2)
    drawn = [below(state, 7) for _ in range(2000)]
    assert set(drawn) == set(range(7))
    assert all(0 <= unit(state) < 1 for _ in range(100))
    again = random_state(1, 2)
    assert [below(again, 7) for _ in range(2000)] == drawn
