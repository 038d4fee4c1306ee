"""Training the contrastive policy: its expert's sets, its loss, and runs that are resumed."""

import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from solverhub.core.budget import Budget
from solverhub.problems.generators import generate
from solverhub.training import contrastive_lns
from solverhub.training.contrastive_data import Example, pack, unpack
from solverhub.training.contrastive_expert import Expert, State, sub_program
from solverhub.training.contrastive_losses import TEMPERATURE, contrast, ranking

scip = pytest.importorskip("pyscipopt", reason="needs the extra scip")


def test_a_part_of_a_program_agrees_with_the_whole():
    parsed = generate("set-cover", 2, columns=30, rows=20, density=0.2)
    program, rng = parsed.instance, np.random.default_rng(0)
    x = np.ones(30)
    free = np.sort(rng.choice(30, 12, replace=False))
    part = sub_program(program, x, free)
    for _ in range(50):
        values = rng.integers(0, 2, 12).astype(float)
        point = x.copy()
        point[free] = values
        whole, own = (
            parsed.problem.violations(p, v) for p, v in ((program, point), (part, values))
        )
        assert bool(whole) is bool(own)


@pytest.mark.slow
def test_positives_gain_and_negatives_hardly():
    parsed = generate("set-cover", 5, columns=80, rows=60, density=0.1)
    program, problem = parsed.instance, parsed.problem
    expert = Expert(problem, radius=10, seconds=1.0, steps=1)
    (state,) = expert.walk(program, np.random.default_rng(3))

    def freed(columns):
        from solverhub import catalog

        x = state.incumbents[0]
        solver = catalog.solver("ilp", "highs")
        part = sub_program(program, x, columns)
        found = solver.solve(part, Budget.start(5, threads=1), params=solver.Params(), seed=0)
        return float(program.c[columns] @ x[columns]) - float(found.objective)

    most = max(freed(each) for each in state.positives)
    assert all(each.size <= 10 for each in state.positives)
    assert all(freed(each) >= 0.5 * most for each in state.positives)
    assert all(freed(each) <= 0.05 * most for each in state.negatives)
    assert all(each.size == state.positives[-1].size for each in state.negatives)


def test_the_loss_is_that_of_its_formula_and_falls_where_positives_rise():
    logits = torch.tensor([0.3, -1.0, 2.0, 0.5, -0.2])
    good, bad = [np.array([0, 2]), np.array([2])], [np.array([1, 4]), np.array([1])]
    s = torch.sigmoid(logits)
    e = [[math.exp(float(s[d].mean()) / TEMPERATURE) for d in sets] for sets in (good, bad)]
    expected = -sum(math.log(p / (p + sum(e[1]))) for p in e[0]) / 2
    assert float(contrast(logits, good, bad)) == pytest.approx(expected, rel=1e-4)
    better = logits + torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0])
    assert contrast(better, good, bad) < contrast(logits, good, bad)


def test_the_ranking_is_a_share_of_pairs():
    logits = np.array([3.0, 1.0, 2.0, 2.0])
    assert ranking(logits, np.array([0])) == 1.0
    assert ranking(logits, np.array([1])) == 0.0
    assert ranking(logits, np.array([2])) == pytest.approx(0.5)


def test_examples_survive_a_checkpoint():
    x = np.arange(4.0)
    state = State([x, x + 1], [np.array([1, 2])], [np.array([0]), np.array([3])])
    (again,) = unpack(pack([Example(7, state)]))
    assert again.seed == 7
    for name in ("incumbents", "positives", "negatives"):
        for left, right in zip(getattr(again.state, name), getattr(state, name), strict=True):
            assert np.array_equal(left, right)


@pytest.mark.slow
def test_a_run_that_is_stopped_ends_with_the_same_weights(tmp_path):
    common = ["--family", "vertex-cover", "--tiny", "--states", "4", "--out"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    contrastive_lns.main([*common, str(whole), "--epochs", "1"])
    parts.mkdir()
    (parts / "checkpoint.safetensors").write_bytes((whole / "checkpoint.safetensors").read_bytes())
    assert (whole / "weights.safetensors").exists()
    runs = [_run(whole), _run(parts)]
    for _ in range(2):
        runs[0].advance()
    runs[1].advance()
    runs[1].save(parts)
    resumed = _run(parts)
    resumed.advance()
    for left, right in zip(runs[0].network.parameters(), resumed.network.parameters(), strict=True):
        assert torch.equal(left, right)
    assert (
        load_file(whole / "weights.safetensors").keys()
        == dict(resumed.network.named_parameters()).keys()
    )


def _run(folder):
    from dataclasses import replace

    from solverhub.training.contrastive_presets import FAMILIES, TINY

    preset = replace(
        FAMILIES["vertex-cover"],
        sizes=TINY["vertex-cover"],
        radius=10,
        seconds=0.5,
        validation=1,
        states=4,
        epochs=1,
    )
    run = contrastive_lns.Run("vertex-cover", preset, 0)
    assert run.restore(folder)
    return run
