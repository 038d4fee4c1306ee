"""Checkpoints of training: tensors in safetensors, numbers in JSON, replaced as one.

`torch.save` is not used, since it runs code when it is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

_NAME = "checkpoint.safetensors"


def save(
    folder: Path, tensors: Mapping[str, Mapping[str, torch.Tensor]], numbers: Mapping[str, Any]
) -> None:
    """Write groups of tensors and JSON-ready numbers; the one before is replaced as one."""
    folder.mkdir(parents=True, exist_ok=True)
    flat = {
        f"{group}/{name}": tensor.detach().cpu().contiguous().clone()
        for group, members in tensors.items()
        for name, tensor in members.items()
    }
    fresh = folder / f".{_NAME}"
    save_file(flat, fresh, metadata={"numbers": json.dumps(numbers)})
    os.replace(fresh, folder / _NAME)


def load(folder: Path) -> tuple[dict[str, dict[str, torch.Tensor]], dict[str, Any]] | None:
    """The groups and numbers of `save`, or None where there is no checkpoint."""
    path = folder / _NAME
    if not path.exists():
        return None
    groups: dict[str, dict[str, torch.Tensor]] = {}
    with safe_open(path, framework="pt") as file:
        numbers = json.loads(file.metadata()["numbers"])
        for key in sorted(file.keys()):
            group, _, name = key.partition("/")
            groups.setdefault(group, {})[name] = file.get_tensor(key)
    return groups, numbers


def adam_tensors(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The moments and counts of Adam, by parameter number."""
    return {
        f"{number}/{name}": value
        for number, moments in optimiser.state_dict()["state"].items()
        for name, value in moments.items()
    }


def restore_adam(optimiser: torch.optim.Optimizer, saved: Mapping[str, torch.Tensor]) -> None:
    """Give an Adam the moments and counts of `adam_tensors`."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in saved.items():
        number, _, name = key.partition("/")
        state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
