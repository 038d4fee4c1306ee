"""Families, sizes and schedules of training the contrastive policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solverhub.learned.contrastive_network import NetworkConfig


@dataclass(frozen=True, slots=True)
class Preset:
    """One training run on instances of a generator, at a quarter of the measured sizes or less.

    - `radius`, `seconds`, `steps`: see `contrastive_expert.Expert`.
    - `states`: decisions to collect, `validation` of them for the choice of the epoch.
    - `forget`: share of the states that are shown without the LP relaxation, which a search may
      not have in time.
    - `batch`, `rate`, `decay`, `epochs`: of AdamW.
    """

    generator: str
    sizes: Mapping[str, Any]
    radius: int
    seconds: float = 2.0
    steps: int = 6
    states: int = 60
    validation: int = 10
    forget: float = 0.3
    batch: int = 8
    rate: float = 1e-3
    decay: float = 1e-2
    epochs: int = 40
    network: NetworkConfig = field(default_factory=NetworkConfig)

    @property
    def distribution(self) -> str:
        """What it trains on, in words."""
        sizes = ", ".join(f"{name} {value}" for name, value in self.sizes.items())
        return f"{self.generator} ({sizes})"


FAMILIES = {
    "vertex-cover": Preset("vertex-cover", {"n": 250, "m": 70}, 25),
    "independent-set": Preset("independent-set", {"n": 1500}, 150),
    "auction": Preset("auction", {"items": 500, "bids": 1000}, 100),
    "set-cover": Preset("set-cover", {"columns": 600, "rows": 750}, 40),
}

TINY = {
    "vertex-cover": {"n": 30, "m": 5},
    "independent-set": {"n": 80},
    "auction": {"items": 30, "bids": 60},
    "set-cover": {"columns": 60, "rows": 40},
}
"""Sizes for tests."""
