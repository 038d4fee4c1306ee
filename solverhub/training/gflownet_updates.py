"""One update of the GFlowNet: likelihood of backward walks and balance, in one network pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from solverhub.learned.gflownet_network import Batch, GFlowNetwork, log_policy
from solverhub.learned.gflownet_residual import Residuals, observe
from solverhub.learned.gflownet_states import States
from solverhub.training.gflownet_data import Corpus
from solverhub.training.gflownet_losses import balance_loss, likelihood_loss
from solverhub.training.gflownet_presets import Preset

_CLIP = 1.0


@dataclass(frozen=True, slots=True)
class Walk:
    """A graph of the corpus and the actions of a walk on it, int64 (L,)."""

    graph: int
    actions: np.ndarray


def update(
    network: GFlowNetwork,
    optimiser: torch.optim.Optimizer,
    corpus: Corpus,
    own: list[Walk],
    preset: Preset,
    beta: float,
    rng: np.random.Generator,
    device: str,
) -> tuple[float, float]:
    """Descend on likelihood + preset.balance * balance; returns both."""
    taught = [_backward_walk(corpus, rng) for _ in range(preset.states)]
    pieces = [
        own[rng.integers(len(own))] if own and k % 2 else _backward_walk(corpus, rng)
        for k in range(preset.pieces)
    ]
    starts = [int(rng.integers(0, len(walk.actions))) for walk in taught]
    befores = [
        int(rng.integers(0, max(1, len(walk.actions) - preset.steps + 1))) for walk in pieces
    ]
    ends = [
        min(start + step, len(walk.actions))
        for walk, start in zip(pieces, befores, strict=True)
        for step in range(preset.steps + 1)
    ]
    walks = taught + [walk for walk in pieces for _ in range(preset.steps + 1)]
    states = _states(corpus, walks, starts + ends)
    residuals = observe(states, np.arange(len(walks)))
    batch = Batch.of(residuals, device)
    logits, flow = network(batch)
    log_p = log_policy(batch, logits)
    rows_taught = int(residuals.first[len(taught)])
    wanted = torch.from_numpy(_missing(residuals, taught, starts)).to(device)
    likelihood = likelihood_loss(
        log_p[:rows_taught], wanted[:rows_taught], batch.walk[:rows_taught], len(taught)
    )
    shape = (len(pieces), preset.steps + 1)
    rewards = states.rewards()[len(taught) :].reshape(shape) / preset.unit
    log_reward = torch.from_numpy(beta * (rewards - rewards[:, :1])).float().to(device)
    forward, backward = _steps(states, residuals, walks, len(taught), starts + ends, shape)
    rows = torch.from_numpy(np.maximum(forward, 0)).to(device)
    moved = torch.from_numpy(forward >= 0).to(device)
    log_forward = torch.where(moved, log_p[rows], 0.0)
    log_backward = torch.from_numpy(backward).float().to(device)
    log_flow = beta * flow[len(taught) :].view(shape)
    balance = balance_loss(log_flow, log_reward, log_forward, log_backward, preset.decay)
    optimiser.zero_grad()
    torch.autograd.backward(likelihood + preset.balance * balance)
    torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
    optimiser.step()
    return float(likelihood.detach()), float(balance.detach())


def _backward_walk(corpus: Corpus, rng: np.random.Generator) -> Walk:
    graph = int(rng.integers(len(corpus.reward)))
    return Walk(graph, corpus.draw(rng, graph))


def _states(corpus: Corpus, walks: list[Walk], lengths: list[int]) -> States:
    """The states after so many actions of each walk."""
    states = States(corpus.code, corpus.graphs, np.array([walk.graph for walk in walks]))
    taken = [walk.actions[:length] for walk, length in zip(walks, lengths, strict=True)]
    states.pick(np.repeat(np.arange(len(walks)), lengths), np.concatenate(taken))
    return states


def _missing(residuals: Residuals, walks: list[Walk], lengths: list[int]) -> np.ndarray:
    """bool (R,): the actions that the walks have yet to take, in states of their own."""
    wanted = np.zeros(residuals.vertex.size, np.bool_)
    for k, (walk, length) in enumerate(zip(walks, lengths, strict=True)):
        rows = slice(residuals.first[k], residuals.first[k + 1])
        wanted[rows] = np.isin(residuals.vertex[rows], walk.actions[length:])
    wanted &= residuals.mask
    return wanted


def _steps(
    states: States,
    residuals: Residuals,
    walks: list[Walk],
    first: int,
    lengths: list[int],
    shape: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the actions between the states of each piece, and log P_B.

    A row is -1 behind the end of a walk, and where the vertex had been decided, as it may be on
    the way back from a cut that a flip improves: no action was taken there.
    """
    pieces, steps = shape[0], shape[1] - 1
    parents = states.parents()[first:].reshape(shape)
    rows = np.full((pieces, steps), -1, np.int64)
    for b in range(pieces):
        for step in range(steps):
            k = first + b * (steps + 1) + step
            if lengths[k + 1] > lengths[k]:
                low, high = residuals.first[k], residuals.first[k + 1]
                at = np.flatnonzero(residuals.vertex[low:high] == walks[k].actions[lengths[k]])
                rows[b, step] = low + at[0] if at.size and residuals.mask[low + at[0]] else -1
    backward = np.where(rows >= 0, -np.log(np.maximum(parents[:, 1:], 1)), 0.0)
    return rows, backward
