"""The solver: weights, walks within a budget, the pool, provenance, odd graphs."""

import hashlib
import itertools

import numpy as np
import pytest
import torch

import solverhub
from solverhub import assets
from solverhub.core.budget import Budget
from solverhub.core.errors import InputTooLarge, InvalidParams
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Limit, Sense
from solverhub.learned import gflownet_rules as rules
from solverhub.learned import gflownet_weights
from solverhub.learned.gflownet import GFlowNetParams, GFlowNetSolver
from solverhub.learned.gflownet_network import Batch, GFlowNetwork, NetworkConfig, log_policy
from solverhub.learned.gflownet_residual import observe
from solverhub.learned.gflownet_rollout import Exploration, choose, finish
from solverhub.learned.gflownet_sampling import Pool
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.problems import families
from solverhub.problems.generators.graph import ba, ba_small, er, rb_small, weighted
from solverhub.problems.graph import Graph

PROBLEMS = [*rules.CODES, "minimum-vertex-cover"]


def solve(problem, graph, *, seed=0, warm_start=None, params=None, observe=lambda event: None,
          **budget):  # fmt: skip
    limits = {"iterations": 20, "threads": 1, **budget}
    return GFlowNetSolver(families.get(problem)).solve(
        graph,
        Budget.start(**limits),
        params=GFlowNetParams(**(params or {})),
        seed=seed,
        warm_start=warm_start,
        observe=observe,
    )


def best_by_force(problem, graph):
    family = families.get(problem)
    dtype, _ = family.solution_form(graph)
    found = []
    for chosen in itertools.product((0, 1), repeat=graph.n):
        solution = np.array(chosen, dtype)
        if not family.violations(graph, solution):
            found.append(family.objective(graph, solution))
    return min(found) if family.sense(graph) is Sense.MINIMISE else max(found)


@pytest.mark.parametrize("name", gflownet_weights.names())
def test_every_model_loads_and_its_digest_is_that_of_its_file(name):
    folder = assets.folder("models") / name
    problem = name.removeprefix("gflownet-").removesuffix("-small")
    model = gflownet_weights.load(name, problem)
    file = folder / "weights.safetensors"
    assert model.digest == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert (folder / "card.md").is_file()
    assert all(torch.isfinite(value).all() for value in model.network.state_dict().values())


@pytest.mark.parametrize("problem", PROBLEMS)
def test_small_graphs_are_solved_to_the_optimum_of_brute_force(problem):
    for seed in range(4):
        graph = er(10, 0.35, seed=seed)
        result = solve(problem, graph, seed=seed, iterations=400, params={"temperature": 2.0})
        assert result.objective == best_by_force(problem, graph)


@pytest.mark.parametrize("problem", rules.CODES)
def test_the_shipped_policy_beats_one_that_knows_nothing(problem):
    generator = rb_small if "clique" in problem or "independent" in problem else ba_small
    graphs = Graphs.of([generator(seed=1_500_000 + k) for k in range(3)])
    model = gflownet_weights.load(None, problem)
    ignorant = GFlowNetwork(model.network.config)
    for parameter in ignorant.parameters():
        torch.nn.init.zeros_(parameter)
    means = []
    for network in (model.network, ignorant):
        states = States(rules.CODES[problem], graphs, np.repeat(np.arange(3), 3))
        finish(network, states, np.random.default_rng(0), model.sampling)
        means.append(states.rewards().mean())
    assert means[0] > means[1] + 1


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_pool_holds_different_solutions_of_the_best_objective(problem):
    graph, family = ba(40, 2, seed=1), families.get(problem)
    result = solve(problem, graph, iterations=200)
    everything = [result.solution, *result.pool]
    assert len(everything) > 1
    assert len({each.tobytes() for each in everything}) == len(everything)
    for each in everything:
        assert family.violations(graph, each) == []
        assert family.objective(graph, each) == result.objective
    if problem == "max-cut":
        assert not any(each[0] for each in everything)


def test_the_pool_forgets_what_is_not_best_and_keeps_its_size():
    pool = Pool(Sense.MAXIMISE, 2)
    rows = np.eye(4, dtype=bool)
    assert pool.add(1, rows[0])
    assert not pool.add(1, rows[0].copy())
    assert pool.add(2, rows[1])
    assert not pool.add(1, rows[2])
    assert pool.add(2, rows[2])
    assert not pool.add(2, rows[3])
    assert len(pool.others(rows[1])) == 1
    assert len(pool.others(None)) == 2


