"""What a user may set of CP-SAT; importable where OR-Tools is not installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solverhub.core.errors import InvalidParams
from solverhub.core.solver import Params


@dataclass(frozen=True)
class CpSatParams(Params):
    """Parameters of CP-SAT.

    - `workers`: CP-SAT's own threads; None: as `cp_sat_drive` says.
    - `log`: keep the raw search log in the result.
    - `pool`: how many further solutions to return; once the optimum is proved, others as good
      are searched for in the time left.
    - `native`: fields of OR-Tools' `sat_parameters.proto`, which override all of the above.
    """

    workers: int | None = None
    log: bool = False
    pool: int = 0
    native: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InvalidParams(f"workers is {self.workers}", remedy="give 1 or more, or none")
        if self.pool < 0:
            raise InvalidParams(f"pool is {self.pool}", remedy="give 0 or more")
