"""What the splitting engine may be told, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from solverhub.core.errors import InvalidParams
from solverhub.exact.qp_drive import QpParams

LinearSystem = Literal["auto", "direct", "cg"]


@dataclass(frozen=True)
class AdmmParams(QpParams):
    """Parameters of `admm`.

    - `eps`, `criterion`: the largest of the primal, dual and gap residual of the original
      problem at which a pair counts as optimal (`problems.qp_residuals`).
    - `rho`, `sigma`: first weights of the rows and of the columns; equality rows weigh
      `equality` times more.  `adaptive_rho` changes them all by one factor that balances primal
      and dual residual.
    - `alpha`: over-relaxation in (0, 2).
    - `scaling`: sweeps of Ruiz equilibration; 0 leaves the data as they are.
    - `acceleration`: memory of Anderson acceleration; 0 switches it off.
    - `newton`: after how many splitting steps without success the proximal method of
      multipliers, whose inner problems are solved by a semismooth Newton method, takes
      over; 0 never.
    - `polish`: guess the active set and solve for it exactly.
    - `linear_system`: `direct` (LDL'), `cg` (no factorisation), or `auto`: `direct` on a CPU
      and `cg` on a CUDA device, which the budget asks for.
    - `check`: splitting steps between two looks at the residuals.
    - `eps_infeasible`: how far a difference of iterates may be from a certificate before it
      is tried as one; it is proved on the original data in any case.
    """

    rho: float = 0.1
    sigma: float = 1e-6
    equality: float = 1e3
    alpha: float = 1.6
    scaling: int = 10
    adaptive_rho: bool = True
    acceleration: int = 8
    newton: int = 200
    polish: bool = True
    linear_system: LinearSystem = "auto"
    check: int = 25
    eps_infeasible: float = 1e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("rho", "sigma", "equality", "eps_infeasible"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InvalidParams(f"{name} is {value}", remedy="give a positive finite number")
        if not 0 < self.alpha < 2:
            raise InvalidParams(f"alpha is {self.alpha}", remedy="give a number between 0 and 2")
        for name, least in (("scaling", 0), ("acceleration", 0), ("newton", 0), ("check", 1)):
            value = getattr(self, name)
            if value < least:
                raise InvalidParams(f"{name} is {value}", remedy=f"give {least} or more")
        if self.linear_system not in ("auto", "direct", "cg"):
            raise InvalidParams(
                f"linear_system is {self.linear_system!r}", remedy="one of auto, direct, cg"
            )
