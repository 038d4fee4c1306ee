"""How long a training step takes on a device that holds some embedding tables.

The device reads its tables in one fused kernel and then exchanges pooled vectors with the others.
With sums over its tables of W (work), R (repeated reads) and L (link time), all in ms:

    launch + W + idle * (1 - exp(-W / fill)) + R**2 / (R + cache) + latency + L

- `launch`, `latency`: once a device, however many tables; alone each table would pay them.
- `idle`: what a kernel loses while it does not fill the machine; a fused one loses it once.
- `R**2 / (R + cache)`: reads of a row that was read before in the batch come from the cache, unless
  the hot rows of several tables compete for it; at R = `cache` half of them miss.

A table's work is its bytes over the memory's bandwidth, repeated reads counting `cached` of that;
bytes are batch * pooling * dim * 4, three times for forward and backward.  Its link time is two
exchanges of batch * dim * 4 bytes, of which (devices - 1) / devices leave the device.

The shape follows what DreamShard (Zha et al., NeurIPS 2022, arXiv:2210.02023) and NeuroShard (Zha
et al., MLSys 2023, arXiv:2305.01868) report of fused kernels: less than the sum of single costs,
not linear, with communication beside.  The constants are of the order of a GPU with 600 GB/s of
memory and 60 GB/s of links; they were fitted to no machine.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance

REUSE_BINS = 17
"""Bin b is the share of lookups whose row is read about 2**b times in a batch."""
_VALUE_BYTES = 4
_PASSES, _EXCHANGES = 3, 2


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """The constants: `batch` samples, bandwidths in GB/s, times in ms; `cached` is a ratio."""

    batch: int = 65536
    memory_gbps: float = 600.0
    link_gbps: float = 60.0
    cached: float = 0.25
    launch_ms: float = 0.1
    idle_ms: float = 1.5
    fill_ms: float = 1.0
    cache_ms: float = 4.0
    latency_ms: float = 0.1

    def __post_init__(self) -> None:
        """Check ranges; `InvalidInstance` names the constant."""
        for name in (field.name for field in fields(self)):
            value, zero = getattr(self, name), name in _MAY_BE_ZERO
            if not (math.isfinite(value) and (value >= 0 if zero else value > 0)):
                raise InvalidInstance(
                    f"the model's {name} is {value}",
                    remedy=f"give a finite number {'of 0 or more' if zero else 'above 0'}",
                )
        if self.cached > 1:
            raise InvalidInstance(f"the model's cached is {self.cached}", remedy="give 0 to 1")

    def to_mapping(self) -> dict[str, Any]:
        """The constants by name."""
        return asdict(self)

    def loads(
        self, dim: np.ndarray, pooling: np.ndarray, reuse: np.ndarray, devices: int
    ) -> np.ndarray:
        """float64 (n, 3): work, repeated reads and link time of each table, in ms."""
        first = reuse @ 0.5 ** np.arange(REUSE_BINS)
        read_ms = self.batch * pooling * dim * _VALUE_BYTES * _PASSES / (self.memory_gbps * 1e6)
        sent = self.batch * dim * _VALUE_BYTES * _EXCHANGES * (devices - 1) / devices
        return np.column_stack(
            [
                read_ms * (first + (1 - first) * self.cached),
                read_ms * (1 - first) * (1 - self.cached),
                sent / (self.link_gbps * 1e6),
            ]
        )

    def latency(self, sums: np.ndarray) -> np.ndarray:
        """float64 (...): ms of devices with these sums of loads, (..., 3)."""
        work, repeats, link = np.moveaxis(np.asarray(sums, dtype=np.float64), -1, 0)
        idle = self.idle_ms * -np.expm1(-work / self.fill_ms)
        missed = repeats**2 / (repeats + self.cache_ms)
        found: np.ndarray = self.launch_ms + self.latency_ms + work + idle + missed + link
        return found

    @property
    def constants(self) -> np.ndarray:
        """float64 (4,): what a device costs at least, `idle_ms`, `fill_ms`, `cache_ms`."""
        least = self.launch_ms + self.latency_ms
        return np.array([least, self.idle_ms, self.fill_ms, self.cache_ms])


_MAY_BE_ZERO = ("cached", "launch_ms", "idle_ms", "latency_ms")
