"""Embedding tables and the devices that shall hold them: instances of `table-sharding`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.problems.sharding_model import REUSE_BINS, LatencyModel

BYTES = 4
MOST_DEVICES = 1024


@dataclass(frozen=True, eq=False)
class ShardingInstance:
    """Tables 0..n-1 for equal devices 0..K-1; build it with `ShardingInstance.of`.

    - `dim`, `rows`: int64 (n,), at least 1; a value takes 4 bytes.
    - `pooling`: float64 (n,), lookups a sample, at least 0.
    - `reuse`: float64 (n, 17), shares of lookups by how often their row is read in a batch.
    - `memory_bytes`: of each device.
    """

    dim: np.ndarray
    rows: np.ndarray
    pooling: np.ndarray
    reuse: np.ndarray
    devices: int
    memory_bytes: int
    model: LatencyModel = field(default_factory=LatencyModel)

    @classmethod
    def of(
        cls,
        dim: Sequence[int] | np.ndarray,
        rows: Sequence[int] | np.ndarray,
        pooling: Sequence[float] | np.ndarray,
        reuse: np.ndarray,
        devices: int,
        memory_bytes: int,
        model: LatencyModel | None = None,
        names: Sequence[object] | None = None,
    ) -> ShardingInstance:
        """Checked and read-only; `InvalidInstance` names the table by `names` or number."""
        if len(dim) == 0:
            raise InvalidInstance("there is no table", remedy="give at least one")
        if not 1 <= devices <= MOST_DEVICES:
            raise InvalidInstance(f"devices is {devices}", remedy=f"give 1 to {MOST_DEVICES}")
        if memory_bytes < 1:
            raise InvalidInstance(f"memory_bytes is {memory_bytes}", remedy="give 1 or more")
        shares = np.array(reuse, dtype=np.float64).reshape(len(dim), REUSE_BINS)
        columns = np.array(pooling, dtype=np.float64)
        for at in range(len(dim)):
            _check(at if names is None else names[at], dim[at], rows[at], columns[at], shares[at])
        arrays = (np.array(dim, np.int64), np.array(rows, np.int64), columns, shares)
        for array in arrays:
            array.setflags(write=False)
        return cls(*arrays, devices, int(memory_bytes), model or LatencyModel())

    @property
    def n(self) -> int:
        """Number of tables."""
        return len(self.dim)

    @cached_property
    def bytes(self) -> np.ndarray:
        """int64 (n,): memory of each table."""
        size: np.ndarray = self.dim * self.rows * BYTES
        return size

    @cached_property
    def loads(self) -> np.ndarray:
        """float64 (n, 3): what each table adds to its device (see `sharding_model`)."""
        return self.model.loads(self.dim, self.pooling, self.reuse, self.devices)

    @cached_property
    def single(self) -> np.ndarray:
        """float64 (n,): ms of a device with this table alone."""
        return self.model.latency(self.loads)

    def device_ms(self, device: np.ndarray) -> np.ndarray:
        """float64 (K,): ms of each device when table i lies on `device[i]`, int64 (n,)."""
        sums = [np.bincount(device, column, self.devices) for column in self.loads.T]
        return self.model.latency(np.column_stack(sums))

    def device_bytes(self, device: np.ndarray) -> list[int]:
        """Memory that each device needs, exact."""
        needed = [0] * self.devices
        for k, size in zip(device.tolist(), self.bytes.tolist(), strict=True):
            needed[k] += size
        return needed


def _check(name: object, dim: float, rows: float, pooling: float, reuse: np.ndarray) -> None:
    for what, value, most in (("dim", dim, 2**20), ("rows", rows, 2**40)):
        if not 1 <= value <= most:
            raise InvalidInstance(f"table {name} has {what} {value}", remedy=f"give 1 to {most}")
    if not 0 <= pooling <= 1e9:
        raise InvalidInstance(f"table {name} has pooling {pooling:g}", remedy="give 0 to 1e9")
    if not (reuse >= 0).all() or abs(reuse.sum() - 1) > 1e-6:
        raise InvalidInstance(
            f"the reuse of table {name} is no distribution",
            remedy=f"give {REUSE_BINS} shares of 0 or more with the sum 1",
        )
