"""How fast messages pass: reductions over neighbours on a large sparse batch of graphs.

400 Barabasi-Albert graphs of 1,000 vertices end to end (400,000 rows, 3.2 million neighbours),
64 channels.  Bytes are those that the loops ask for: an index and a row a neighbour, and what is
written; a rate above that of a copy means that caches served.  The CPU runs one thread, timed by
what the thread spends; a GPU, where there is one, is timed by its events and set against a copy
within its memory.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from solverhub.ops.neighbour_aggregation import KINDS, Links, aggregate
from solverhub.problems.generators.graph import ba

HEADER = ["reduction", "device", "ms", "GB a second", "share of the copy rate"]
_GRAPHS, _VERTICES, _CHANNELS, _ROUNDS = 400, 1000, 64, 5
_COPIED = 2**28  # floats


def links(graphs: int = _GRAPHS, vertices: int = _VERTICES) -> Links:
    """Copies of ten random graphs end to end."""
    drawn = [ba(vertices, 4, seed=seed) for seed in range(min(10, graphs))]
    rows = [drawn[k % len(drawn)] for k in range(graphs)]
    indices = [graph.indices + k * vertices for k, graph in enumerate(rows)]
    degrees = np.concatenate([[0], *(graph.degrees for graph in rows)])
    return Links(
        torch.from_numpy(np.cumsum(degrees)),
        torch.from_numpy(np.concatenate(indices).astype(np.int32)),
    )


def measure() -> list[list[str]]:
    """Header and one line a reduction and device, medians of five rounds."""
    lines = [HEADER]
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    copy = _copy_rate() if len(devices) > 1 else None
    for device in devices:
        held = links()
        held = Links(held.indptr.to(device), held.indices.to(device))
        values = torch.randn(len(held.indptr) - 1, _CHANNELS, device=device)
        asked = 4 * (len(held.indices) * (_CHANNELS + 1) + values.numel())
        for reduce in KINDS:
            seconds = _seconds(values, held, reduce)
            rate = asked / seconds
            share = f"{rate / copy:.0%}" if copy and device == "cuda" else ""
            lines.append([reduce, device, f"{1e3 * seconds:.2f}", f"{rate / 1e9:.1f}", share])
    return lines


def _seconds(values: torch.Tensor, held: Links, reduce: str) -> float:
    aggregate(values, held, reduce)
    spent = []
    for _ in range(_ROUNDS):
        if values.is_cuda:
            spent.append(_on_device_s(partial(aggregate, values, held, reduce)))
        else:
            started = time.thread_time()
            aggregate(values, held, reduce)
            spent.append(time.thread_time() - started)
    return statistics.median(spent)


def _on_device_s(launch: Callable[[], object]) -> float:
    event: Any = torch.cuda.Event
    start, end = (event(enable_timing=True) for _ in range(2))
    start.record()
    launch()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1e3


def _copy_rate() -> float:
    """Bytes read and written a second by a copy within the memory of the device."""
    source = torch.zeros(_COPIED, device="cuda")
    target = torch.zeros_like(source)
    return 8 * _COPIED / min(_on_device_s(lambda: target.copy_(source)) for _ in range(3))