def test_answers_carry_weights_and_say_how_far_the_graph_is_from_the_training():
    graph = {"n": 5, "edges": [[0, 1], [1, 2], [2, 3], [3, 4]]}
    problem = "maximum-independent-set"
    result = solverhub.solve(graph, problem=problem, solver="gflownet", iterations=20, threads=1)
    assert result.verified
    assert result.objective == 3
    assert result.provenance.weights.startswith("sha256:")
    assert "vertices 5" in result.provenance.training
    near = solve(problem, rb_small(seed=1_500_007), iterations=1)
    assert "like these" in near.training
    odd = weighted(ba(30, 2, seed=1), edges=False, seed=1, weights=9)
    assert "does not see its weights" in solve(problem, odd).training


def test_weights_are_counted_by_the_objective_alone():
    graph = Graph.from_edges(3, [0], [1], weights=[1, 5, 1])
    assert solve("maximum-independent-set", graph, iterations=100).objective == 6
    assert solve("minimum-vertex-cover", graph, iterations=100).objective == 1


@pytest.mark.parametrize("problem", PROBLEMS)
def test_equal_seeds_walk_equally_and_others_do_not(problem):
    graph = er(60, 0.15, seed=2)
    runs = [solve(problem, graph, seed=seed, params={"temperature": 1.0}) for seed in (1, 1, 2)]
    first, again, other = ([run.solution, *run.pool] for run in runs)
    assert [each.tobytes() for each in first] == [each.tobytes() for each in again]
    assert [each.tobytes() for each in first] != [each.tobytes() for each in other]


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(
    "graph",
    [
        Graph.from_edges(0, [], []),
        Graph.from_edges(1, [], []),
        Graph.from_edges(4, [], []),
        Graph.from_edges(7, [0, 1, 3], [1, 2, 4]),
        er(8, 1.0, seed=0),
        Graph.from_edges(3, [0, 1], [1, 2], weights=[-1, 2**60, 0.5], edge_weights=[-2.5, 2**60]),
    ],
    ids=["empty", "one", "no-edges", "disconnected", "complete", "odd-weights"],
)
def test_odd_graphs_are_solved_too(problem, graph):
    family = families.get(problem)
    result = solve(problem, graph)
    assert family.violations(graph, result.solution) == []
    assert family.objective(graph, result.solution) == result.objective


def test_it_ends_where_nothing_new_is_found():
    result = solve("maximum-independent-set", er(8, 0.4, seed=1), iterations=None)
    assert result.termination.limit is None


def test_a_walk_that_the_deadline_cuts_short_is_completed():
    graph = ba(3000, 4, seed=1)
    solve("minimum-dominating-set", graph, iterations=1, time_s=0.01)
    result = solve("minimum-dominating-set", graph, iterations=None, time_s=0.05)
    assert result.termination.limit is Limit.TIME
    assert not result.pool
    assert families.get("minimum-dominating-set").violations(graph, result.solution) == []


def test_incumbents_of_others_and_warm_starts_are_kept():
    problem, graph = "maximum-independent-set", er(60, 0.15, seed=2)
    better = solve(problem, graph, iterations=300).solution
    assert solve(problem, graph, iterations=1, warm_start=better).objective >= better.sum()
    given = iter([[Event(EventKind.INCUMBENT, 0.0, objective=1, solution=better)]])
    budget = Budget.start(iterations=5, threads=1).replace(incoming=lambda: next(given, []))
    solver = GFlowNetSolver(families.get(problem))
    result = solver.solve(graph, budget, params=GFlowNetParams(), seed=0)
    assert result.objective >= better.sum()


def test_a_target_stops_the_walks():
    result = solve("max-cut", ba(50, 3, seed=1), iterations=None, target=1)
    assert result.termination.limit is Limit.TARGET


