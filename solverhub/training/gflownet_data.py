"""Training graphs of the GFlowNet, and good solutions of them for backward walks.

Seeds are disjoint: training draws graphs of seeds below `VALIDATION`, validation those from
there, and the frozen test sets have seeds from `TEST` on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.learned import gflownet_rules as rules
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.search.dominating_set_search import DominatingSetSearchSolver
from solverhub.search.max_cut_search import MaxCutSearchSolver
from solverhub.search.vertex_cover_search import VertexCoverSearchSolver

VALIDATION, TEST = 900_000, 1_000_000
_SEARCHES: dict[str, Any] = {
    "maximum-independent-set": VertexCoverSearchSolver,
    "maximum-clique": VertexCoverSearchSolver,
    "minimum-dominating-set": DominatingSetSearchSolver,
    "max-cut": MaxCutSearchSolver,
}


def graphs_of(problem: str, generator: str, seeds: range) -> list[Graph]:
    """Graphs of a generator, such as `rb-small`."""
    if seeds.start < VALIDATION < seeds.stop:
        raise InvalidParams(f"{seeds} reaches the seeds of validation", remedy="train on fewer")
    return [generate(generator, seed, problem=problem).instance for seed in seeds]


def solve(problem: str, graph: Graph, seed: int, iterations: int) -> np.ndarray:
    """A good solution by the family's search, bool (n,)."""
    solver = _SEARCHES[problem](families.get(problem))
    budget = Budget.start(60.0, iterations=iterations, threads=1, deterministic=True)
    result = solver.solve(graph, budget, params=solver.Params(), seed=seed)
    found: np.ndarray = result.solution.astype(np.bool_)
    return found


@dataclass(frozen=True)
class Corpus:
    """Solutions of the training graphs: the search's, later better ones of the policy too.

    - `chosen`: bool (G, K, N): what is IN.  `reward`: int64 (G, K).
    """

    code: int
    graphs: Graphs
    chosen: np.ndarray
    reward: np.ndarray

    @classmethod
    def of(cls, problem: str, graphs: list[Graph], solutions: int, effort: int) -> Corpus:
        """Search every graph `solutions` times."""
        code, joined = rules.CODES[problem], Graphs.of(graphs)
        widest = int(np.diff(joined.first).max())
        chosen = np.zeros((len(graphs), solutions, widest), np.bool_)
        for g, graph in enumerate(graphs):
            for k in range(solutions):
                chosen[g, k, : graph.n] = solve(problem, graph, k, effort)
        states = States(code, joined, np.repeat(np.arange(len(graphs)), solutions))
        for walk, found in enumerate(chosen.reshape(-1, widest)):
            actions = rules.picked(code, found[: joined.size(states.graph[walk])])
            states.pick(np.full(actions.size, walk), actions)
        return cls(code, joined, chosen, states.rewards().reshape(chosen.shape[:2]))

    def draw(self, rng: np.random.Generator, graph: int) -> np.ndarray:
        """The actions of a backward walk from one of a graph's solutions, int64 (L,)."""
        n = self.graphs.size(graph)
        found = self.chosen[graph, rng.integers(self.chosen.shape[1]), :n]
        if self.code == rules.CUT and rng.random() < 0.5:
            found = ~found
        return rng.permutation(rules.picked(self.code, found))

    def add(self, states: States) -> int:
        """Put terminal states in the place of worse solutions of their graphs; how many."""
        added = 0
        for walk, reward in enumerate(states.rewards()):
            g = states.graph[walk]
            worst = int(self.reward[g].argmin())
            found = states.status[walk] == rules.IN
            known = (self.chosen[g] == found[: self.chosen.shape[2]]).all(1).any()
            if reward > self.reward[g, worst] and not known:
                self.chosen[g, worst], self.reward[g, worst] = found, reward
                added += 1
        return added

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `restore` needs."""
        return {
            "chosen": torch.from_numpy(np.packbits(self.chosen, axis=2)),
            "reward": torch.from_numpy(self.reward),
        }

    def restore(self, saved: Mapping[str, torch.Tensor]) -> None:
        """Go on from `tensors`."""
        width = self.chosen.shape[2]
        self.chosen[:] = np.unpackbits(saved["chosen"].numpy(), axis=2, count=width)
        self.reward[:] = saved["reward"].numpy()
