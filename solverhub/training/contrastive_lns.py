"""`solverhub train contrastive-lns`: the weights of the solver `contrastive-lns` for a family.

First the expert (`contrastive_expert`) makes decisions on small instances, then the network learns
to tell the columns that it changed from nearly the same ones that gain nothing.  What the expert
finds within its seconds depends on the machine; from the same examples everything is drawn from
the seed and the number of the epoch.  A checkpoint holds the examples too: a run that is stopped
goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch

from solverhub.learned.contrastive_network import ContrastiveNetwork
from solverhub.training import loop
from solverhub.training.contrastive_data import Example, Shown, collect, pack, unpack
from solverhub.training.contrastive_losses import contrast, ranking
from solverhub.training.contrastive_presets import FAMILIES, TINY, Preset

FIRST_SEED = 500_000
"""Of the training instances, apart from those that are measured."""


class Run(loop.Run):
    """Examples, network and optimiser of one training; `expert_s`, what the examples took."""

    unit = "epoch"

    def __init__(self, family: str, preset: Preset, seed: int) -> None:
        super().__init__(preset, seed, preset.epochs, 1, maximise=True)
        self.family, self.preset = family, preset
        self.examples: list[Example] = []
        self.expert_s = 0.0
        self.network = ContrastiveNetwork(preset.network)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), preset.rate, weight_decay=preset.decay
        )
        self.shown = Shown(preset)

    @property
    def validation(self) -> list[Example]:
        """The last examples, which are of other instances but for at most one."""
        return self.examples[len(self.examples) - self.preset.validation :]

    def prepare(self, folder: Path, until: float) -> bool:
        """Ask the expert for what is missing; False where the instant `until` comes first."""
        if len(self.examples) >= self.preset.states:
            return True
        started, before = time.process_time(), self.expert_s
        first = self.examples[-1].seed + 1 if self.examples else FIRST_SEED + self.seed * 100_000
        for example in collect(self.preset, count(first)):
            self.examples.append(example)
            self.expert_s = before + time.process_time() - started
            if len(self.examples) % 5 == 0:
                self.save(folder)
            if len(self.examples) >= self.preset.states or time.monotonic() > until:
                break
        self.save(folder)
        return len(self.examples) >= self.preset.states

    def advance(self) -> tuple[float]:
        """One epoch; its mean loss."""
        preset = self.preset
        rng = np.random.default_rng([self.seed, self.done])
        loop.set_rate(self.optimiser, preset.rate * loop.cosine(self.done / self.total, 0.02))
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
        return (float(np.mean(losses)),)

    def validate(self) -> tuple[float]:
        """Mean `ranking` of the best positives of the validation examples."""
        self.network.eval()
        found = []
        with torch.no_grad():
            for example in self.validation:
                logits = self.network(*self.shown.inputs(example, True)).numpy()
                found.append(ranking(logits, example.state.positives[-1]))
        return (float(np.mean(found)),)

    def card(self) -> dict[str, dict[str, Any]]:
        """The network, the family and the examples it saw."""
        seeds = [example.seed for example in self.examples]
        return {
            "": {"solver": "contrastive-lns", "problem": "ilp", "family": self.family},
            "network": self.preset.network.to_mapping(),
            "training": {
                "distribution": self.preset.distribution,
                "first_seed": min(seeds),
                "last_seed": max(seeds),
                "examples": len(seeds),
                "expert_core_minutes": round(self.expert_s / 60, 1),
            },
        }

    def tensors(self) -> dict[str, Mapping[str, torch.Tensor]]:
        """Those of every run and the examples."""
        return super().tensors() | {"examples": pack(self.examples)}

    def numbers(self) -> dict[str, Any]:
        """Those of every run and the time of the examples."""
        return super().numbers() | {"expert_s": self.expert_s}

    def take(self, tensors: loop.Tensors, numbers: Mapping[str, Any]) -> None:
        """As for every run, and the examples."""
        super().take(tensors, numbers)
        self.examples = unpack(tensors["examples"])
        self.expert_s = numbers["expert_s"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = loop.parser("contrastive-lns", __doc__)
    parser.add_argument("--family", choices=sorted(FAMILIES), required=True)
    parser.add_argument("--tiny", action="store_true", help="sizes for a try")
    parser.add_argument(
        "--states", type=int, help="decisions of the expert in place of the preset's"
    )
    parser.add_argument("--epochs", type=int, help="likewise")
    given = parser.parse_args(arguments)
    preset = FAMILIES[given.family]
    if given.tiny:
        preset = replace(preset, sizes=TINY[given.family], radius=10, seconds=0.5, validation=1)
    preset = replace(preset, **loop.changed(given, "states", "epochs"))
    return loop.follow(given, lambda: Run(given.family, preset, given.seed))


if __name__ == "__main__":
    raise SystemExit(main())
