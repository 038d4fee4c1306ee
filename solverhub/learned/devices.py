"""Where the networks run: the device of a budget, and how many threads torch may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from solverhub.core.errors import InvalidParams


def device_of(wanted: str) -> str:
    """cpu or cuda for a budget's device; `InvalidParams` where there is no CUDA device."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InvalidParams("there is no CUDA device", remedy="choose device auto or cpu")
    return "cuda" if wanted == "cuda" else "cpu"


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
