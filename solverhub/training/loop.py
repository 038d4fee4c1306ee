"""What all trainings share: a run and its checkpoints, the loop over its updates, the command.

Everything in an update is drawn from the seed and its number, and a checkpoint holds whatever
else lasts from one to the next: a run that is stopped and started again ends with the weights of
one that was not.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors.torch import save_file

from solverhub.training import checkpoint

Tensors = Mapping[str, Mapping[str, torch.Tensor]]


class Run(ABC):
    """Network and optimiser of one training, and how far it is.

    - `done` of `total` updates, a look at the validation after each `every` of them and the last.
    - `best`: the best score so far, the smaller the better unless `maximise`.
    - `spent_s`: processor time of the updates and looks.
    - `unit`: what an update is called; `losses` and `scores`: names of what `advance` and
      `validate` return.
    - `untrained`: whether the network is a candidate as it begins.
    """

    unit: ClassVar[str] = "update"
    losses: ClassVar[tuple[str, ...]] = ("loss",)
    scores: ClassVar[tuple[str, ...]] = ("validation",)
    untrained: ClassVar[bool] = False
    network: torch.nn.Module
    optimiser: torch.optim.Optimizer

    def __init__(
        self, preset: object, seed: int, total: int, every: int, *, maximise: bool = False
    ) -> None:
        torch.manual_seed(seed)
        self.seed, self.total, self.every, self.maximise = seed, total, every, maximise
        self._preset = repr(preset)
        self.done, self.spent_s = 0, 0.0
        self.best = -math.inf if maximise else math.inf

    @abstractmethod
    def advance(self) -> tuple[float, ...]:
        """One update; its `losses`."""

    @abstractmethod
    def validate(self) -> tuple[float, ...]:
        """`scores` of the network as it is; the last one chooses the best."""

    @abstractmethod
    def card(self) -> dict[str, dict[str, Any]]:
        """Tables of `config.toml`, "" for what stands above them."""

    def prepare(self, folder: Path, until: float) -> bool:
        """What comes before the updates; False where the instant `until` comes first."""
        return True

    def identity(self) -> dict[str, Any]:
        """What a checkpoint must agree in."""
        return {"seed": self.seed, "preset": self._preset}

    def tensors(self) -> dict[str, Mapping[str, torch.Tensor]]:
        """Of the checkpoint, in groups."""
        adam = checkpoint.adam_tensors(self.optimiser)
        return {"network": self.network.state_dict(), "adam": adam}

    def numbers(self) -> dict[str, Any]:
        """Of the checkpoint, JSON-ready."""
        best = None if math.isinf(self.best) else self.best
        return {self.unit: self.done, "best": best, "spent_s": self.spent_s}

    def take(self, tensors: Tensors, numbers: Mapping[str, Any]) -> None:
        """Go on from `tensors` and `numbers`."""
        self.network.load_state_dict(tensors["network"])
        checkpoint.restore_adam(self.optimiser, tensors.get("adam", {}))
        self.done, self.spent_s = numbers[self.unit], numbers["spent_s"]
        if numbers["best"] is not None:
            self.best = numbers["best"]

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        checkpoint.save(folder, self.tensors(), self.numbers() | self.identity())

    def restore(self, folder: Path) -> bool:
        """Go on from the folder's checkpoint; False where there is none for this run."""
        found, own = checkpoint.load(folder), self.identity()
        if found is None or {key: found[1].get(key) for key in own} != own:
            return False
        self.take(*found)
        return True


def train(run: Run, folder: Path, minutes: float = math.inf) -> None:
    """Go on until the run is done or `minutes` have passed; leaves a checkpoint.

    Writes `weights.safetensors` and `config.toml` of the best update by validation, and a line
    of `log.csv` for each validation.
    """
    until = time.monotonic() + 60 * minutes
    if not run.prepare(folder, until):
        return
    started = time.process_time() - run.spent_s
    told: list[tuple[float, ...]] = []

    def look() -> None:
        scores = run.validate()
        run.spent_s = time.process_time() - started
        losses = np.mean(told, axis=0) if told else [math.nan] * len(run.losses)
        _log(folder, run, [*losses, *scores, run.spent_s])
        told.clear()
        seen = ", ".join(f"{n} {v:.4f}" for n, v in zip(run.scores, scores, strict=True))
        print(f"{run.unit} {run.done}: {seen}", flush=True)
        if scores[-1] > run.best if run.maximise else scores[-1] < run.best:
            run.best = scores[-1]
            write_model(run, folder, scores)
        run.save(folder)

    if run.untrained and run.done == 0:
        look()
    while run.done < run.total and time.monotonic() < until:
        told.append(run.advance())
        if run.done % run.every == 0 or run.done == run.total:
            look()
    if told:
        run.spent_s = time.process_time() - started
        run.save(folder)


def write_model(run: Run, folder: Path, scores: Sequence[float]) -> None:
    """`weights.safetensors` and `config.toml` of the network as it is."""
    weights = {name: value.cpu().contiguous() for name, value in run.network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    tables = run.card()
    tables["training"] |= {"seed": run.seed, f"{run.unit}s": run.done}
    tables["training"] |= {"core_minutes": round(run.spent_s / 60, 1)}
    rounded = [round(score, 6) for score in scores]
    tables["training"] |= dict(zip(run.scores, rounded, strict=True))
    blocks = [
        [f"[{table}]"] * bool(table) + [f"{name} = {_toml(value)}" for name, value in rows.items()]
        for table, rows in tables.items()
    ]
    (folder / "config.toml").write_text("\n\n".join(map("\n".join, blocks)) + "\n", "utf-8")


def _toml(value: Any) -> str:
    """Strings, numbers, truth values and lists of them are the same in JSON and TOML."""
    return json.dumps(value, ensure_ascii=False)


def _log(folder: Path, run: Run, row: list[float]) -> None:
    path = folder / "log.csv"
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow([run.unit, *run.losses, *run.scores, "spent_s"])
        writer.writerow([run.done, *(f"{value:.6f}" for value in row)])


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """The rate of the updates from here on."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def cosine(share: float, least: float) -> float:
    """The share of a rate that is left after a share of its updates: from 1 down to `least`."""
    return least + (1 - least) * (1 + math.cos(math.pi * share)) / 2


def parser(model: str, doc: str | None) -> argparse.ArgumentParser:
    """The options of `solverhub train MODEL` that all models have; `doc` is its module's."""
    made = argparse.ArgumentParser(
        prog=f"solverhub train {model}", description=(doc or "").split("\n\n")[1]
    )
    made.add_argument("--out", type=Path, required=True, help="folder; a run there goes on")
    made.add_argument("--minutes", type=float, default=math.inf, help="stop after this long")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--threads", type=int, default=1)
    return made


def changed(given: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The options of these names that were given, which stand in place of the preset's."""
    return {name: getattr(given, name) for name in names if getattr(given, name) is not None}


def follow(given: argparse.Namespace, make: Callable[[], Run]) -> int:
    """Make a run as told, or go on with the one that is there; exit status 0."""
    torch.set_num_threads(given.threads)
    run = make()
    given.out.mkdir(parents=True, exist_ok=True)
    resumed = run.restore(given.out)
    print(f"{run.unit} {run.done} of {run.total}{', resumed' if resumed else ''}", flush=True)
    train(run, given.out, given.minutes)
    print(f"{run.unit} {run.done} of {run.total}, best {run.best:.4f}: {given.out}")
    return 0
