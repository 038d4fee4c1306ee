"""Training: the teacher, losses, checkpoints, and that a little of it helps."""

import numpy as np
import pytest
import torch

from solverhub.learned import job_shop_weights
from solverhub.learned.job_shop_network import NetworkConfig, PolicyNetwork
from solverhub.learned.job_shop_rollout import Recency, assess, choose, swap
from solverhub.training.job_shop_losses import imitation_loss, reinforce_loss, returns
from solverhub.training.job_shop_policy import Run, main
from solverhub.training.job_shop_presets import PRESETS, Preset
from solverhub.training.job_shop_teacher import NEVER, makespans_after, soft_targets
from solverhub.training.job_shop_validation import validate
from solverhub.training.job_shop_walks import Walks

TINY = Preset(
    network=NetworkConfig(width=8, layers=2, score_layers=2),
    pools=((5, 5, 8), (6, 4, 8)),
    length=12,
    imitation=20,
    reinforcement=4,
    horizon=3,
    validate_every=1000,
)


def weights_after(run, updates):
    for _ in range(updates):
        run.advance()
    return torch.cat([value.flatten() for value in run.network.state_dict().values()])


def test_the_teacher_knows_every_makespan():
    walks = Walks(6, 5, 6, 20, seed=1)
    told = makespans_after(walks.shops, walks.state)
    for column in range(told.shape[1]):
        action = torch.where(walks.state.mask[:, column], column, -1)
        after = assess(walks.shops, swap(walks.state, action)).makespan
        expected = torch.where(walks.state.mask[:, column], after.long(), NEVER)
        assert torch.equal(told[:, column], expected)


def test_targets_favour_the_shortest_and_share_ties():
    makespans = torch.tensor([[10, 10, 30, NEVER]])
    target = soft_targets(makespans, makespans < NEVER, torch.tensor([2.0]))
    assert target.sum() == pytest.approx(1)
    assert target[0, 0] == target[0, 1] > 100 * target[0, 2]
    assert target[0, 3] == 0


def test_the_imitation_loss_is_0_at_its_target_and_without_swaps():
    logits = torch.randn(3, 4)
    mask = torch.tensor([[True, True, True, False], [True] * 4, [False] * 4])
    target = torch.softmax(logits.masked_fill(~mask, -1e9), 1) * mask
    assert imitation_loss(logits, mask, target) == pytest.approx(0, abs=1e-6)
    assert imitation_loss(torch.randn(3, 4), mask, target) > 0


def test_returns_are_sums_from_each_step_on():
    rewards = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 4.0]])
    assert torch.equal(returns(rewards), torch.tensor([[3.0, 5.0], [2.0, 5.0], [0.0, 4.0]]))


def test_reinforcement_makes_what_paid_likelier():
    log_chosen = torch.zeros(2, 2, requires_grad=True)
    rewards = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    reinforce_loss(log_chosen, torch.zeros(2, 2), rewards, 0.0).backward()
    assert log_chosen.grad[0, 0] < 0 < log_chosen.grad[0, 1]


def test_equal_seeds_give_equal_weights_and_a_checkpoint_changes_nothing(tmp_path):
    whole = weights_after(Run(TINY, 7, "cpu"), 24)
    first = Run(TINY, 7, "cpu")
    weights_after(first, 13)
    first.save(tmp_path)
    second = Run(TINY, 7, "cpu")
    assert second.restore(tmp_path)
    assert second.done == 13
    assert torch.equal(weights_after(second, 11), whole)
    assert not torch.equal(weights_after(Run(TINY, 8, "cpu"), 24), whole)
    assert not Run(TINY, 8, "cpu").restore(tmp_path), "the checkpoint is of another seed"


def test_walks_get_new_shops_at_their_end():
    walks = Walks(5, 4, 4, 6, seed=3)
    before = walks.shops.duration.clone()
    draw = torch.Generator().manual_seed(0)
    for _ in range(6):
        walks.step(choose(torch.zeros(walks.state.mask.shape), walks.state.mask, draw))
    assert (walks.episode >= 1).all()
    assert (walks.shops.duration != before).any(1).all()
    assert (walks.incumbent <= walks.state.makespan).all()


def test_a_little_training_beats_random_walks_and_writes_a_model(tmp_path):
    assert main(["--preset", "tiny", "--out", str(tmp_path), "--seed", "1"]) == 0
    model = job_shop_weights.load(str(tmp_path))
    torch.manual_seed(0)
    ignorant = PolicyNetwork(PRESETS["tiny"].network)
    for parameter in ignorant.parameters():
        torch.nn.init.zeros_(parameter)
    assert validate(model.network, steps=60) < validate(ignorant, steps=60)
    assert "6x6" in model.training
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert len(rows) == 3
    assert main(["--preset", "tiny", "--out", str(tmp_path), "--seed", "1"]) == 0


def test_a_run_stops_on_time_and_goes_on(tmp_path):
    arguments = ["--preset", "tiny", "--out", str(tmp_path), "--minutes", "0.001"]
    assert main(arguments) == 0
    first = Run(PRESETS["tiny"], 0, "cpu")
    assert first.restore(tmp_path)
    assert 0 < first.done < first.total


def test_the_mask_of_recency_survives_a_checkpoint():
    recency, other = Recency(3, 4, "cpu"), Recency(3, 4, "cpu")
    walks = Walks(5, 4, 3, 50, seed=1)
    recency.note(walks.state, torch.zeros(3, dtype=torch.int64))
    other.restore({name: value.clone() for name, value in recency.tensors().items()})
    assert np.array_equal(recency.mask(walks.state), other.mask(walks.state))


@pytest.mark.gpu
def test_a_gpu_trains_too(tmp_path):
    arguments = ["--preset", "tiny", "--device", "cuda", "--updates", "5", "--reinforcement", "2"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
