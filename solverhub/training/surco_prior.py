"""`solverhub train surco-prior`: writes the weights of `surco-prior` and `surco-hybrid`.

A network maps an instance to the costs of its linear surrogate and is trained through the linear
solver, on the objective itself or, with `imitation`, towards a better point.  The derivative by the
costs is one of

- `values`: mean over draws Z ~ N(0, 1) of (f(g(c + s Z)) - mean f) Z / s, that of the objective's
  mean over noise (Berthet et al., NeurIPS 2020, arXiv:2002.08676, with values in place of df/dx);
- `blackbox`: (g(c + s G) - g(c)) / s with G = df/dx, one more solve (Vlastelica et al., ICLR 2020,
  arXiv:1912.02175);
- `straight-through`: -G, no further solve (Sahoo et al., ICLR 2023, arXiv:2205.15213);
- `relaxed`: that of the domain's relaxed points, which close in on those of the linear solver;
- `imitation`: the domain's target less the mean over draws of g(c + s Z), that of a Fenchel-Young
  loss (Berthet et al.), which sees where costs stand in each other's way as single draws do not.

Instances are drawn anew for every update, from seeds below a million; the benchmark's begin there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np
import torch

from solverhub.core.errors import InvalidParams
from solverhub.learned.surco import evaluate
from solverhub.learned.surco_domains import DOMAINS, domain
from solverhub.training import loop

GRADIENTS = ("values", "blackbox", "straight-through", "relaxed", "imitation")


@dataclass(frozen=True, slots=True)
class Preset:
    """One training run.

    - `network`: its table in `config.toml`.
    - `reach`: s at first, falling to a third by a cosine, in shares of the domain's units
      (`blackbox`: of the mean size of the costs).
    - `draws`: those of `values` and `imitation`; `batch`: instances an update.
    - `validation`: instances by which the best update is chosen.
    """

    network: dict[str, int]
    gradient: str = "values"
    reach: float = 0.3
    draws: int = 32
    batch: int = 16
    updates: int = 1500
    rate: float = 2e-3
    validation: int = 60
    validate_every: int = 100


PRESETS = {
    "table-sharding": Preset(
        {"width": 32, "rounds": 2},
        "imitation",
        draws=8,
        updates=1000,
        rate=4e-3,
        validate_every=100,
    ),
    "route-planning": Preset({"width": 32}, reach=0.03, updates=1000, rate=1e-3),
    "photonic-design": Preset(
        {"width": 96}, "relaxed", batch=8, updates=2000, rate=2e-3, validate_every=200
    ),
}


class Run(loop.Run):
    """Network and optimiser of one training; the untrained network may turn out the best."""

    untrained = True

    def __init__(self, problem: str, preset: Preset, seed: int) -> None:
        super().__init__(preset, seed, preset.updates, preset.validate_every)
        self.problem, self.preset = problem, preset
        self.domain = domain(problem)
        self.network = self.domain.network(preset.network)
        self.optimiser = torch.optim.Adam(self.network.parameters(), preset.rate)
        rng = np.random.default_rng([self.seed, 2**32])
        self.held = [self.domain.draw(rng) for _ in range(self.preset.validation)]
        first = self.held[0]
        if self.preset.gradient == "imitation" and self.domain.target(first) is None:
            raise InvalidParams(
                f"{self.problem} has nothing to imitate", remedy="choose another gradient"
            )
        if self.preset.gradient == "relaxed":
            zeros = np.zeros_like(self.domain.units(first))
            if self.domain.relaxed(first, zeros, 0.0) is None:
                raise InvalidParams(
                    f"{self.problem} has no relaxation", remedy="choose another gradient"
                )

    def advance(self) -> tuple[float]:
        """One update; the mean objective over the baseline, or the share of the target missed."""
        preset = self.preset
        falling = (1 + math.cos(math.pi * self.done / max(1, preset.updates))) / 2
        loop.set_rate(self.optimiser, preset.rate * (0.05 + 0.95 * falling))
        reach = preset.reach * (1 + 2 * falling) / 3
        rng = np.random.default_rng([self.seed, self.done])
        total = torch.zeros(())
        values: list[float] = []
        while len(values) < preset.batch:
            instance = self.domain.draw(rng)
            costs = self.network(*self.domain.features(instance))
            found = self._slope(instance, costs.detach().double().numpy(), reach, rng)
            if found is not None:
                values.append(found[0])
                total = total + costs @ torch.tensor(found[1], dtype=torch.float32) / preset.batch
        self.optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.done += 1
        return (fmean(values),)

    def _slope(
        self, instance: Any, costs: np.ndarray, reach: float, rng: np.random.Generator
    ) -> tuple[float, np.ndarray] | None:
        """The objective at the costs and its stand-in derivative, both over the baseline, or the
        share of the target that is missed and a derivative that closes in on it."""
        lower, oracle = self.domain.lower(instance), self.domain.oracle(instance)
        if self.preset.gradient == "imitation":
            return self._towards(instance, costs, reach, rng)
        if self.preset.gradient == "relaxed":
            progress = self.done / max(1, self.preset.updates)
            return self.domain.relaxed(instance, costs, progress)
        base = self.domain.baseline(instance)
        if self.preset.gradient != "values":
            x = oracle(np.maximum(costs, lower))
            if x is None:
                return None
            point = evaluate(self.domain.loss(instance), np.asarray(x, dtype=np.float64))
            if self.preset.gradient == "straight-through":
                return point.value / base, -point.slope / base
            s = reach * float(np.abs(costs).mean())
            s /= float(np.abs(point.slope).max()) or 1.0
            ahead = oracle(np.maximum(costs + s * point.slope, lower))
            slope = np.zeros_like(costs) if ahead is None else (ahead - point.x) / s
            return point.value / base, slope / base
        units, noise, points = self._perturbed(instance, costs, reach, rng)
        if points is None:
            return None
        found = np.array([self.domain.value(instance, x) for x in points]) / base
        return float(found.mean()), (found - found.mean()) @ noise / (len(noise) - 1) / units

    def _towards(
        self, instance: Any, costs: np.ndarray, reach: float, rng: np.random.Generator
    ) -> tuple[float, np.ndarray] | None:
        target = self.domain.target(instance)
        units, _, points = self._perturbed(instance, costs, reach, rng)
        if target is None or points is None:
            return None
        apart = target - np.mean(points, axis=0)
        return float(apart @ target / target.sum()), apart / units.sum()

    def _perturbed(
        self, instance: Any, costs: np.ndarray, reach: float, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, list[np.ndarray] | None]:
        """Sizes (n,) and draws (draws, n) of the noise, and points of least cost under it."""
        lower, oracle = self.domain.lower(instance), self.domain.oracle(instance)
        noise = rng.standard_normal((self.preset.draws, costs.size))
        units = reach * self.domain.units(instance)
        points = [oracle(np.maximum(costs + units * z, lower)) for z in noise]
        known = [x for x in points if x is not None]
        return units, noise, known if len(known) == len(points) else None

    def validate(self) -> tuple[float]:
        """Mean objective over the baseline on the held instances, one solve each."""
        found = []
        with torch.no_grad():
            for instance in self.held:
                costs = self.network(*self.domain.features(instance)).double().numpy()
                x = self.domain.oracle(instance)(np.maximum(costs, self.domain.lower(instance)))
                if x is not None:
                    found.append(self.domain.value(instance, x) / self.domain.baseline(instance))
        return (fmean(found),)

    def card(self) -> dict[str, dict[str, Any]]:
        """The network and how it learnt."""
        preset = self.preset
        return {
            "": {"solver": "surco-prior", "problem": self.problem},
            "network": dict(preset.network),
            "training": {"gradient": preset.gradient, "batch": preset.batch},
        }

    def identity(self) -> dict[str, Any]:
        """The problem too."""
        return super().identity() | {"problem": self.problem}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = loop.parser("surco-prior", __doc__)
    domains = [name for name in DOMAINS if name in PRESETS]
    parser.add_argument("--domain", choices=domains, required=True)
    parser.add_argument("--updates", type=int, help="in place of the preset's")
    parser.add_argument("--gradient", choices=GRADIENTS, help="in place of the preset's")
    parser.add_argument("--reach", type=float, help="in place of the preset's")
    given = parser.parse_args(arguments)
    preset = replace(PRESETS[given.domain], **loop.changed(given, "updates", "gradient", "reach"))
    return loop.follow(given, lambda: Run(given.domain, preset, given.seed))


if __name__ == "__main__":
    raise SystemExit(main())
