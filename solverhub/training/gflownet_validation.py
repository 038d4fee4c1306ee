"""How good the GFlowNet is on graphs it never learns from, relative to the search."""

from __future__ import annotations

from functools import cache

import numpy as np

from solverhub.learned import gflownet_rules as rules
from solverhub.learned.gflownet_network import GFlowNetwork
from solverhub.learned.gflownet_rollout import Exploration, finish
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.training.gflownet_data import VALIDATION, Corpus, graphs_of


@cache
def _graphs(problem: str, generator: str, count: int, effort: int) -> tuple[Graphs, np.ndarray]:
    graphs = graphs_of(problem, generator, range(VALIDATION, VALIDATION + count))
    corpus = Corpus.of(problem, graphs, 2, 2 * effort)
    return corpus.graphs, corpus.reward.max(1)


def validate(
    network: GFlowNetwork,
    problem: str,
    generator: str,
    size: tuple[int, int],
    effort: int,
    how: Exploration,
    device: str = "cpu",
) -> tuple[float, float]:
    """Mean ratio to the search of all walks' rewards, and of the best walk of each graph.

    `size` is (graphs, walks a graph).  Ratios are of objectives: larger is better for maximising
    families, smaller for dominating sets.
    """
    joined, reference = _graphs(problem, generator, size[0], effort)
    states = States(rules.CODES[problem], joined, np.repeat(np.arange(size[0]), size[1]))
    finish(network, states, np.random.default_rng(VALIDATION), how, device=device)
    ratio = states.rewards().reshape(size) / reference[:, None]
    best = ratio.min(1) if problem == "minimum-dominating-set" else ratio.max(1)
    return float(ratio.mean()), float(best.mean())
