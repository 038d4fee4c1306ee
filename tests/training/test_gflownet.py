"""Training the GFlowNet: losses, corpora, checkpoints, and that a little of it helps."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from solverhub.core.errors import InvalidParams
from solverhub.learned import gflownet_rules as rules
from solverhub.learned import gflownet_weights
from solverhub.learned.gflownet_network import GFlowNetwork
from solverhub.learned.gflownet_rollout import Exploration
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.training.gflownet import Run, main
from solverhub.training.gflownet_data import TEST, VALIDATION, Corpus, graphs_of
from solverhub.training.gflownet_losses import balance_loss, likelihood_loss
from solverhub.training.gflownet_presets import PRESETS
from solverhub.training.gflownet_validation import validate

TINY = replace(
    PRESETS["tiny"]["maximum-independent-set"], graphs=3, solutions=1, effort=200, every=4
)


def weights_after(run, updates):
    for _ in range(updates):
        run.advance()
    return torch.cat([value.flatten() for value in run.network.state_dict().values()])


def every_walk(code, graph):
    """(actions, states) of every walk on a graph, by depth-first enumeration."""
    stack = [()]
    while stack:
        actions = stack.pop()
        states = States(code, Graphs.of([graph]), np.zeros(1, np.int64))
        states.pick(np.zeros(len(actions), np.int64), np.array(actions, np.int64))
        free = np.flatnonzero(states.status[0] == rules.UNDECIDED)
        yield actions, states
        stack += [(*actions, int(v)) for v in free]


@pytest.mark.parametrize("problem", rules.CODES)
def test_the_balance_is_0_exactly_at_the_flow_of_brute_force(problem):
    """Flows by dynamic programming over all states, P_F from them: every piece balances."""
    graph = Graph.from_edges(5, [0, 0, 1, 2, 3], [1, 2, 2, 3, 4])
    code, beta = rules.CODES[problem], 0.7
    nodes, log_flow = {}, {}
    for actions, states in every_walk(code, graph):
        key = states.status[0].tobytes()
        entry = nodes.setdefault(key, (states, {}))
        if actions:
            parent = States(code, Graphs.of([graph]), np.zeros(1, np.int64))
            parent.pick(np.zeros(len(actions) - 1, np.int64), np.array(actions[:-1], np.int64))
            nodes[parent.status[0].tobytes()][1][actions[-1]] = key
        assert entry is not None
    order = sorted(nodes, key=lambda key: nodes[key][0].undecided()[0])
    for key in order:
        states, children = nodes[key]
        reward = beta * float(states.rewards()[0])
        if not children:
            log_flow[key] = reward
            continue
        parts = [log_flow[c] - np.log(nodes[c][0].parents()[0]) for c in children.values()]
        log_flow[key] = float(np.logaddexp.reduce(parts))
    pieces = []
    for key, (_, children) in nodes.items():
        for child in children.values():
            for last in nodes[child][1].values():
                pieces.append((key, child, last))
    assert pieces
    reward = torch.tensor([[beta * float(nodes[k][0].rewards()[0]) for k in p] for p in pieces])
    flow = torch.tensor([[log_flow[k] for k in p] for p in pieces]) - reward
    back = torch.tensor([[-np.log(nodes[k][0].parents()[0]) for k in p[1:]] for p in pieces])
    ahead = torch.tensor(
        [[log_flow[b] - log_flow[a] for a, b in itertools.pairwise(p)] for p in pieces]
    )
    ahead = ahead + back
    assert balance_loss(flow, reward, ahead, back, 0.9) == pytest.approx(0, abs=1e-8)
    wrong = flow.clone()
    wrong[:, 1] += 1.0
    assert balance_loss(wrong, reward, ahead, back, 0.9) > 0.05


def test_pieces_behind_a_terminal_state_count_as_that_state():
    flow, reward = torch.tensor([[0.5, 0.0, 0.0]]), torch.tensor([[0.0, 1.0, 1.0]])
    ahead, back = torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, 0.0]])
    assert balance_loss(flow, reward, ahead, back, 1.0) == pytest.approx(0)


def test_the_likelihood_is_0_where_the_policy_is_uniform_on_what_is_wanted():
    walk = torch.tensor([0, 0, 0, 1, 1])
    wanted = torch.tensor([True, True, False, False, True])
    best = torch.tensor([0.5, 0.5, 0.0, 0.0, 1.0]).log()
    assert likelihood_loss(best, wanted, walk, 2) == pytest.approx(0, abs=1e-6)
    other = torch.tensor([0.6, 0.3, 0.1, 0.5, 0.5]).log()
    assert likelihood_loss(other, wanted, walk, 2) > 0.1
    none = torch.zeros(5, dtype=torch.bool)
    assert likelihood_loss(other, none, walk, 2) == 0


@pytest.mark.parametrize("problem", rules.CODES)
def test_backward_walks_lead_to_their_solutions(problem):
    generator = TINY.generator if "clique" in problem or "independent" in problem else "ba-small"
    graphs = graphs_of(problem, generator, range(2))
    corpus = Corpus.of(problem, graphs, 1, 300)
    family, rng = families.get(problem), np.random.default_rng(0)
    for g, graph in enumerate(graphs):
        found = corpus.chosen[g, 0, : graph.n].astype(family.solution_form(graph)[0])
        value = family.objective(graph, found)
        states = States(corpus.code, corpus.graphs, np.array([g]))
        actions = corpus.draw(rng, g)
        states.pick(np.zeros(actions.size, np.int64), actions)
        assert abs(states.rewards()[0]) == value == abs(corpus.reward[g, 0])


def test_own_solutions_replace_worse_ones_alone():
    graphs = graphs_of("max-cut", "ba-small", range(1))
    corpus = Corpus.of("max-cut", graphs, 2, 300)
    worst = States(corpus.code, corpus.graphs, np.array([0]))
    worst.complete()
    before = corpus.reward.copy()
    if worst.rewards()[0] <= before.min():
        assert corpus.add(worst) == 0
    corpus.reward[0, 0], corpus.chosen[0, 0] = 0, False
    assert corpus.add(worst) == 1
    assert corpus.reward[0, 0] == worst.rewards()[0]
    assert corpus.add(worst) == 0, "it is known by now"
    again = Corpus(corpus.code, corpus.graphs, np.zeros_like(corpus.chosen), before)
    again.restore(corpus.tensors())
    assert np.array_equal(again.chosen, corpus.chosen)


def test_training_keeps_off_the_seeds_of_validation_and_tests():
    assert VALIDATION < TEST
    for presets in PRESETS.values():
        for preset in presets.values():
            assert preset.graphs <= VALIDATION
    with pytest.raises(InvalidParams, match="validation"):
        graphs_of("max-cut", "ba-small", range(VALIDATION - 1, VALIDATION + 1))


def test_equal_seeds_give_equal_weights_and_a_checkpoint_changes_nothing(tmp_path):
    whole = weights_after(Run(TINY, 7, "cpu"), 11)
    first = Run(TINY, 7, "cpu")
    weights_after(first, 6)
    first.save(tmp_path)
    second = Run(TINY, 7, "cpu")
    assert second.restore(tmp_path)
    assert second.done == 6
    assert torch.equal(weights_after(second, 5), whole)
    other = Run(TINY, 8, "cpu")
    assert not other.restore(tmp_path), "the checkpoint is of another seed"
    assert not torch.equal(weights_after(other, 11), whole)


def test_beta_rises_to_its_end_and_stays():
    run = Run(TINY, 0, "cpu")
    betas = []
    for run.done in range(TINY.updates):
        betas.append(run.beta)
    assert betas == sorted(betas)
    assert (betas[0], betas[-1]) == TINY.beta


def test_a_little_training_beats_random_walks_and_writes_a_model(tmp_path):
    problem = "maximum-independent-set"
    arguments = ["--problem", problem, "--preset", "tiny", "--out", str(tmp_path)]
    assert main(arguments) == 0
    model = gflownet_weights.load(str(tmp_path), problem)
    torch.manual_seed(0)
    ignorant = GFlowNetwork(model.network.config)
    for parameter in ignorant.parameters():
        torch.nn.init.zeros_(parameter)
    seen = (problem, "rb-small", (4, 2), TINY.effort, Exploration(0.3))
    assert validate(model.network, *seen)[0] > validate(ignorant, *seen)[0]
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3
    assert "core_minutes" in (tmp_path / "config.toml").read_text()
    assert main(arguments) == 0, "a run that is done goes on to its end at once"


@pytest.mark.gpu
def test_a_gpu_trains_too(tmp_path):
    arguments = ["--problem", "max-cut", "--preset", "tiny", "--device", "cuda"]
    assert main([*arguments, "--updates", "5", "--out", str(tmp_path)]) == 0
