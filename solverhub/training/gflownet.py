"""`solverhub train gflownet`: writes the weights of the solver `gflownet` for one family.

Each update makes backward walks from good solutions of training graphs likely and balances the
flow on pieces of those walks and of the policy's own (`gflownet_losses`); own solutions that
are better than the search's take their places.  A checkpoint holds the own walks and the solutions
too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from solverhub.learned import gflownet_rules as rules
from solverhub.learned.gflownet_network import GFlowNetwork
from solverhub.learned.gflownet_range import Range
from solverhub.learned.gflownet_rollout import finish
from solverhub.learned.gflownet_states import States
from solverhub.training import loop
from solverhub.training.gflownet_data import Corpus, graphs_of
from solverhub.training.gflownet_presets import PRESETS, Preset
from solverhub.training.gflownet_updates import Walk, update
from solverhub.training.gflownet_validation import validate


class Run(loop.Run):
    """Network, optimiser, corpus and own walks of one training."""

    losses = ("likelihood", "balance")
    scores = ("validation_mean", "validation_best")

    def __init__(self, preset: Preset, seed: int, device: str) -> None:
        maximise = preset.problem != "minimum-dominating-set"
        super().__init__(preset, seed, preset.updates, preset.validate_every, maximise=maximise)
        self.preset, self.device = preset, device
        self.network: GFlowNetwork = GFlowNetwork(preset.network).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), preset.rate)
        graphs = graphs_of(preset.problem, preset.generator, range(preset.graphs))
        self.range = Range.of(graphs)
        self.corpus = Corpus.of(preset.problem, graphs, preset.solutions, preset.effort)
        self.own: list[Walk] = []

    @property
    def beta(self) -> float:
        """The inverse temperature of the next update."""
        low, high = self.preset.beta
        return low + (high - low) * min(1.0, 2 * self.done / self.total)

    def advance(self) -> tuple[float, float]:
        """One update, after new own walks where it is time for them."""
        preset = self.preset
        rng = np.random.default_rng([self.seed, self.done])
        loop.set_rate(self.optimiser, preset.rate * loop.cosine(self.done / self.total, 0.02))
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

    def card(self) -> dict[str, dict[str, Any]]:
        """The network, how it samples best and the graphs it saw."""
        preset, how = self.preset, self.preset.sampling
        return {
            "": {"solver": "gflownet", "problem": preset.problem},
            "network": preset.network.to_mapping(),
            "sampling": {"temperature": how.temperature, "share": how.share},
            "training": {
                "distribution": f"{preset.generator}, {preset.graphs} graphs",
                **self.range.to_mapping(),
                "device": self.device,
            },
        }

    def tensors(self) -> dict[str, Mapping[str, torch.Tensor]]:
        """Those of every run, the corpus and the own walks."""
        actions = [walk.actions for walk in self.own]
        own = {
            "graph": torch.tensor([walk.graph for walk in self.own], dtype=torch.int64),
            "length": torch.tensor([each.size for each in actions], dtype=torch.int64),
            "actions": torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *actions])),
        }
        return super().tensors() | {"corpus": self.corpus.tensors(), "own": own}

    def take(self, tensors: loop.Tensors, numbers: Mapping[str, Any]) -> None:
        """As for every run, the corpus and the own walks."""
        super().take(tensors, numbers)
        self.corpus.restore(tensors["corpus"])
        own = tensors["own"]
        parts = torch.split(own["actions"], own["length"].tolist())
        graph = own["graph"].tolist()
        self.own = [Walk(g, part.numpy()) for g, part in zip(graph, parts, strict=False)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 0."""
    parser = loop.parser("gflownet", __doc__)
    parser.add_argument("--problem", choices=sorted(rules.CODES), required=True)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--updates", type=int, help="in place of the preset's")
    parser.add_argument("--balance", type=float, help="weight of the balance likewise")
    given = parser.parse_args(arguments)
    preset = replace(
        PRESETS[given.preset][given.problem], **loop.changed(given, "updates", "balance")
    )
    return loop.follow(given, lambda: Run(preset, given.seed, given.device))


if __name__ == "__main__":
    raise SystemExit(main())
