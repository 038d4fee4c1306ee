"""Sizes and schedules of training the job-shop policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from solverhub.learned.job_shop_network import NetworkConfig


@dataclass(frozen=True, slots=True)
class Preset:
    """One training run; a step is one update from one step of every walk of one pool.

    - `pools`: (n_jobs, n_machines, walks); steps take them in turn.
    - `length`: steps of a walk before it gets another shop.
    - `imitation`, `reinforcement`: updates of each stage, the second after the first.
    - `temperature`: of the teacher's targets, in shares of twice the mean duration.
    - `rate`, `reinforcement_rate`: Adam's, the first falling to a twentieth by a cosine.
    - `horizon`, `bonus`: n of n-step REINFORCE and the weight of the entropy.
    - `validate_every`: updates between looks at the validation shops and checkpoints.
    """

    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(width=32, layers=3))
    pools: tuple[tuple[int, int, int], ...] = (
        (10, 10, 32),
        (15, 10, 21),
        (15, 15, 14),
        (20, 15, 11),
    )
    length: int = 400
    imitation: int = 10000
    reinforcement: int = 0
    temperature: float = 0.02
    rate: float = 1e-3
    reinforcement_rate: float = 5e-5
    horizon: int = 10
    bonus: float = 1e-5
    validate_every: int = 1000

    @property
    def distribution(self) -> str:
        """What it trains on, in words."""
        sizes = ", ".join(f"{jobs}x{machines}" for jobs, machines, _ in self.pools)
        return f"random shops of {sizes}, every job once on every machine, durations U[1, 99]"


PRESETS = {
    "small": Preset(),
    "large": Preset(
        network=NetworkConfig(width=128),
        pools=((10, 10, 1024),),
        length=500,
        imitation=4000,
        reinforcement=2000,
        validate_every=250,
    ),
    "tiny": Preset(
        network=NetworkConfig(width=16, layers=2, score_layers=2),
        pools=((6, 6, 32),),
        length=60,
        imitation=120,
        rate=5e-3,
        validate_every=60,
    ),
}
"""`small` is made for a CPU core, `large` for one GPU and half an hour, `tiny` for tests."""
