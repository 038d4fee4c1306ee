"""The walks of `gflownet` within a budget, batch after batch, and the pool of the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Number, Result, Sense
from solverhub.exact.incoming import adopt
from solverhub.learned import gflownet_rules as rules
from solverhub.learned import gflownet_weights
from solverhub.learned.devices import device_of, threads
from solverhub.learned.gflownet import GFlowNetParams
from solverhub.learned.gflownet_network import GFlowNetwork
from solverhub.learned.gflownet_residual import observe
from solverhub.learned.gflownet_rollout import Exploration, finish
from solverhub.learned.gflownet_states import Graphs, States
from solverhub.ops.neighbour_aggregation_cpu import SUM, forward
from solverhub.problems.graph import Graph

_MOST, _ROWS_A_LOOK = 20, 6000
_LOOKS = 300  # of a walk on a large graph, about
_COVER = "minimum-vertex-cover"


def sample(
    problem: Problem, graph: Graph, recorder: Recorder, params: GFlowNetParams, seed: int
) -> Result:
    """Walk until the budget ends or the patience; the recorder may have an incumbent."""
    family = "maximum-independent-set" if problem.name == _COVER else problem.name
    model = gflownet_weights.load(params.model, family)
    budget = recorder.budget
    device = device_of(budget.device)
    pool = Pool(recorder.sense, params.pool)
    with threads(1 if budget.deterministic else budget.threads):
        sampler = _Sampler(problem, family, graph, recorder, params, pool)
        network = _on(model.network, device)
        limit = sampler.run(network, _how(params, model.sampling, graph), seed, device)
    result = recorder.finish(
        limit, pool=pool.others(recorder.solution), engines={"torch": torch.__version__}
    )
    training = f"{model.training}; {model.range.describe(graph)}"
    if graph.weights is not None or graph.edge_weights is not None:
        training += "; the policy does not see its weights"
    return replace(result, weights=model.digest, training=training)


def warm() -> None:
    """Let Numba compile the loops, or take them from its cache, without touching torch."""
    graph = Graph.from_edges(3, [0, 1], [1, 2])
    for code in rules.CODES.values():
        states = States(code, Graphs.of([graph]), np.zeros(1, np.int64))
        seen = observe(states, np.zeros(1, np.int64))
        forward(SUM, seen.features, seen.indptr, seen.indices, 1.0)
        states.complete()
        states.rewards()


class Pool:
    """Different solutions of the best objective seen, in the order they were found."""

    def __init__(self, sense: Sense, size: int) -> None:
        self.sense, self.size = sense, size
        self.objective: Number | None = None
        self._kept: dict[bytes, np.ndarray] = {}

    def add(self, objective: Number, solution: np.ndarray) -> bool:
        """Take in a solution; True if it is as good as the best and new."""
        if self.objective is None or self.sense.better(objective, self.objective):
            self.objective = objective
            self._kept.clear()
        elif objective != self.objective:
            return False
        key = np.packbits(solution.astype(np.bool_)).tobytes()
        if key in self._kept or len(self._kept) >= self.size:
            return False
        self._kept[key] = solution
        return True

    def others(self, solution: np.ndarray | None) -> tuple[np.ndarray, ...]:
        """Those besides `solution`."""
        kept = self._kept.values()
        return tuple(
            each for each in kept if solution is None or not np.array_equal(each, solution)
        )


class _Sampler:
    """State of one solve."""

    def __init__(
        self,
        problem: Problem,
        family: str,
        graph: Graph,
        recorder: Recorder,
        params: GFlowNetParams,
        pool: Pool,
    ) -> None:
        self.problem, self.graph, self.recorder, self.pool = problem, graph, recorder, pool
        self.code = rules.CODES[family]
        self.joined = Graphs.of([graph])
        self.samples = params.samples or max(1, min(_MOST, _ROWS_A_LOOK // max(1, graph.n)))
        self.patience = 10 * graph.n + 1 if params.patience is None else params.patience
        self.weighted = graph.weights is not None or graph.edge_weights is not None

    def run(self, network: GFlowNetwork, how: Exploration, seed: int, device: str) -> Limit | None:
        """Batches of walks until a limit, a proof, or nothing new for long."""
        recorder = self.recorder
        rng = np.random.default_rng(seed)
        walked, idle = 0, 0
        while idle < self.patience:
            for event in recorder.budget.incoming():
                adopt(self.problem, self.graph, recorder, event)
            limit = recorder.limit(walked)
            if recorder.proved() or (limit is not None and recorder.solution is not None):
                return limit
            size = self._size(walked) if limit is None else 1
            states = States(self.code, self.joined, np.zeros(size, np.int64))
            ended = finish(network, states, rng, how, device=device, go_on=self._go_on)
            if ended is None and recorder.solution is not None:
                continue
            if ended is None:
                states.complete()
            walked += size
            idle = 0 if self._tell(states) else idle + len(states.graph)
        return None

    def _size(self, walked: int) -> int:
        most = self.recorder.budget.iterations
        return self.samples if most is None else min(self.samples, most - walked)

    def _go_on(self) -> bool:
        return self.recorder.limit() is None

    def _tell(self, states: States) -> bool:
        """Record terminal states; True if one is new to the pool."""
        rewards = states.rewards()
        best = np.flatnonzero(rewards == rewards.max())
        rows = np.arange(rewards.size) if self.weighted else best
        fresh = False
        for row in rows:
            solution = self._solution(states.solution(int(row)))
            objective = self.problem.objective(self.graph, solution)
            fresh = self.pool.add(objective, solution) or fresh
            self.recorder.incumbent(objective, solution)
        return fresh

    def _solution(self, chosen: np.ndarray) -> np.ndarray:
        """In the form of the family; a cut has its first vertex on side 0."""
        if self.problem.name == _COVER:
            return ~chosen
        if self.code != rules.CUT:
            return chosen
        return (chosen ^ chosen[:1]).astype(np.int8) if chosen.size else chosen.astype(np.int8)


def _how(params: GFlowNetParams, model: Exploration, graph: Graph) -> Exploration:
    temperature = model.temperature if params.temperature is None else params.temperature
    least = 1 / _LOOKS * 5 if graph.n > 10 * _LOOKS else 0.0
    share = max(model.share, least) if params.share is None else params.share
    return Exploration(temperature=temperature, share=share)


def _on(network: GFlowNetwork, device: str) -> GFlowNetwork:
    if device == "cpu":
        return network
    copy = GFlowNetwork(network.config)
    copy.load_state_dict(network.state_dict())
    return copy.to(device).eval()
