"""Fractional packings of rows that must be covered: lower bounds of covering programs.

    min c'x,  sum of x over row R >= r_R for each R,  0 <= x <= 1                       (P)
    max r'z - sum_e max(0, load_e - c_e),  load_e = sum of z_R over the rows with e,  z >= 0

`project` solves (P) with the proximal term sum_e (x_e - X_e)^2 / (2 s_e) by coordinate ascent
in z (Hildreth 1957, doi:10.1002/nav.3800040113): with the point u = X - s (c - load) and
x = clip(u, 0, 1), a row with lack d = r_R - x(R) gets z_R += max(-z_R, d / s(R)), which is the
projection onto it where no x_e is at a bound.  Repeated with X = x (Rockafellar 1976,
doi:10.1137/0314056) it goes to the optimum of (P).

`ascend` takes the best value of one z_R after another, which ends at a packing that no single
row can improve; from z = 0 it is the greedy packing of Lange et al. (ICML 2018,
arXiv:1806.05049), and after `project` it repairs loads beyond the costs.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import InvalidParams
from solverhub.ops import packing_cpu


def project(
    indptr: np.ndarray,
    columns: np.ndarray,
    need: np.ndarray,
    duals: np.ndarray,
    point: np.ndarray,
    steps: np.ndarray,
    *,
    passes: int,
    relax: float = 1.0,
    device: str = "cpu",
) -> float:
    """Passes over all rows in their order; the largest lack met in the last one.

    Row R has the columns `columns[indptr[R]:indptr[R + 1]]`, distinct, int64; `need` and
    `duals` float64 (rows,), `point` (u) and `steps` (s > 0) float64 (columns,); `duals` and
    `point` are changed in place.  `relax` in (0, 2) scales the changes.  On "cuda" rows that
    share no column with an earlier one waiting run at once, so that both devices do the same.

    Raises InvalidParams, and MissingDependency without CuPy or a device.
    """
    if not 0.0 < relax < 2.0:
        raise InvalidParams(f"relax is {relax}", remedy="give a number between 0 and 2")
    if device not in ("cpu", "cuda"):
        raise InvalidParams(f"no device {device!r}", remedy="one of cpu, cuda")
    arrays = indptr, columns, need, duals, point, steps
    if device == "cuda":
        from solverhub.ops.packing_cuda import project as project_there

        return project_there(*arrays, passes, relax)
    return float(packing_cpu.project(*arrays, passes, relax))


def ascend(
    indptr: np.ndarray,
    columns: np.ndarray,
    need: np.ndarray,
    duals: np.ndarray,
    load: np.ndarray,
    cost: np.ndarray,
    *,
    passes: int,
) -> float:
    """At most so many passes; what the value gained.  `duals` and `load` change in place.

    `need` are whole numbers from 1 to the size of the row; `load`, `cost` float64 (columns,).
    """
    return float(packing_cpu.ascend(indptr, columns, need, duals, load, cost, passes))


def loads(indptr: np.ndarray, columns: np.ndarray, duals: np.ndarray, size: int) -> np.ndarray:
    """Load of each of `size` columns, float64."""
    load: np.ndarray = np.bincount(columns, np.repeat(duals, np.diff(indptr)), size)
    return load


def value(need: np.ndarray, duals: np.ndarray, load: np.ndarray, cost: np.ndarray) -> float:
    """r'z - sum max(0, load - cost), a lower bound on (P) but for rounding."""
    return float(need @ duals - np.maximum(0.0, load - cost).sum())
