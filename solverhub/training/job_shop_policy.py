"""`solverhub train job-shop-policy`: writes the weights of the solver `job-shop-policy`.

First the network imitates a teacher that tries every legal swap (`job_shop_teacher`), then,
where the preset says so, REINFORCE goes on from there (arXiv:2211.10936, which begins with
it and spends a million steps).  Everything is drawn from the seed and the number of the
update, and a checkpoint holds the walks too: a run that is stopped and started again ends
with the weights of one that was not.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from solverhub.learned.job_shop_network import PolicyNetwork
from solverhub.training import checkpoint
from solverhub.training.job_shop_presets import PRESETS, Preset
from solverhub.training.job_shop_updates import imitate, reinforce
from solverhub.training.job_shop_validation import validate
from solverhub.training.job_shop_walks import Walks


@dataclass
class Run:
    """Network, optimiser and walks of one training, and how far it is."""

    preset: Preset
    seed: int
    device: str
    update: int = 0
    best: float = math.inf
    spent_s: float = 0.0

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.network = PolicyNetwork(self.preset.network).to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), self.preset.rate)
        self.pools = [
            Walks(jobs, machines, walks, self.preset.length, self.seed, self.device)
            for jobs, machines, walks in self.preset.pools
        ]

    @property
    def total(self) -> int:
        """Updates of the whole run."""
        return self.preset.imitation + self.preset.reinforcement

    def advance(self) -> float:
        """One update; its loss, or mean reward in the second stage."""
        preset = self.preset
        taught = self.update < preset.imitation
        share = min(1.0, self.update / max(1, preset.imitation))
        falling = preset.rate * (0.05 + 0.95 * (1 + math.cos(math.pi * share)) / 2)
        for group in self.optimiser.param_groups:
            group["lr"] = falling if taught else preset.reinforcement_rate
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + self.update)
        walks = self.pools[self.update % len(self.pools)]
        told = (imitate if taught else reinforce)(self.network, self.optimiser, walks, preset, draw)
        self.update += 1
        return told

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        tensors = {
            "network": self.network.state_dict(),
            "adam": checkpoint.adam_tensors(self.optimiser),
            **{f"walks{k}": walks.tensors() for k, walks in enumerate(self.pools)},
        }
        numbers = {
            "update": self.update,
            "best": None if math.isinf(self.best) else self.best,
            "spent_s": self.spent_s,
            "seed": self.seed,
            "preset": repr(self.preset),
        }
        checkpoint.save(folder, tensors, numbers)

    def restore(self, folder: Path) -> bool:
        """Go on from the folder's checkpoint; False where there is none for this run."""
        found = checkpoint.load(folder)
        if found is None or found[1]["preset"] != repr(self.preset):
            return False
        tensors, numbers = found
        if numbers["seed"] != self.seed:
            return False
        self.network.load_state_dict(tensors["network"])
        checkpoint.restore_adam(self.optimiser, tensors["adam"])
        for k, walks in enumerate(self.pools):
            walks.restore(tensors[f"walks{k}"])
        self.update, self.spent_s = numbers["update"], numbers["spent_s"]
        self.best = math.inf if numbers["best"] is None else numbers["best"]
        return True


def train(run: Run, folder: Path, minutes: float = math.inf) -> None:
    """Go on until the run is done or `minutes` have passed; leaves a checkpoint.

    Writes `weights.safetensors` and `config.toml` of the best update by validation, and a line
    of `log.csv` for each validation.
    """
    started, before_s = time.monotonic(), run.spent_s
    told: list[float] = []

    def tell() -> None:
        run.spent_s = before_s + time.monotonic() - started
        excess = validate(run.network, run.device)
        _log(folder, [run.update, sum(told) / max(1, len(told)), excess, run.spent_s])
        told.clear()
        if excess < run.best:
            run.best = excess
            write_model(run, folder)
        run.save(folder)

    while run.update < run.total and time.monotonic() - started < 60 * minutes:
        told.append(run.advance())
        if run.update % run.preset.validate_every == 0 or run.update == run.total:
            tell()
        elif run.update % 50 == 0:
            run.spent_s = before_s + time.monotonic() - started
    if told:
        run.spent_s = before_s + time.monotonic() - started
        run.save(folder)


def write_model(run: Run, folder: Path) -> None:
    """`weights.safetensors` and `config.toml` of the network as it is."""
    weights = {name: value.cpu().contiguous() for name, value in run.network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    lines = ['solver = "job-shop-policy"', 'problem = "job-shop"', "", "[network]"]
    for name, value in run.preset.network.to_mapping().items():
        lines.append(f"{name} = " + (f'"{value}"' if isinstance(value, str) else str(value)))
    sizes = ", ".join(f"[{jobs}, {machines}]" for jobs, machines, _ in run.preset.pools)
    lines += ["", "[training]", f'distribution = "{run.preset.distribution}"', f"sizes = [{sizes}]"]
    lines += [f"seed = {run.seed}", f"updates = {run.update}", f'device = "{run.device}"']
    lines += [f"core_minutes = {run.spent_s / 60:.1f}", f"validation = {run.best:.5f}"]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _log(folder: Path, row: list[float]) -> None:
    path = folder / "log.csv"
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["update", "loss", "validation", "spent_s"])
        writer.writerow([row[0], *(f"{value:.5f}" for value in row[1:])])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = argparse.ArgumentParser(
        prog="solverhub train job-shop-policy", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--out", type=Path, required=True, help="folder; a run there goes on")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long")
    parser.add_argument("--updates", type=int, help="imitation updates in place of the preset's")
    parser.add_argument("--reinforcement", type=int, help="REINFORCE updates likewise")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    preset = PRESETS[given.preset]
    if given.updates is not None:
        preset = replace(preset, imitation=given.updates)
    if given.reinforcement is not None:
        preset = replace(preset, reinforcement=given.reinforcement)
    given.out.mkdir(parents=True, exist_ok=True)
    run = Run(preset, given.seed, given.device)
    resumed = run.restore(given.out)
    print(f"update {run.update} of {run.total}{', resumed' if resumed else ''}", flush=True)
    train(run, given.out, given.minutes)
    print(f"update {run.update} of {run.total}, validation {run.best:.4f}: {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
