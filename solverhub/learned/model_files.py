"""Trained models on disk: `models/NAME/` or a folder of one's own."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from solverhub import assets
from solverhub.core.errors import InvalidParams


@dataclass(frozen=True, slots=True)
class NetworkTable:
    """Base of the sizes of a network: the table `network` of a `config.toml`."""

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """From the table; unknown keys raise `InvalidParams`."""
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            raise InvalidParams(f"unknown network key {unknown[0]!r}", remedy="remove it")
        return cls(**given)

    def to_mapping(self) -> dict[str, Any]:
        """As the table."""
        return asdict(self)


def names(prefix: str) -> list[str]:
    """Installed models whose names begin so."""
    folders = assets.folder("models").glob(f"{prefix}*/config.toml")
    return sorted(config.parent.name for config in folders)


def folder_of(name: str, prefix: str) -> Path:
    """The folder of a model by its name or path; `InvalidParams` where there is none."""
    folder = assets.folder("models") / name if name in names(prefix) else Path(name)
    if not (folder / "config.toml").is_file():
        raise InvalidParams(
            f"no model {name!r}", remedy=f"one of {', '.join(names(prefix))}, or a folder of one"
        )
    return folder


def changed(folder: Path) -> int:
    """When the weights were written, so that a cache notices new ones."""
    return (folder / "weights.safetensors").stat().st_mtime_ns


def config_of(folder: Path) -> dict[str, Any]:
    """Its `config.toml`."""
    return tomllib.loads((folder / "config.toml").read_text("utf-8"))


def fill(network: nn.Module, folder: Path) -> str:
    """Give the network the weights and put it in evaluation mode; their `sha256:...`.

    Raises `InvalidParams` where they do not fit.
    """
    weights = folder / "weights.safetensors"
    try:
        network.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise InvalidParams(
            f"{weights} does not fit its config.toml: {error}", remedy="train the model again"
        ) from error
    network.eval()
    return f"sha256:{hashlib.sha256(weights.read_bytes()).hexdigest()}"
