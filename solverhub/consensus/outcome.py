"""What a consensus run ended with, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from solverhub.core.result import Limit


class Status(StrEnum):
    """How a run ended.

    - `converged`: both residuals of all agents are within eps.
    - `partial`: those of the agents that answer are; the `silent` ones were given up.
    - `stopped`: a limit or a standstill came first; see `limit` and the residuals.
    """

    CONVERGED = "converged"
    PARTIAL = "partial"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Residuals:
    """How far a set of answers is from an optimum; both 0 exactly at one.

    With g_i a subgradient of f_i at x_i and xm the mean of the x_i,

    - `consensus` = max_i |x_i - xm|_inf, `dual` = |sum_i g_i|_inf,
    - `consensus_relative` = consensus / (1 + max_i |x_i|_inf),
      `dual_relative` = dual / (1 + max_i |g_i|_inf).
    """

    consensus: float
    dual: float
    consensus_relative: float
    dual_relative: float

    def within(self, eps: float) -> bool:
        """True if both relative residuals are at most eps."""
        return self.consensus_relative <= eps and self.dual_relative <= eps


@dataclass(frozen=True, slots=True)
class Point:
    """A look at a run: seconds, updates of all agents so far, relative residuals."""

    wall_s: float
    updates: int
    consensus: float
    dual: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of a run.

    - `x`: float64 (n,) of each agent that ever answered; `mean`: their mean, silent ones left
      out where there are others (zeros if none answered).
    - `objective`: sum_i f_i(mean), None if an agent does not tell its f.  The mean obeys the
      constraints of an agent to within the consensus residual.
    - `residuals`: of the agents that are not silent.
    - `limit`: what stopped a run that is `stopped`; None there means that no word was left
      to wait for (synchronous agents behind a silent one).
    - `silent`: names of agents that were given up, or have not answered at the end.
    - `updates`, `messages`: by agent: prox evaluations and words sent.
    - `wall_s`: seconds from the common start, of the simulated clock in a simulation.
    - `rho`, `pace`: the step used, and the lowest pace reached (None: never limited).
    """

    status: Status
    limit: Limit | None
    x: Mapping[str, np.ndarray]
    mean: np.ndarray
    objective: float | None
    residuals: Residuals
    silent: tuple[str, ...]
    updates: Mapping[str, int]
    messages: Mapping[str, int]
    wall_s: float
    trace: tuple[Point, ...]
    rho: float
    pace: int | None

    @property
    def converged(self) -> bool:
        """True if every agent agrees on an optimum of the whole."""
        return self.status is Status.CONVERGED
