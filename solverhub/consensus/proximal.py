"""What an agent knows: a convex function f, by its proximal operator.

    prox(v, rho) = argmin_x  f(x) + rho/2 |x - v|^2

The minimiser x of it comes with rho (v - x), a subgradient of f at x.  So every answer of an
agent, however old its question, is a true point of the graph of the subdifferential of f.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from solverhub.core.errors import InvalidInstance, SolverFailed


class Proximal(Protocol):
    """A convex function of `n` variables, private to an agent."""

    n: int

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """argmin f(x) + rho/2 |x - v|^2, float64 (n,), for v float64 (n,) and rho > 0."""
        ...

    def objective(self, x: np.ndarray) -> float | None:
        """f(x), or None where it is not known."""
        ...


class Operator:
    """An agent given by callables: `prox(v, rho) -> x` and, if known, `objective(x) -> f(x)`."""

    def __init__(
        self,
        n: int,
        prox: Callable[[np.ndarray, float], np.ndarray],
        objective: Callable[[np.ndarray], float] | None = None,
    ) -> None:
        self.n, self._prox, self._objective = n, prox, objective

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """What the callable returns."""
        return self._prox(v, rho)

    def objective(self, x: np.ndarray) -> float | None:
        """What the callable returns, or None without one."""
        return None if self._objective is None else float(self._objective(x))


def checked(name: str, agent: Proximal, v: np.ndarray, rho: float) -> np.ndarray:
    """The agent's prox as float64 (n,).

    Raises `InvalidInstance` for another shape and `SolverFailed` for NaN, infinities and
    exceptions, both with the name of the agent.
    """
    try:
        x = np.array(agent.prox(v, rho), dtype=np.float64)
    except (InvalidInstance, SolverFailed) as error:
        raise type(error)(f"agent {name!r}: {error.message}", remedy=error.remedy) from error
    except Exception as error:
        raise SolverFailed(f"the prox of agent {name!r} raised {error!r}") from error
    if x.shape != v.shape:
        raise InvalidInstance(
            f"the prox of agent {name!r} returned shape {x.shape}, expected {v.shape}"
        )
    if not np.isfinite(x).all():
        at = int(np.argmin(np.isfinite(x)))
        raise SolverFailed(
            f"the prox of agent {name!r} returned {x[at]} at entry {at}",
            remedy="it must minimise f(x) + rho/2 |x - v|^2, which has a finite minimiser",
        )
    return x
