"""Walks of the GFlowNet from first to terminal states, all at once, by its forward policy.

A walk may take the actions of several draws without replacement before the policy looks again
(`share`): long walks, as for dominating sets, then need far fewer looks.  What an earlier action
of the same look decided is left out, so every walk is one of the process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from solverhub.learned.gflownet_network import Batch, GFlowNetwork
from solverhub.learned.gflownet_residual import Residuals, observe
from solverhub.learned.gflownet_states import States


@dataclass(frozen=True, slots=True)
class Exploration:
    """How actions are drawn.

    - `temperature`: of the softmax; 0 takes the likeliest action.
    - `epsilon`: probability that a walk takes any action instead.
    - `share`: of the actions of a state, how many are taken a look (one at least).
    """

    temperature: float = 1.0
    epsilon: float = 0.0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Trajectories:
    """The actions of W walks: walk w took `vertex[first[w]:first[w + 1]]` in this order, int64."""

    first: np.ndarray
    vertex: np.ndarray

    @classmethod
    def of(cls, size: int, walks: np.ndarray, vertices: np.ndarray) -> Trajectories:
        """From actions in the order of time, int64 both."""
        order = np.argsort(walks, kind="stable")
        count = np.bincount(walks, minlength=size)
        return cls(np.concatenate([[0], np.cumsum(count)]), vertices[order])

    def actions(self, walk: int) -> np.ndarray:
        """int64 (L,)."""
        return self.vertex[self.first[walk] : self.first[walk + 1]]


def choose(
    logits: np.ndarray, residuals: Residuals, rng: np.random.Generator, how: Exploration
) -> np.ndarray:
    """Rows of the actions that every walk takes, int64, in turn for each walk.

    By perturbed logits: the k largest of logits / temperature + Gumbel noise are k draws without
    replacement.
    """
    first = residuals.first
    size = np.diff(first)
    noise = rng.gumbel(size=logits.size).astype(np.float32)
    value = logits + np.float32(how.temperature) * noise
    if how.epsilon > 0:
        strays = rng.random(size.size) < how.epsilon
        value = np.where(np.repeat(strays, size), noise, value)
    value = np.where(residuals.mask, value, -np.inf)
    walk = np.repeat(np.arange(size.size), size)
    order = np.lexsort((-value, walk))
    actions = np.add.reduceat(residuals.mask, first[:-1], dtype=np.int64)
    wanted = np.maximum(1, (how.share * actions).astype(np.int64))
    rank = np.arange(value.size) - np.repeat(first[:-1], size)
    rows: np.ndarray = order[rank < np.repeat(wanted, size)]
    return rows


def finish(
    network: GFlowNetwork,
    states: States,
    rng: np.random.Generator,
    how: Exploration,
    *,
    device: str = "cpu",
    go_on: Callable[[], bool] = lambda: True,
) -> Trajectories | None:
    """Take actions in all walks until they are terminal; None if `go_on` said no before that."""
    none = np.zeros(0, np.int64)
    walks, vertices = [none], [none]
    while True:
        alive = np.flatnonzero(states.undecided() > 0)
        if alive.size == 0:
            size = len(states.graph)
            return Trajectories.of(size, np.concatenate(walks), np.concatenate(vertices))
        if not go_on():
            return None
        residuals = observe(states, alive)
        with torch.inference_mode():
            logits, _ = network(Batch.of(residuals, device))
        rows = choose(logits.cpu().numpy(), residuals, rng, how)
        walk = alive[np.searchsorted(residuals.first, rows, side="right") - 1]
        vertex = residuals.vertex[rows]
        taken = states.pick(walk, vertex)
        walks.append(walk[taken])
        vertices.append(vertex[taken])
