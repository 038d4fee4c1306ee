"""`solverhub train gflownet`: writes the weights of the solver `gflownet` for one family.

Each update makes backward walks from good solutions of training graphs likely and balances the
flow on pieces of those walks and of the policy's own (`gflownet_losses`); own solutions that
are better than the search's take their places.  Everything is drawn from the seed and the number of
the update, and a checkpoint holds the own walks too: a run that is stopped and started again
ends with the weights of one that was not.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from solverhub.learned import gflownet_rules as rules
from solverhub.learned.gflownet_network import GFlowNetwork
from solverhub.learned.gflownet_range import Range
from solverhub.learned.gflownet_rollout import finish
from solverhub.learned.gflownet_states import States
from solverhub.training import checkpoint
from solverhub.training.gflownet_data import Corpus, graphs_of
from solverhub.training.gflownet_presets import PRESETS, Preset
from solverhub.training.gflownet_updates import Told, Walk, update
from solverhub.training.gflownet_validation import validate


@dataclass
class Run:
    """Network, optimiser, corpus and own walks of one training, and how far it is."""

    preset: Preset
    seed: int
    device: str
    done: int = 0
    best: float = -math.inf
    spent_s: float = 0.0
    own: list[Walk] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        preset = self.preset
        self.network = GFlowNetwork(preset.network).to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), preset.rate)
        graphs = graphs_of(preset.problem, preset.generator, range(preset.graphs))
        self.range = Range.of(graphs)
        self.corpus = Corpus.of(preset.problem, graphs, preset.solutions, preset.effort)

    @property
    def beta(self) -> float:
        """The inverse temperature of the next update."""
        low, high = self.preset.beta
        return low + (high - low) * min(1.0, 2 * self.done / self.preset.updates)

    def advance(self) -> Told:
        """One update, after new own walks where it is time for them."""
        preset = self.preset
        rng = np.random.default_rng([self.seed, self.done])
        share = self.done / preset.updates
        for group in self.optimiser.param_groups:
            group["lr"] = preset.rate * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
        if self.done % preset.every == 0 and preset.balance > 0:
            self._walk(rng)
        told = update(
            self.network, self.optimiser, self.corpus, self.own, preset, self.beta, rng, self.device
        )
        self.done += 1
        return told

    def _walk(self, rng: np.random.Generator) -> None:
        preset = self.preset
        graph = rng.integers(preset.graphs, size=preset.rollouts)
        states = States(self.corpus.code, self.corpus.graphs, graph)
        found = finish(self.network, states, rng, preset.explore, device=self.device)
        assert found is not None
        self.own = [Walk(int(graph[w]), found.actions(w)) for w in range(preset.rollouts)]
        self.corpus.add(states)

    def validate(self) -> tuple[float, float]:
        """See `gflownet_validation.validate`."""
        p = self.preset
        return validate(
            self.network, p.problem, p.generator, p.validation, p.effort, p.sampling, self.device
        )

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        actions = [walk.actions for walk in self.own]
        tensors = {
            "network": self.network.state_dict(),
            "adam": checkpoint.adam_tensors(self.optimiser),
            "corpus": self.corpus.tensors(),
            "own": {
                "graph": torch.tensor([walk.graph for walk in self.own], dtype=torch.int64),
                "length": torch.tensor([each.size for each in actions], dtype=torch.int64),
                "actions": torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *actions])),
            },
        }
        numbers = {
            "update": self.done,
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
        self.corpus.restore(tensors["corpus"])
        own = tensors["own"]
        parts = torch.split(own["actions"], own["length"].tolist())
        graph = own["graph"].tolist()
        self.own = [Walk(g, part.numpy()) for g, part in zip(graph, parts, strict=False)]
        self.done, self.spent_s = numbers["update"], numbers["spent_s"]
        self.best = -math.inf if numbers["best"] is None else numbers["best"]
        return True


def train(run: Run, folder: Path, minutes: float = math.inf) -> None:
    """Go on until the run is done or `minutes` have passed; leaves a checkpoint.

    Writes `weights.safetensors` and `config.toml` of the best update by validation, and a line
    of `log.csv` for each validation.
    """
    started, spent = time.process_time(), run.spent_s
    began = time.monotonic()
    told: list[Told] = []

    def tell() -> None:
        run.spent_s = spent + time.process_time() - started
        mean, best = run.validate()
        _log(folder, run, told, mean, best)
        told.clear()
        score = -best if run.preset.problem == "minimum-dominating-set" else best
        if score > run.best:
            run.best = score
            write_model(run, folder, mean, best)
        run.save(folder)

    while run.done < run.preset.updates and time.monotonic() - began < 60 * minutes:
        told.append(run.advance())
        if run.done % run.preset.validate_every == 0 or run.done == run.preset.updates:
            tell()
    if told:
        run.spent_s = spent + time.process_time() - started
        run.save(folder)


def write_model(run: Run, folder: Path, mean: float, best: float) -> None:
    """`weights.safetensors` and `config.toml` of the network as it is."""
    preset = run.preset
    weights = {name: value.cpu().contiguous() for name, value in run.network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    lines = ['solver = "gflownet"', f'problem = "{preset.problem}"', "", "[network]"]
    for name, value in preset.network.to_mapping().items():
        lines.append(f"{name} = " + (f'"{value}"' if isinstance(value, str) else str(value)))
    how = preset.sampling
    lines += ["", "[sampling]", f"temperature = {how.temperature}", f"share = {how.share}"]
    lines += ["", "[training]", f'distribution = "{preset.generator}, {preset.graphs} graphs"']
    lines += [f"{name} = [{low}, {high}]" for name, (low, high) in run.range.to_mapping().items()]
    lines += [f"seed = {run.seed}", f"updates = {run.done}", f'device = "{run.device}"']
    lines += [f"core_minutes = {run.spent_s / 60:.1f}"]
    lines += [f"validation_mean = {mean:.5f}", f"validation_best = {best:.5f}"]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _log(folder: Path, run: Run, told: list[Told], mean: float, best: float) -> None:
    path = folder / "log.csv"
    fresh = not path.exists()
    losses = [np.mean([each.likelihood for each in told]), np.mean([each.balance for each in told])]
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["update", "likelihood", "balance", "mean", "best", "spent_s"])
        row = [*losses, mean, best, run.spent_s]
        writer.writerow([run.done, *(f"{value:.5f}" for value in row)])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = argparse.ArgumentParser(
        prog="solverhub train gflownet", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--problem", choices=sorted(rules.CODES), required=True)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--out", type=Path, required=True, help="folder; a run there goes on")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long")
    parser.add_argument("--updates", type=int, help="in place of the preset's")
    parser.add_argument("--balance", type=float, help="weight of the balance likewise")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    preset = PRESETS[given.preset][given.problem]
    if given.updates is not None:
        preset = replace(preset, updates=given.updates)
    if given.balance is not None:
        preset = replace(preset, balance=given.balance)
    given.out.mkdir(parents=True, exist_ok=True)
    run = Run(preset, given.seed, given.device)
    resumed = run.restore(given.out)
    print(f"update {run.done} of {preset.updates}{', resumed' if resumed else ''}", flush=True)
    train(run, given.out, given.minutes)
    print(f"update {run.done} of {preset.updates}, validation {abs(run.best):.4f}: {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
