"""Random job shops as Taillard drew them: uniform durations, a random machine order a job.

E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational
Research 64 (1993), doi:10.1016/0377-2217(93)90182-M.  NumPy's generator replaces the
paper's linear congruential one, so the instances are of its kind and not its own.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.problems.job_shop import ShopInstance


def random_job_shop(
    n_jobs: int, n_machines: int, seed: int, low: int = 1, high: int = 99
) -> ShopInstance:
    """Every job visits every machine once; durations uniform in `low..high`, both included.

    Raises `InvalidParams` for sizes below 1 or an empty or negative range.
    """
    if n_jobs < 1 or n_machines < 1:
        raise InvalidParams(
            f"a shop of {n_jobs} jobs and {n_machines} machines", remedy="give 1 or more of each"
        )
    if not 0 <= low <= high:
        raise InvalidParams(f"durations from {low} to {high}", remedy="give 0 <= low <= high")
    rng = np.random.default_rng(seed)
    duration = rng.integers(low, high, size=(n_jobs, n_machines), endpoint=True)
    machine = rng.permuted(np.tile(np.arange(n_machines), (n_jobs, 1)), axis=1)
    pairs = np.stack([machine, duration], axis=2).tolist()
    return ShopInstance.from_jobs([[(m, d) for m, d in job] for job in pairs], n_machines)
