"""`solverhub train job-shop-policy`: writes the weights of the solver `job-shop-policy`.

First the network imitates a teacher that tries every legal swap (`job_shop_teacher`), then,
where the preset says so, REINFORCE goes on from there (arXiv:2211.10936, which begins with
it and spends a million steps).  A checkpoint holds the walks too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from solverhub.learned.job_shop_network import PolicyNetwork
from solverhub.training import loop
from solverhub.training.job_shop_presets import PRESETS, Preset
from solverhub.training.job_shop_updates import imitate, reinforce
from solverhub.training.job_shop_validation import validate
from solverhub.training.job_shop_walks import Walks


class Run(loop.Run):
    """Network, optimiser and walks of one training; losses of the second stage are rewards."""

    def __init__(self, preset: Preset, seed: int, device: str) -> None:
        total = preset.imitation + preset.reinforcement
        super().__init__(preset, seed, total, preset.validate_every)
        self.preset, self.device = preset, device
        self.network: PolicyNetwork = PolicyNetwork(preset.network).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), preset.rate)
        self.pools = [
            Walks(jobs, machines, walks, preset.length, seed, device)
            for jobs, machines, walks in preset.pools
        ]

    def advance(self) -> tuple[float]:
        """One update; its loss, or mean reward in the second stage."""
        preset = self.preset
        taught = self.done < preset.imitation
        falling = preset.rate * loop.cosine(min(1.0, self.done / max(1, preset.imitation)), 0.05)
        loop.set_rate(self.optimiser, falling if taught else preset.reinforcement_rate)
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + self.done)
        walks = self.pools[self.done % len(self.pools)]
        told = (imitate if taught else reinforce)(self.network, self.optimiser, walks, preset, draw)
        self.done += 1
        return (told,)

    def validate(self) -> tuple[float]:
        """See `job_shop_validation.validate`."""
        return (validate(self.network, self.device),)

    def card(self) -> dict[str, dict[str, Any]]:
        """The network and the shops it saw."""
        preset = self.preset
        sizes = [[jobs, machines] for jobs, machines, _ in preset.pools]
        return {
            "": {"solver": "job-shop-policy", "problem": "job-shop"},
            "network": preset.network.to_mapping(),
            "training": {
                "distribution": preset.distribution,
                "sizes": sizes,
                "device": self.device,
            },
        }

    def tensors(self) -> dict[str, Mapping[str, torch.Tensor]]:
        """Those of every run and the walks."""
        walks = {f"walks{k}": walks.tensors() for k, walks in enumerate(self.pools)}
        return super().tensors() | walks

    def take(self, tensors: loop.Tensors, numbers: Mapping[str, Any]) -> None:
        """As for every run, and the walks."""
        super().take(tensors, numbers)
        for k, walks in enumerate(self.pools):
            walks.restore(tensors[f"walks{k}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = loop.parser("job-shop-policy", __doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument(
        "--updates",
        dest="imitation",
        type=int,
        help="imitation updates in place of the preset's",
    )
    parser.add_argument("--reinforcement", type=int, help="REINFORCE updates likewise")
    given = parser.parse_args(arguments)
    preset = replace(PRESETS[given.preset], **loop.changed(given, "imitation", "reinforcement"))
    return loop.follow(given, lambda: Run(preset, given.seed, given.device))


if __name__ == "__main__":
    raise SystemExit(main())