def test_bad_parameters_name_the_remedy():
    for bad in (
        {"samples": 0}, {"temperature": -1.0}, {"share": 2.0}, {"patience": 0}, {"pool": 0},
    ):  # fmt: skip
        with pytest.raises(InvalidParams, match="give"):
            GFlowNetParams(**bad)
    with pytest.raises(InvalidParams, match="no model 'nothing'"):
        solve("max-cut", er(5, 0.5, seed=0), params={"model": "nothing"})
    with pytest.raises(InvalidParams, match="is for max-cut"):
        solve("maximum-clique", er(5, 0.5, seed=0), params={"model": "gflownet-max-cut-small"})
    with pytest.raises(InputTooLarge, match="search"):
        solve("max-cut", Graph(300_000, np.zeros((2, 0), np.int64)))


def batch_of(problem, graphs):
    states = States(rules.CODES[problem], Graphs.of(graphs), np.arange(len(graphs)))
    return observe(states, np.arange(len(graphs)))


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "softmax"])
def test_the_network_does_not_mix_graphs_and_follows_relabelling(reduce):
    torch.manual_seed(0)
    network = GFlowNetwork(NetworkConfig(width=8, layers=2, reduce=reduce)).eval()
    one, two = ba(12, 2, seed=1), ba(20, 3, seed=2)
    order = np.random.default_rng(0).permutation(12)
    moved = Graph.from_edges(12, order[one.edge_index[0]], order[one.edge_index[1]])
    apart = [network(Batch.of(batch_of("max-cut", [g]))) for g in (one, two, moved)]
    logits, flow = network(Batch.of(batch_of("max-cut", [one, two])))
    torch.testing.assert_close(logits, torch.cat([apart[0][0], apart[1][0]]))
    torch.testing.assert_close(flow, torch.cat([apart[0][1], apart[1][1]]))
    torch.testing.assert_close(apart[2][0][order], apart[0][0])
    torch.testing.assert_close(apart[2][1], apart[0][1])


def test_the_policy_is_a_distribution_over_the_actions():
    torch.manual_seed(0)
    residuals = batch_of("minimum-dominating-set", [ba(12, 2, seed=1), ba(9, 2, seed=2)])
    residuals.mask[:3] = False
    batch = Batch.of(residuals)
    logits, _ = GFlowNetwork(NetworkConfig(width=8, layers=2))(batch)
    probability = log_policy(batch, logits).exp()
    assert not probability[:3].any()
    torch.testing.assert_close(batch.total(probability), torch.ones(2))


def test_draws_follow_the_policy_its_temperature_and_the_share():
    residuals = batch_of("max-cut", [Graph.from_edges(3, [0], [1])] * 4000)
    logits = np.tile(np.log([0.5, 0.3, 0.2]), 4000).astype(np.float32)
    rng = np.random.default_rng(0)
    drawn = choose(logits, residuals, rng, Exploration())
    share = np.bincount(drawn % 3, minlength=3) / 4000
    assert share == pytest.approx([0.5, 0.3, 0.2], abs=0.04)
    assert (choose(logits, residuals, rng, Exploration(0.0)) % 3 == 0).all()
    strays = choose(logits, residuals, rng, Exploration(0.0, epsilon=0.6)) % 3
    assert np.mean(strays != 0) == pytest.approx(0.4, abs=0.04)
    two = choose(logits, residuals, rng, Exploration(share=0.7)).reshape(-1, 2)
    assert (two[:, 0] != two[:, 1]).all()
    residuals.mask[::3] = False
    assert (choose(logits, residuals, rng, Exploration(epsilon=0.5)) % 3 != 0).all()


@pytest.mark.gpu
@pytest.mark.parametrize("problem", rules.CODES)
def test_both_devices_score_equally(problem):
    model = gflownet_weights.load(None, problem)
    residuals = batch_of(problem, [ba_small(seed=3), ba_small(seed=4)])
    here, flow = model.network(Batch.of(residuals))
    there, other = model.network.cuda()(Batch.of(residuals, "cuda"))
    model.network.cpu()
    assert torch.allclose(here, there.cpu(), atol=1e-3)
    assert torch.allclose(flow, other.cpu(), atol=1e-2)


@pytest.mark.gpu
def test_a_gpu_samples_too():
    graph = rb_small(seed=1_500_001)
    result = solve("maximum-independent-set", graph, device="cuda")
    assert families.get("maximum-independent-set").violations(graph, result.solution) == []
