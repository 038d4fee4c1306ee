"""Decisions of the expert as examples, and as tensors of a checkpoint."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from solverhub.core.problem import Parsed
from solverhub.learned.contrastive_features import Relaxation, bipartite, features
from solverhub.learned.contrastive_network import Sides
from solverhub.learned.contrastive_relaxation import relax
from solverhub.problems.generators import generate
from solverhub.training.contrastive_expert import Expert, State
from solverhub.training.contrastive_presets import Preset

_SETS = ("positives", "negatives")


@dataclass(frozen=True, slots=True)
class Example:
    """A decision on the instance that the preset's generator draws from `seed`."""

    seed: int
    state: State


def collect(preset: Preset, seeds: Iterator[int]) -> Iterator[Example]:
    """Examples without end, one walk an instance."""
    for seed in seeds:
        parsed = instance_of(preset, seed)
        expert = Expert(parsed.problem, preset.radius, preset.seconds, preset.steps)
        rng = np.random.default_rng([seed, 3])
        for state in expert.walk(parsed.instance, rng):
            yield Example(seed, state)
        gc.collect()  # SCIP's models hang in cycles, of some ten megabytes each


def instance_of(preset: Preset, seed: int) -> Parsed:
    """The training instance of a seed."""
    return generate(preset.generator, seed, **preset.sizes)


class Shown:
    """Examples as the network sees them, with and without the LP relaxation."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self._graphs = lru_cache(maxsize=256)(self._graph)
        self._relaxed = lru_cache(maxsize=256)(self._relaxation)

    def inputs(self, example: Example, relaxed: bool) -> tuple[torch.Tensor, torch.Tensor, Sides]:
        """Arguments of the network."""
        graph, sides = self._graphs(example.seed, relaxed)
        columns, rows = features(graph, example.state.incumbents)
        return torch.from_numpy(columns), torch.from_numpy(rows), sides

    def _graph(self, seed: int, relaxed: bool):  # type: ignore[no-untyped-def]
        graph = bipartite(
            instance_of(self.preset, seed).instance, self._relaxed(seed) if relaxed else None
        )
        return graph, Sides.of(graph)

    def _relaxation(self, seed: int) -> Relaxation | None:
        return relax(instance_of(self.preset, seed).instance)


def pack(examples: list[Example]) -> dict[str, torch.Tensor]:
    """Flat tensors; `unpack` gives the examples again."""
    tensors: dict[str, torch.Tensor] = {
        "seed": torch.tensor([each.seed for each in examples], dtype=torch.int64)
    }
    for name in ("incumbents", *_SETS):
        lists = [getattr(each.state, name) for each in examples]
        parts = [part for each in lists for part in each]
        flat = np.concatenate([np.zeros(0), *parts])
        tensors[name] = torch.from_numpy(flat if name == "incumbents" else flat.astype(np.int64))
        tensors[f"{name}.count"] = torch.tensor([len(each) for each in lists], dtype=torch.int64)
        tensors[f"{name}.length"] = torch.tensor([p.size for p in parts], dtype=torch.int64)
    return tensors


def unpack(tensors: Mapping[str, torch.Tensor]) -> list[Example]:
    """The examples of `pack`."""
    columns = {}
    for name in ("incumbents", *_SETS):
        parts = torch.split(tensors[name], tensors[f"{name}.length"].tolist())
        lists, at = [], 0
        for count in tensors[f"{name}.count"].tolist():
            lists.append([part.numpy() for part in parts[at : at + count]])
            at += count
        columns[name] = lists
    seeds = tensors["seed"].tolist()
    states = zip(*(columns[name] for name in ("incumbents", *_SETS)), strict=True)
    return [Example(seed, State(*state)) for seed, state in zip(seeds, states, strict=True)]
