"""`solverhub train surco-prior`: writes the weights of `surco-prior` and `surco-hybrid`.

A network maps an instance to the costs of its linear surrogate and is trained through the linear
solver, on the objective itself or, with `imitation`, towards a better point.  The derivative by the
costs is one of

- `values`: mean over draws Z ~ N(0, 1) of (f(g(c + s Z)) - mean f) Z / s, that of the objective's
  mean over noise (Berthet et al., NeurIPS 2020, arXiv:2002.08676, with values in place of df/dx);
- `blackbox`: (g(c + s G) - g(c)) / s with G = df/dx, one more solve (Vlastelica et al., ICLR 2020,
  arXiv:1912.02175);
- `straight-through`: -G, no further solve (Sahoo et al., ICLR 2023, arXiv:2205.15213);
- `imitation`: the domain's target less the mean over draws of g(c + s Z), that of a Fenchel-Young
  loss (Berthet et al.), which sees where costs stand in each other's way as single draws do not.

Instances are drawn anew for every update, from seeds below a million; the benchmark's begin there.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from solverhub.core.errors import InvalidParams
from solverhub.learned.surco import evaluate
from solverhub.learned.surco_domains import DOMAINS, domain
from solverhub.training import checkpoint

GRADIENTS = ("values", "blackbox", "straight-through", "imitation")


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
        {"width": 128}, gradient="straight-through", batch=8, updates=20_000, rate=1e-3
    ),
}


@dataclass
class Run:
    """Network and optimiser of one training, and how far it is."""

    problem: str
    preset: Preset
    seed: int
    update: int = 0
    best: float = math.inf
    spent_s: float = 0.0

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.domain = domain(self.problem)
        self.network = self.domain.network(self.preset.network)
        self.optimiser = torch.optim.Adam(self.network.parameters(), self.preset.rate)
        rng = np.random.default_rng([self.seed, 2**32])
        self.held = [self.domain.draw(rng) for _ in range(self.preset.validation)]
        if self.preset.gradient == "imitation" and self.domain.target(self.held[0]) is None:
            raise InvalidParams(
                f"{self.problem} has nothing to imitate", remedy="choose another gradient"
            )

    def advance(self) -> float:
        """One update; the mean objective over the baseline, or the share of the target missed."""
        preset = self.preset
        falling = (1 + math.cos(math.pi * self.update / max(1, preset.updates))) / 2
        for group in self.optimiser.param_groups:
            group["lr"] = preset.rate * (0.05 + 0.95 * falling)
        reach = preset.reach * (1 + 2 * falling) / 3
        rng = np.random.default_rng([self.seed, self.update])
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
        self.update += 1
        return fmean(values)

    def _slope(
        self, instance: Any, costs: np.ndarray, reach: float, rng: np.random.Generator
    ) -> tuple[float, np.ndarray] | None:
        """The objective at the costs and its stand-in derivative, both over the baseline, or the
        share of the target that is missed and a derivative that closes in on it."""
        lower, oracle = self.domain.lower(instance), self.domain.oracle(instance)
        if self.preset.gradient == "imitation":
            return self._towards(instance, costs, reach, rng)
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

    def validate(self) -> float:
        """Mean objective over the baseline on the held instances, one solve each."""
        found = []
        with torch.no_grad():
            for instance in self.held:
                costs = self.network(*self.domain.features(instance)).double().numpy()
                x = self.domain.oracle(instance)(np.maximum(costs, self.domain.lower(instance)))
                if x is not None:
                    found.append(self.domain.value(instance, x) / self.domain.baseline(instance))
        return fmean(found)

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        tensors = {
            "network": self.network.state_dict(),
            "adam": checkpoint.adam_tensors(self.optimiser),
        }
        best = None if math.isinf(self.best) else self.best
        numbers = {"update": self.update, "best": best, "spent_s": self.spent_s}
        checkpoint.save(folder, tensors, numbers | self._identity())

    def restore(self, folder: Path) -> bool:
        """Go on from the folder's checkpoint; False where there is none for this run."""
        found = checkpoint.load(folder)
        if found is None or {key: found[1].get(key) for key in self._identity()} != (
            self._identity()
        ):
            return False
        tensors, numbers = found
        self.network.load_state_dict(tensors["network"])
        checkpoint.restore_adam(self.optimiser, tensors["adam"])
        self.update, self.spent_s = numbers["update"], numbers["spent_s"]
        self.best = math.inf if numbers["best"] is None else numbers["best"]
        return True

    def _identity(self) -> dict[str, Any]:
        return {"problem": self.problem, "seed": self.seed, "preset": repr(self.preset)}


def train(run: Run, folder: Path, minutes: float = math.inf) -> None:
    """Go on until the run is done or `minutes` have passed; leaves a checkpoint.

    Writes `weights.safetensors` and `config.toml` of the best update by validation, the untrained
    network included, and a line of `log.csv` for each validation.
    """
    started, before_s = time.monotonic(), run.spent_s
    told: list[float] = []

    def tell() -> None:
        run.spent_s = before_s + time.monotonic() - started
        found = run.validate()
        with (folder / "log.csv").open("a", newline="") as file:
            mean = fmean(told) if told else math.nan
            row = [f"{value:.6f}" for value in (mean, found, run.spent_s)]
            csv.writer(file).writerow([run.update, *row])
        print(run.update, *row, flush=True)
        told.clear()
        if found < run.best:
            run.best = found
            write_model(run, folder)
        run.save(folder)

    if run.update == 0:
        tell()
    while run.update < run.preset.updates and time.monotonic() - started < 60 * minutes:
        told.append(run.advance())
        if run.update % run.preset.validate_every == 0 or run.update == run.preset.updates:
            tell()
    if told:
        tell()


def write_model(run: Run, folder: Path) -> None:
    """`weights.safetensors` and `config.toml` of the network as it is."""
    weights = {name: value.contiguous() for name, value in run.network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    lines = ['solver = "surco-prior"', f'problem = "{run.problem}"', "", "[network]"]
    lines += [f"{name} = {value}" for name, value in run.preset.network.items()]
    lines += ["", "[training]", f'gradient = "{run.preset.gradient}"', f"seed = {run.seed}"]
    lines += [f"updates = {run.update}", f"batch = {run.preset.batch}"]
    lines += [f"core_minutes = {run.spent_s / 60:.1f}", f"validation = {run.best:.6f}"]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = argparse.ArgumentParser(
        prog="solverhub train surco-prior", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--domain", choices=[name for name in DOMAINS if name in PRESETS])
    parser.add_argument("--out", type=Path, required=True, help="folder; a run there goes on")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long")
    parser.add_argument("--updates", type=int, help="in place of the preset's")
    parser.add_argument("--gradient", choices=GRADIENTS, help="in place of the preset's")
    parser.add_argument("--reach", type=float, help="in place of the preset's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    if given.domain is None:
        parser.error("name a --domain")
    torch.set_num_threads(given.threads)
    asked = {key: getattr(given, key) for key in ("updates", "gradient", "reach")}
    changed = {key: value for key, value in asked.items() if value is not None}
    run = Run(given.domain, replace(PRESETS[given.domain], **changed), given.seed)
    given.out.mkdir(parents=True, exist_ok=True)
    resumed = run.restore(given.out)
    print(
        f"update {run.update} of {run.preset.updates}{', resumed' if resumed else ''}", flush=True
    )
    train(run, given.out, given.minutes)
    print(f"update {run.update} of {run.preset.updates}, best {run.best:.6f}: {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
