"""Trained priors of SurCo: `models/surco-prior-*/` or a folder of one's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from torch import nn

from solverhub.core.errors import InvalidParams
from solverhub.learned import model_files
from solverhub.learned.surco_domains import DOMAINS, Domain, domain

PREFIX = "surco-prior-"


def load(chosen: Domain, name: str) -> nn.Module:
    """The network of the model of this name or folder; `InvalidParams` where it does not fit."""
    folder = model_files.folder_of(name, PREFIX)
    problem = model_files.config_of(folder)["problem"]
    if problem not in DOMAINS or domain(problem) is not chosen:
        raise InvalidParams(f"the model {name} is one of {problem}", remedy="name another")
    return _loaded(folder, model_files.changed(folder), problem)


@lru_cache(maxsize=8)
def _loaded(folder: Path, _changed: int, problem: str) -> nn.Module:
    network = domain(problem).network(model_files.config_of(folder)["network"])
    model_files.fill(network, folder)
    return network
