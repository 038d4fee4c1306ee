"""Trained models of the job-shop policy: `models/job-shop-policy-*/` or a folder of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from solverhub.learned import model_files
from solverhub.learned.job_shop_network import NetworkConfig, PolicyNetwork

DEFAULT = "job-shop-policy-small"
_PREFIX = "job-shop-policy-"


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
    return model_files.names(_PREFIX)


def load(name: str) -> Model:
    """The model of this name or folder; `InvalidParams` where there is none or it does not fit."""
    folder = model_files.folder_of(name, _PREFIX)
    return _loaded(folder, model_files.changed(folder))


@lru_cache(maxsize=4)
def _loaded(folder: Path, _changed: int) -> Model:
    config = model_files.config_of(folder)
    network = PolicyNetwork(NetworkConfig.from_mapping(config["network"]))
    digest = model_files.fill(network, folder)
    sizes = tuple((int(jobs), int(machines)) for jobs, machines in config["training"]["sizes"])
    return Model(network, digest, config["training"]["distribution"], sizes)
