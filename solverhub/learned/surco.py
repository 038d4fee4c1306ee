"""Linear surrogates for nonlinear objectives: search over costs, not over solutions.

To minimise a differentiable f over a finite set Omega where argmin c.x is easy, SurCo (Ferber et
al., ICML 2023, arXiv:2210.12547) minimises f(g(c)) over costs c, with g(c) = argmin over Omega of
c.x, by gradient steps on c.  g is piecewise constant; three stand-ins for its derivative are here,
with G = df/dx at x = g(c):

- `blackbox` (Vlastelica et al., ICLR 2020, arXiv:1912.02175): (g(c + s G) - g(c)) / s, one more
  solve;
- `perturbed` (Berthet et al., NeurIPS 2020, arXiv:2002.08676): mean over draws Z ~ N(0, 1) of
  (G . g(c + s Z)) Z / s, as many solves as draws;
- `straight-through` (Sahoo et al., ICLR 2023, arXiv:2205.15213): -G, no further solve.

Every answer is a point of Omega; nothing says how far from the best it is.  The paper's code is not
used; its sharding variant forgot to pass the gradient on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from solverhub.core.errors import InvalidInstance

GRADIENTS = ("blackbox", "perturbed", "straight-through")

_MOST_BYTES = 2**27
"""What points met before may take: a key, x and its gradient have 24 bytes an entry."""

Oracle = Callable[[np.ndarray], np.ndarray | None]
"""Costs, float64 (n,), to a minimiser x of costs.x, (n,), or None where there is no solution."""

Objective = Callable[[torch.Tensor], torch.Tensor]
"""x, float64 (n,), to the scalar to minimise, by differentiable torch operations."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How the costs move.

    - `gradient`: one of `GRADIENTS`; `reach` is its s, relative to the mean size of the costs (for
      `blackbox` its first s, and times the largest entry of G); `draws` those of `perturbed`.
    - `rate`: Adam's, relative to the mean size of the first costs.
    - `apart`: a second moment of Adam for each cost, not one for all.
    - `momentum`, `memory`: what its first and second moment keep at a step.
    - `most`: the largest size of a cost, relative to the mean size of the first ones.
    - `last_rate`: the share of `rate` to which it falls by a cosine over `fall` steps.
    - `patience`: steps without a better solution after which the costs return to the best ones
      with fresh noise.
    """

    gradient: str = "blackbox"
    reach: float = 0.5
    draws: int = 4
    rate: float = 0.05
    patience: int = 50
    apart: bool = False
    momentum: float = 0.9
    memory: float = 0.999
    most: float = math.inf
    last_rate: float = 1.0
    fall: int = 200


@dataclass(slots=True)
class Point:
    """A solution, its value of f, and df/dx there."""

    x: np.ndarray
    value: float
    slope: np.ndarray


@dataclass
class Surrogate:
    """One search: `step` until the caller has enough; `best` is the best point so far.

    Objective values and gradients of solutions met before are remembered, since neighbouring costs
    mostly give the same one.  `solves` counts calls of the oracle.
    """

    objective: Objective
    oracle: Oracle
    costs: np.ndarray
    steps: Steps
    rng: np.random.Generator
    lower: np.ndarray | float = -math.inf
    best: Point | None = None
    solves: int = 0
    _known: dict[bytes, Point] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up Adam."""
        self._scale = float(np.abs(self.costs).mean()) or 1.0
        self._first = np.zeros_like(self.costs)
        self._second: np.ndarray | float = 0.0
        self._reach = self.steps.reach
        self._count = self._idle = 0
        self._best_costs = self.costs.copy()

    def step(self) -> Point | None:
        """Solve at the costs, move them, and give the better of the points met; None if Omega is
        empty."""
        x = self._solve(self.costs)
        if x is None:
            return None
        before = self.best
        point = self._meet(x)
        slope = self._slope(point)
        self._idle = 0 if self.best is not before else self._idle + 1
        if self._idle >= self.steps.patience:
            self._restart()
        else:
            self._move(slope)
        return self.best if self.best is not before else point

    def _solve(self, costs: np.ndarray) -> np.ndarray | None:
        self.solves += 1
        x = self.oracle(costs)
        return None if x is None else np.asarray(x, dtype=np.float64)

    def _meet(self, x: np.ndarray) -> Point:
        """The point of x, evaluated once; the best one is kept with the costs of the moment."""
        key = x.tobytes()
        if key not in self._known:
            if len(self._known) * 24 * x.size > _MOST_BYTES:
                del self._known[next(iter(self._known))]
            self._known[key] = evaluate(self.objective, x)
        point = self._known[key]
        if self.best is None or point.value < self.best.value:
            self.best, self._best_costs = point, self.costs.copy()
        return point

    def _slope(self, point: Point) -> np.ndarray:
        if self.steps.gradient == "straight-through":
            return -point.slope
        if self.steps.gradient == "blackbox":
            return self._ahead(point)
        s = self.steps.reach * self._scale
        total = np.zeros_like(point.slope)
        for _ in range(self.steps.draws):
            noise = self.rng.standard_normal(total.size)
            x = self._solve(self._allowed(self.costs + s * noise))
            if x is not None:
                total += (point.slope @ (x - point.x)) * noise
        total /= s * self.steps.draws
        return total

    def _ahead(self, point: Point) -> np.ndarray:
        """Blackbox differentiation; s grows while the second solve gives the first one's answer.

        A second solve that changes nothing has no direction, and one that goes too far has a
        coarse one: s doubles after the former and shrinks a little after the latter.
        """
        largest = float(np.abs(point.slope).max()) or 1.0
        s = self._reach * self._scale / largest
        ahead = self._solve(self._allowed(self.costs + s * point.slope))
        if ahead is None:
            return np.zeros_like(point.slope)
        same = np.array_equal(ahead, point.x)
        self._meet(ahead)
        self._reach *= 2 if same else 0.9
        self._reach = min(max(self._reach, self.steps.reach / 10), 1e3 * self.steps.reach)
        difference: np.ndarray = (ahead - point.x) / s
        return difference

    def _move(self, slope: np.ndarray) -> None:
        """Adam (Kingma and Ba, ICLR 2015, arXiv:1412.6980), with one second moment for all costs.

        With one a cost (`apart`), every cost moves by the same step while its slope keeps its
        sign, and the costs' order, which is all that counts, would mostly not change.
        """
        if not slope.any():
            return
        self._count += 1
        momentum, memory = self.steps.momentum, self.steps.memory
        self._first += (1 - momentum) * (slope - self._first)
        size = slope**2 if self.steps.apart else float((slope**2).mean())
        self._second = self._second + (1 - memory) * (size - self._second)
        first = self._first / (1 - momentum**self._count)
        second = self._second / (1 - memory**self._count)
        fallen = (1 - math.cos(math.pi * min(1.0, self._count / self.steps.fall))) / 2
        rate = self.steps.rate * self._scale * (1 - (1 - self.steps.last_rate) * fallen)
        self.costs = self._allowed(self.costs - rate * first / np.maximum(np.sqrt(second), 1e-300))

    def _restart(self) -> None:
        noise = self.steps.reach * self._scale * self.rng.standard_normal(self.costs.size)
        self.costs = self._allowed(self._best_costs + noise)
        self._first[:], self._second = 0, 0.0
        self._reach = self.steps.reach
        self._count = self._idle = 0

    def _allowed(self, costs: np.ndarray) -> np.ndarray:
        most = self.steps.most * self._scale
        allowed: np.ndarray = np.clip(costs, np.maximum(-most, self.lower), most)
        return allowed


def evaluate(objective: Objective, x: np.ndarray) -> Point:
    """The objective and its gradient at x; `InvalidInstance` says what is wrong with it."""
    given = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    value: Any = objective(given)
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        shape = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
        raise InvalidInstance(
            f"the objective gives {shape}", remedy="return a torch tensor with one number"
        )
    if not torch.isfinite(value).all():
        raise InvalidInstance(
            f"the objective is {value.item()} at a feasible point",
            remedy="make it finite on the whole feasible set",
        )
    if not value.requires_grad:
        raise InvalidInstance(
            "the objective does not depend on x by differentiable operations",
            remedy="compute it with torch operations on x",
        )
    (slope,) = torch.autograd.grad(value.reshape(()), given)
    if not torch.isfinite(slope).all():
        raise InvalidInstance(
            "the gradient of the objective is not finite at a feasible point",
            remedy="smooth the objective there (a square root at 0, a logarithm of 0)",
        )
    return Point(x, float(value.detach()), slope.numpy().copy())
