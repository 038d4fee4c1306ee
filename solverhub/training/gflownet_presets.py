"""Sizes and schedules of training the GFlowNet, by family."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from solverhub.learned.gflownet_network import NetworkConfig
from solverhub.learned.gflownet_rollout import Exploration


@dataclass(frozen=True, slots=True)
class Preset:
    """One training run.

    - `generator`, `graphs`: what it trains on; `solutions` and `effort`: how many solutions of
      each graph the search gives, and its iterations.
    - `updates`, `rate`: of Adam, falling to a fiftieth by a cosine.
    - `states`: states an update for the likelihood of backward walks.
    - `pieces`, `steps`, `decay`: pieces of walks an update for the balance, and their length;
      half of them from the policy's own walks.
    - `balance`: weight of the balance.
    - `rollouts`, `every`: own walks, and updates between them; `explore`: how they are drawn.
    - `beta`: inverse temperature at the start and the end, rising linearly over the first half.
    - `unit`: a reward that counts as 1.
    - `validation`, `validate_every`: graphs and walks a graph, and updates between looks.
    - `sampling`: how validation draws, and solvers by default.
    """

    problem: str
    generator: str
    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(width=48, layers=3))
    graphs: int = 600
    solutions: int = 3
    effort: int = 10_000
    updates: int = 3000
    rate: float = 2e-3
    states: int = 48
    pieces: int = 8
    steps: int = 3
    decay: float = 0.9
    balance: float = 0.02
    rollouts: int = 32
    every: int = 40
    explore: Exploration = field(default_factory=lambda: Exploration(1.0, 0.05, 0.0))
    beta: tuple[float, float] = (1.0, 8.0)
    unit: float = 1.0
    validation: tuple[int, int] = (24, 8)
    validate_every: int = 500
    sampling: Exploration = field(default_factory=lambda: Exploration(0.3))


_SMALL = {
    "maximum-independent-set": Preset("maximum-independent-set", "rb-small"),
    "maximum-clique": Preset(
        "maximum-clique",
        "rb-small",
        network=NetworkConfig(width=32, layers=3),
        effort=2000,
        sampling=Exploration(0.7),
    ),
    "minimum-dominating-set": Preset(
        "minimum-dominating-set",
        "ba-small",
        network=NetworkConfig(width=32, layers=3),
        effort=5000,
        updates=4000,
        states=24,
        pieces=6,
        rollouts=8,
        explore=Exploration(1.0, 0.05, 0.1),
        validation=(16, 4),
        sampling=Exploration(0.1, share=0.1),
    ),
    "max-cut": Preset(
        "max-cut",
        "ba-small",
        network=NetworkConfig(width=32, layers=3),
        effort=1000,
        updates=2500,
        states=32,
        pieces=8,
        rollouts=16,
        unit=8.0,
        explore=Exploration(1.0, 0.05, 0.1),
        validation=(16, 8),
        sampling=Exploration(0.3, share=0.1),
    ),
}
_FULL = NetworkConfig(width=256, layers=4)
PRESETS: dict[str, dict[str, Preset]] = {
    "small": _SMALL,
    "large": {
        problem: replace(
            preset,
            network=_FULL,
            graphs=4000,
            updates=40_000,
            rate=1e-3,
            states=256,
            pieces=64,
            rollouts=256,
            validation=(64, 20),
        )
        for problem, preset in _SMALL.items()
    },
    "tiny": {
        problem: replace(
            preset,
            network=NetworkConfig(width=16, layers=2),
            graphs=8,
            updates=60,
            rate=5e-3,
            states=8,
            pieces=4,
            rollouts=4,
            every=20,
            validation=(4, 2),
            validate_every=30,
        )
        for problem, preset in _SMALL.items()
    },
}
"""`small` is made for a CPU core, `large` for one GPU and half an hour, `tiny` for tests."""
