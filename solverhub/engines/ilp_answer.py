"""What every engine of integer programs ends with, whatever its own words for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np


class Status(Enum):
    """What a run says of its program.

    A limit is reported only where the engine met it itself; STOPPED is an interruption or a
    target, SUSPECT a run that did something known to be wrong, FAILED everything else.
    """

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNBOUNDED_OR_INFEASIBLE = "unbounded or infeasible"
    TIME = "time"
    ITERATIONS = "iterations"
    MEMORY = "memory"
    STOPPED = "stopped"
    SUSPECT = "suspect"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run ended with.

    - `values` float64 (n,): its last point, not necessarily feasible, or None.
    - `bound`: its claimed bound on the objective, in the program's own sense, or None.
    - `row_dual` float64 (m,): multipliers of an LP, reduced costs c - A'y, or None.
    - `farkas` float64 (m,): multipliers that show an LP to be infeasible, or None.
    - `words`: the engine's own name of its status.
    - `iterations`: those of the simplex method, if the engine tells.
    """

    status: Status
    values: np.ndarray | None = None
    bound: float | None = None
    row_dual: np.ndarray | None = None
    farkas: np.ndarray | None = None
    words: str = ""
    iterations: int | None = None
