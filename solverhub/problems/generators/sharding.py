"""Embedding tables drawn after what is published of recommendation models.

Real tables are not public with their lookups.  What DreamShard (arXiv:2210.02023) and NeuroShard
(arXiv:2305.01868) tell of theirs, and the public `dlrm_datasets`, give the shapes here: dimensions
of powers of two between 4 and 128, numbers of rows and lookups a sample spread over orders of
magnitude (log-normal, cut off), and reuse histograms with one peak, wide, later for tables with
more lookups a row.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.sharding_instance import BYTES, ShardingInstance
from solverhub.problems.sharding_model import REUSE_BINS, LatencyModel

_DIMS = (4, 8, 16, 32, 64, 128)
_FULLEST = 0.85


def random_tables(
    tables: int, seed: int, devices: int = 4, memory_gb: float = 5.0
) -> ShardingInstance:
    """Tables for devices of `memory_gb` each; rows shrink where they would fill more than 85 %."""
    if tables < 1 or devices < 1 or not 0 < memory_gb < 1e6:
        raise InvalidParams(
            f"tables {tables}, devices {devices}, memory_gb {memory_gb:g}",
            remedy="give 1 or more tables and devices, and memory above 0",
        )
    rng = np.random.default_rng(seed)
    dim = rng.choice(_DIMS, tables, p=(0.1, 0.2, 0.25, 0.25, 0.15, 0.05))
    rows = np.clip(np.exp(rng.normal(np.log(8e5), 1.8, tables)), 1e3, 2e7)
    pooling = np.clip(np.exp(rng.normal(np.log(10.0), 1.0, tables)), 1.0, 200.0)
    memory = int(memory_gb * 1e9)
    sizes = dim * rows * BYTES
    shrink = min(1.0, _FULLEST * devices * memory / sizes.sum(), _FULLEST * memory / sizes.max())
    rows = np.maximum(1, (rows * shrink)).astype(np.int64)
    reads = np.log2(1 + LatencyModel().batch * pooling / rows)
    peak = np.clip(reads + rng.normal(1.0, 1.5, tables), 0, REUSE_BINS - 1)
    width = rng.uniform(1.0, 3.0, tables)
    bins = np.arange(REUSE_BINS)
    reuse = np.exp(-0.5 * ((bins - peak[:, None]) / width[:, None]) ** 2) + 1e-3
    reuse /= reuse.sum(axis=1, keepdims=True)
    return ShardingInstance.of(dim, rows, pooling, reuse, devices, memory)
