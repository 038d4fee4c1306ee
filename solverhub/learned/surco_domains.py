"""What SurCo needs to know of a family: its linear oracle, its loss, and features for a prior.

A family joins by one class that follows `Domain` and a line in `DOMAINS`; `surco-zero`,
`surco-prior`, `surco-hybrid` and `solverhub train surco-prior` serve it then.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import nn

from solverhub.core.recorder import Recorder
from solverhub.learned.surco import Objective, Oracle

DOMAINS = {
    "route-planning": "solverhub.learned.surco_routes:Routes",
    "table-sharding": "solverhub.learned.surco_sharding:Sharding",
    "photonic-design": "solverhub.learned.surco_photonics:Photonics",
}
"""Family to `module:Class`; a class takes no arguments and holds no state."""


class Domain(Protocol):
    """One family; costs and points are float64 (n,), with n a number of the instance.

    A prior's network maps the tensors of `features` to costs, float32 (n,), which need not
    respect `lower`: they are cut there.
    """

    def oracle(self, instance: Any) -> Oracle:
        """Costs to a feasible point of least cost."""
        ...

    def loss(self, instance: Any) -> Objective:
        """What is minimised, of a point, in the order of the family's objective."""
        ...

    def value(self, instance: Any, x: np.ndarray) -> float:
        """The loss alone, quickly."""
        ...

    def lower(self, instance: Any) -> float:
        """The least cost that the oracle takes; -inf where it takes all."""
        ...

    def first(self, instance: Any) -> np.ndarray | None:
        """The costs from which `surco-zero` starts; None where no point is known."""
        ...

    def rule(self, instance: Any) -> np.ndarray | None:
        """Costs of a rule of thumb to try beside the prior's own; None where none is cheap."""
        ...

    def solution(self, instance: Any, x: np.ndarray) -> np.ndarray:
        """The family's array of a point."""
        ...

    def bound(self, instance: Any, recorder: Recorder) -> Mapping[str, Any] | None:
        """Record what bound is cheap; its evidence, or None."""
        ...

    def features(self, instance: Any) -> tuple[torch.Tensor, ...]:
        """Inputs of the network."""
        ...

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """A network for the `[network]` table of a model's `config.toml`."""
        ...

    def draw(self, rng: np.random.Generator) -> Any:
        """An instance to train on; `rng` comes from seeds below a million."""
        ...

    def target(self, instance: Any) -> np.ndarray | None:
        """A good point for a prior to imitate, (n,); None where none is known."""
        ...

    def relaxed(
        self, instance: Any, costs: np.ndarray, progress: float
    ) -> tuple[float, np.ndarray] | None:
        """The loss of a relaxed point of costs and its slope by them; None where there is none.

        The relaxation closes in on the linear solve as `progress` goes from 0 to 1.
        """
        ...

    def units(self, instance: Any) -> np.ndarray:
        """A positive size of each cost, (n,), by which the noise of training goes."""
        ...

    def baseline(self, instance: Any) -> float:
        """A positive size of the loss, by which training divides it."""
        ...


@cache
def domain(problem: str) -> Domain:
    """The domain of a family's name."""
    module, _, attribute = DOMAINS[problem].partition(":")
    return cast(Domain, getattr(importlib.import_module(module), attribute)())
