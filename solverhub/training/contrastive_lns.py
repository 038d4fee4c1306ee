"""`solverhub train contrastive-lns`: the weights of the solver `contrastive-lns` for a family.

First the expert (`contrastive_expert`) makes decisions on small instances, then the network learns
to tell the columns that it changed from nearly the same ones that gain nothing.  What the expert
finds within its seconds depends on the machine; from the same examples everything is drawn from
the seed and the number of the epoch.  A checkpoint holds the examples too: a run that is stopped
goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from solverhub.learned.contrastive_network import ContrastiveNetwork
from solverhub.training import checkpoint
from solverhub.training.contrastive_data import Example, Shown, collect, pack, unpack
from solverhub.training.contrastive_losses import contrast, ranking
from solverhub.training.contrastive_presets import FAMILIES, TINY, Preset

FIRST_SEED = 500_000
"""Of the training instances, apart from those that are measured."""


@dataclass
class Run:
    """Examples, network and optimiser of one training, and how far it is."""

    family: str
    preset: Preset
    seed: int
    done: int = 0
    best: float = -math.inf
    collect_s: float = 0.0
    train_s: float = 0.0
    examples: list[Example] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        preset = self.preset
        self.network = ContrastiveNetwork(preset.network)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), preset.rate, weight_decay=preset.decay
        )
        self.shown = Shown(preset)

    @property
    def validation(self) -> list[Example]:
        """The last examples, which are of other instances but for at most one."""
        return self.examples[len(self.examples) - self.preset.validation :]

    def gather(self, folder: Path, until: float) -> bool:
        """Ask the expert for what is missing; False where the instant `until` comes first."""
        started, before = time.process_time(), self.collect_s
        first = self.examples[-1].seed + 1 if self.examples else FIRST_SEED + self.seed * 100_000
        for example in collect(self.preset, count(first)):
            self.examples.append(example)
            self.collect_s = before + time.process_time() - started
            if len(self.examples) % 5 == 0:
                self.save(folder)
            if len(self.examples) >= self.preset.states:
                break
            if time.monotonic() > until:
                return False
        self.save(folder)
        return True

    def advance(self) -> float:
        """One epoch; its mean loss."""
        preset, started = self.preset, time.process_time()
        rng = np.random.default_rng([self.seed, self.done])
        share = self.done / preset.epochs
        for group in self.optimiser.param_groups:
            group["lr"] = preset.rate * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
        losses = []
        taught = self.examples[: len(self.examples) - preset.validation]
        order = rng.permutation(len(taught))
        self.network.train()
        for at in range(0, len(order), preset.batch):
            batch = order[at : at + preset.batch]
            self.optimiser.zero_grad()
            for i in batch:
                example = taught[i]
                inputs = self.shown.inputs(example, bool(rng.random() >= preset.forget))
                loss = contrast(
                    self.network(*inputs), example.state.positives, example.state.negatives
                )
                (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
                losses.append(float(loss.detach()))
            self.optimiser.step()
        self.done += 1
        self.train_s += time.process_time() - started
        return float(np.mean(losses))

    def validate(self) -> float:
        """Mean `ranking` of the best positives of the validation examples."""
        self.network.eval()
        found = []
        with torch.no_grad():
            for example in self.validation:
                logits = self.network(*self.shown.inputs(example, True)).numpy()
                found.append(ranking(logits, example.state.positives[-1]))
        return float(np.mean(found))

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        tensors = {
            "network": self.network.state_dict(),
            "adam": checkpoint.adam_tensors(self.optimiser),
            "examples": pack(self.examples),
        }
        numbers = {
            "epoch": self.done,
            "best": None if math.isinf(self.best) else self.best,
            "collect_s": self.collect_s,
            "train_s": self.train_s,
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
        checkpoint.restore_adam(self.optimiser, tensors.get("adam", {}))
        self.examples = unpack(tensors["examples"])
        self.done, self.best = numbers["epoch"], numbers["best"]
        self.collect_s, self.train_s = numbers["collect_s"], numbers["train_s"]
        self.best = -math.inf if numbers["best"] is None else numbers["best"]
        return True


def train(run: Run, folder: Path, minutes: float = math.inf) -> None:
    """Go on until the run is done or `minutes` have passed; leaves a checkpoint.

    Writes `weights.safetensors` and `config.toml` of the best epoch by validation, and a line of
    `log.csv` for each.
    """
    until = time.monotonic() + 60 * minutes
    if len(run.examples) < run.preset.states and not run.gather(folder, until):
        return
    while run.done < run.preset.epochs and time.monotonic() < until:
        loss = run.advance()
        rank = run.validate()
        _log(folder, run, loss, rank)
        if rank > run.best:
            run.best = rank
            write_model(run, folder)
    run.save(folder)


def write_model(run: Run, folder: Path) -> None:
    """`weights.safetensors` and `config.toml` of the network as it is."""
    preset = run.preset
    weights = {name: value.contiguous() for name, value in run.network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    lines = ['solver = "contrastive-lns"', 'problem = "ilp"', f'family = "{run.family}"']
    lines += ["", "[network]"]
    lines += [f"{name} = {value}" for name, value in preset.network.to_mapping().items()]
    lines += ["", "[training]", f'distribution = "{preset.distribution}"']
    seeds = sorted({example.seed for example in run.examples})
    lines += [f"first_seed = {seeds[0]}", f"last_seed = {seeds[-1]}"]
    lines += [f"examples = {len(run.examples)}", f"seed = {run.seed}", f"epochs = {run.done}"]
    lines += [f"expert_core_minutes = {run.collect_s / 60:.1f}"]
    lines += [f"core_minutes = {run.train_s / 60:.1f}", f"validation = {run.best:.5f}"]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _log(folder: Path, run: Run, loss: float, rank: float) -> None:
    path = folder / "log.csv"
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["epoch", "loss", "validation", "expert_s", "train_s"])
        row = [loss, rank, run.collect_s, run.train_s]
        writer.writerow([run.done, *(f"{value:.5f}" for value in row)])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = argparse.ArgumentParser(
        prog="solverhub train contrastive-lns", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--family", choices=sorted(FAMILIES), required=True)
    parser.add_argument("--tiny", action="store_true", help="sizes for a try")
    parser.add_argument("--out", type=Path, required=True, help="folder; a run there goes on")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long")
    parser.add_argument(
        "--states", type=int, help="decisions of the expert in place of the preset's"
    )
    parser.add_argument("--epochs", type=int, help="likewise")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    preset = FAMILIES[given.family]
    if given.tiny:
        preset = replace(preset, sizes=TINY[given.family], radius=10, seconds=0.5, validation=1)
    if given.states is not None:
        preset = replace(preset, states=given.states)
    if given.epochs is not None:
        preset = replace(preset, epochs=given.epochs)
    given.out.mkdir(parents=True, exist_ok=True)
    run = Run(given.family, preset, given.seed)
    resumed = run.restore(given.out)
    print(f"epoch {run.done} of {preset.epochs}{', resumed' if resumed else ''}", flush=True)
    train(run, given.out, given.minutes)
    print(f"epoch {run.done} of {preset.epochs}, validation {run.best:.4f}: {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
