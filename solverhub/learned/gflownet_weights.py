"""Trained models of the GFlowNet: `models/gflownet-*/` or a folder of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from solverhub.core.errors import InvalidParams
from solverhub.learned import model_files
from solverhub.learned.gflownet_network import GFlowNetwork, NetworkConfig
from solverhub.learned.gflownet_range import Range
from solverhub.learned.gflownet_rollout import Exploration

_PREFIX = "gflownet-"


@dataclass(frozen=True, slots=True)
class Model:
    """A network in evaluation mode on the CPU and how it samples best.

    `problem` is what it was trained for, `digest` the `sha256:...` of its weights, `training` the
    distribution in words, `range` that of its graphs.
    """

    network: GFlowNetwork
    problem: str
    digest: str
    training: str
    range: Range
    sampling: Exploration


def names() -> list[str]:
    """Installed models."""
    return model_files.names(_PREFIX)


def load(name: str | None, problem: str) -> Model:
    """The model of this name or folder, or the problem's own one.

    Raises `InvalidParams` where there is none, it does not fit or is of another problem.
    """
    folder = model_files.folder_of(name or f"{_PREFIX}{problem}-small", _PREFIX)
    model = _loaded(folder, model_files.changed(folder))
    if model.problem != problem:
        raise InvalidParams(
            f"model {name!r} is for {model.problem}", remedy=f"give one for {problem}, or none"
        )
    return model


@lru_cache(maxsize=8)
def _loaded(folder: Path, _changed: int) -> Model:
    config = model_files.config_of(folder)
    network = GFlowNetwork(NetworkConfig.from_mapping(config["network"]))
    digest = model_files.fill(network, folder)
    training, sampling = config["training"], config["sampling"]
    how = Exploration(temperature=sampling["temperature"], share=sampling["share"])
    limits = Range.from_mapping(training)
    return Model(network, config["problem"], digest, training["distribution"], limits, how)
