"""The four decision processes: rules, masks, parents, residual graphs, against brute force."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from solverhub.learned import gflownet_rules as rules
from solverhub.learned.gflownet_residual import FEATURES, observe
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.problems import families
from solverhub.problems.generators.graph import ba, er
from solverhub.problems.graph import Graph

FAMILIES = sorted(rules.CODES)


def walk(problem, graphs, seed=0, copies=1):
    """Random walks to the end; the states after every step."""
    rng = np.random.default_rng(seed)
    states = States(rules.CODES[problem], Graphs.of(graphs), np.repeat(range(len(graphs)), copies))
    while (alive := np.flatnonzero(states.undecided() > 0)).size:
        yield states
        picks = [rng.choice(np.flatnonzero(states.status[w] == rules.UNDECIDED)) for w in alive]
        assert states.pick(alive, np.array(picks)).all()
    yield states


def solution_of(states, row):
    problem = {code: name for name, code in rules.CODES.items()}[states.code]
    dtype, _ = families.get(problem).solution_form(Graph.from_edges(0, [], []))
    return states.solution(row).astype(dtype)


def state_of(problem, graph, actions):
    """The state after these actions, or None if one was decided before its turn."""
    states = States(rules.CODES[problem], Graphs.of([graph]), np.zeros(1, np.int64))
    taken = states.pick(np.zeros(len(actions), np.int64), np.array(actions, np.int64))
    return states if taken.all() else None


@pytest.mark.parametrize("problem", FAMILIES)
def test_walks_end_in_feasible_solutions_with_their_reward(problem):
    graphs = [er(12, 0.3, seed=1), ba(15, 2, seed=2), er(6, 0.0, seed=3), er(5, 1.0, seed=4)]
    *_, states = walk(problem, graphs, copies=3)
    family = families.get(problem)
    for row, reward in enumerate(states.rewards()):
        graph, found = graphs[states.graph[row]], solution_of(states, row)
        assert family.violations(graph, found) == []
        sign = -1 if problem == "minimum-dominating-set" else 1
        assert sign * reward == family.objective(graph, found)


@pytest.mark.parametrize("problem", FAMILIES)
def test_the_reward_moves_by_the_gain_and_the_counts_stay_true(problem):
    graph = er(11, 0.35, seed=5)
    last = None
    for states in walk(problem, [graph], seed=1):
        status, near = states.status[0], states.near[0]
        inside = status == rules.IN
        if problem == "max-cut":
            assert near.tolist() == [int(inside[graph.neighbours(v)].sum()) for v in range(11)]
            lost = [2 * near[v] > graph.degrees[v] for v in range(11)]
            assert all(status[v] == rules.OUT for v in range(11) if lost[v] and not inside[v])
        if problem == "minimum-dominating-set":
            left = status != rules.OUT
            closed = [np.append(graph.neighbours(v), v) for v in range(11)]
            assert near.tolist() == [int(left[around].sum()) for around in closed]
            needed = {int(around[left[around]][0]) for around in closed if left[around].sum() == 1}
            assert set(np.flatnonzero(inside)) == needed
        reward = int(states.rewards()[0])
        assert last is None or problem == "max-cut" or reward == last + 1
        last = reward


@pytest.mark.parametrize("problem", FAMILIES)
@pytest.mark.parametrize("seed", range(4))
def test_parents_are_those_from_which_one_pick_leads_here(problem, seed):
    graph = er(6, 0.5, seed=seed)
    for states in walk(problem, [graph], seed=seed):
        inside = states.status[0] == rules.IN
        chosen = states.status[0] == rules.OUT if problem == "minimum-dominating-set" else inside
        actions = np.flatnonzero(chosen).tolist()
        legal = set()
        for order in permutations(actions):
            again = state_of(problem, graph, order)
            if again is not None:
                assert np.array_equal(again.status, states.status), "the order does not matter"
                legal.add(order[-1:])
        assert states.parents()[0] == (len(legal) if actions else 0)


def test_a_picked_vertex_of_a_cut_may_have_no_way_back():
    graph = Graph.from_edges(4, [0, 0, 0], [1, 2, 3])
    states = state_of("max-cut", graph, [0])
    assert states.parents()[0] == 1
    assert states.undecided()[0] == 0
    path = Graph.from_edges(3, [0, 1], [1, 2])
    together = state_of("max-cut", path, [1, 0])
    assert together is None, "0 has its only neighbour IN and is sent OUT"
    triangle = Graph.from_edges(5, [0, 0, 1, 0], [1, 2, 2, 3])
    states = state_of("max-cut", triangle, [1, 0])
    assert states.parents()[0] == 2
    states = state_of("max-cut", Graph.from_edges(4, [0, 0, 1], [1, 2, 3]), [0, 1])
    assert states.parents()[0] == 2


@pytest.mark.parametrize("problem", FAMILIES)
def test_the_residual_graph_is_what_still_matters(problem):
    graph = ba(14, 3, seed=7)
    adjacent = np.zeros((14, 14), bool)
    adjacent[tuple(graph.edge_index)] = True
    adjacent |= adjacent.T
    for states in walk(problem, [graph], seed=3):
        if states.undecided()[0] == 0:
            break
        found = observe(states, np.array([0]))
        free = states.status[0] == rules.UNDECIDED
        kept, joined = free, adjacent & free & free[:, None]
        if problem == "minimum-dominating-set":
            inside = states.status[0] == rules.IN
            open_ = ~(inside | (adjacent & inside).any(1))
            kept = free | open_
            across = free[:, None] & open_
            joined = adjacent & (across | across.T)
        assert np.array_equal(found.vertex, np.flatnonzero(kept))
        assert np.array_equal(found.mask, free[kept])
        rows = [found.vertex[found.indices[a:b]] for a, b in pairwise(found.indptr)]
        assert [row.tolist() for row in rows] == [
            np.flatnonzero(joined[v]).tolist() for v in found.vertex
        ]
        assert found.features.shape == (kept.sum(), FEATURES)
        assert np.isfinite(found.features).all()


@pytest.mark.parametrize("problem", FAMILIES)
def test_equal_residual_graphs_have_equal_rewards_to_come(problem):
    """What the networks see determines the best that can be added."""
    graph, known = er(7, 0.45, seed=9), {}

    def best_to_come(actions):
        states = state_of(problem, graph, actions)
        free = np.flatnonzero(states.status[0] == rules.UNDECIDED)
        if free.size == 0:
            return 0
        reward = states.rewards()[0]
        ahead = []
        for v in free:
            after = state_of(problem, graph, [*actions, int(v)])
            ahead.append(int(after.rewards()[0] - reward) + best_to_come([*actions, int(v)]))
        seen = observe(states, np.array([0]))
        counts = seen.features[:, 10:12].tobytes() if problem == "max-cut" else b""
        key = seen.vertex.tobytes() + seen.mask.tobytes() + seen.indices.tobytes() + counts
        key += seen.indptr.tobytes()
        assert known.setdefault(key, max(ahead)) == max(ahead)
        return max(ahead)

    best_to_come([])
    assert len(known) > 3


@pytest.mark.parametrize("problem", FAMILIES)
def test_a_walk_can_be_completed_without_a_policy(problem):
    graphs = [er(30, 0.2, seed=1), er(9, 0.6, seed=2)]
    states = States(rules.CODES[problem], Graphs.of(graphs), np.array([0, 1, 0]))
    states.complete()
    assert not states.undecided().any()
    for row in range(3):
        graph = graphs[states.graph[row]]
        assert families.get(problem).violations(graph, solution_of(states, row)) == []
