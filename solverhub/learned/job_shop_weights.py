"""Trained models of the job-shop policy: `models/job-shop-policy-*/` or a folder of one's own."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from solverhub import assets
from solverhub.core.errors import InvalidParams
from solverhub.learned.job_shop_network import NetworkConfig, PolicyNetwork

DEFAULT = "job-shop-policy-small"


@dataclass(frozen=True, slots=True)
class Model:
    """A network in evaluation mode on the CPU, `sha256:...` of its weights, what it was
    trained on in words, and the shops (n_jobs, n_machines) of its training."""

    network: PolicyNetwork
    digest: str
    training: str
    sizes: tuple[tuple[int, int], ...]


def names() -> list[str]:
    """Installed models."""
    folders = assets.folder("models").glob("job-shop-policy-*/config.toml")
    return sorted(config.parent.name for config in folders)


def load(name: str) -> Model:
    """The model of this name or folder; `InvalidParams` where there is none or it does not fit."""
    folder = assets.folder("models") / name if name in names() else Path(name)
    if not (folder / "config.toml").is_file():
        raise InvalidParams(
            f"no model {name!r}", remedy=f"one of {', '.join(names())}, or a folder of one"
        )
    return _loaded(folder, (folder / "weights.safetensors").stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(folder: Path, _changed: int) -> Model:
    config = tomllib.loads((folder / "config.toml").read_text("utf-8"))
    weights = folder / "weights.safetensors"
    network = PolicyNetwork(NetworkConfig.from_mapping(config["network"]))
    try:
        network.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise InvalidParams(
            f"{weights} does not fit its config.toml: {error}", remedy="train the model again"
        ) from error
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    sizes = tuple((int(jobs), int(machines)) for jobs, machines in config["training"]["sizes"])
    network.eval()
    return Model(network, f"sha256:{digest}", config["training"]["distribution"], sizes)


def device_of(wanted: str) -> str:
    """cpu or cuda for a budget's device; `InvalidParams` where there is no CUDA device."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InvalidParams("there is no CUDA device", remedy="choose device auto or cpu")
    return "cuda" if wanted == "cuda" else "cpu"
