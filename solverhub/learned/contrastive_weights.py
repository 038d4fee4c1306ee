"""Trained contrastive policies, and which of them suits a program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from solverhub.learned import model_files
from solverhub.learned.contrastive_network import ContrastiveNetwork, NetworkConfig
from solverhub.problems.ilp_summary import ROW_KINDS, row_kinds
from solverhub.problems.integer_program import IntegerProgram

PREFIX = "contrastive-lns-"
MOSTLY = 0.9
"""Share of the rows of one kind from which a program is taken to be of a family."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network in evaluation mode on the CPU, `sha256:...` of its weights, and what it was
    trained on in words."""

    network: ContrastiveNetwork
    digest: str
    training: str


def names() -> list[str]:
    """Installed models."""
    return model_files.names(PREFIX)


def load(name: str) -> Model:
    """The model of this name or folder; `InvalidParams` where there is none or it does not fit."""
    folder = model_files.folder_of(name, PREFIX)
    return _loaded(folder, model_files.changed(folder))


def family_of(program: IntegerProgram) -> str | None:
    """The family a program looks like by its rows: vertex-cover, independent-set, auction or
    set-cover; None for all others."""
    if program.m == 0:
        return None
    kinds = np.bincount(row_kinds(program), minlength=len(ROW_KINDS)) / program.m
    edges = program.A.nnz <= 3 * program.m
    if kinds[ROW_KINDS.index("set_covering")] >= MOSTLY:
        return "vertex-cover" if edges else "set-cover"
    if kinds[ROW_KINDS.index("set_packing")] >= MOSTLY:
        return "independent-set" if edges else "auction"
    return None


@lru_cache(maxsize=8)
def _loaded(folder: Path, _changed: int) -> Model:
    config = model_files.config_of(folder)
    network = ContrastiveNetwork(NetworkConfig.from_mapping(config["network"]))
    digest = model_files.fill(network, folder)
    return Model(network, digest, config["training"]["distribution"])
