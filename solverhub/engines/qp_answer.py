"""What every engine of convex quadratic programs is given, and what it ends with.

    minimise  1/2 x'P x + q'x
    subject to  E x = b,   low <= G x <= high,   lower <= x <= upper

Multipliers make P x + q + E'y + G'z + w = 0, positive at an upper side and negative at a
lower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix

from solverhub.engines.ilp_answer import Status

__all__ = ["KILLED", "QpAnswer", "QpForm", "Status"]


@dataclass(frozen=True, eq=False)
class QpForm:
    """A program with rows told apart: `P` (n, n) symmetric, `E` (p, n), `G` (k, n), all csc.

    Sides float64, ±inf where absent; every row of G has a finite side, and none of the sides
    nor bounds meet.
    """

    P: csc_matrix
    q: np.ndarray
    E: csc_matrix
    b: np.ndarray
    G: csc_matrix
    low: np.ndarray
    high: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def n(self) -> int:
        """Number of variables."""
        return int(self.q.size)

    @property
    def nonzeros(self) -> int:
        """Entries of P, E and G."""
        return int(self.P.nnz + self.E.nnz + self.G.nnz)


@dataclass(frozen=True, eq=False)
class QpAnswer:
    """What a run ended with.

    - `x` float64 (n,), and multipliers `equal` (p,), `rows` (k,), `bounds` (n,); None where the
      run has none.
    - With status INFEASIBLE the multipliers are the engine's certificate, with UNBOUNDED `x`
      is its ray.
    - `words`: the engine's own name of its status.
    """

    status: Status
    x: np.ndarray | None = None
    equal: np.ndarray | None = None
    rows: np.ndarray | None = None
    bounds: np.ndarray | None = None
    iterations: int = 0
    words: str = ""

    @property
    def whole(self) -> bool:
        """True if there is a finite point with finite multipliers."""
        parts = (self.x, self.equal, self.rows, self.bounds)
        return all(part is not None and bool(np.isfinite(part).all()) for part in parts)


KILLED = QpAnswer(Status.STOPPED, words="killed")
"""The answer of a run whose process was killed."""
