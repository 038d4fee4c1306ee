"""Parameters of the searches for subsets of vertices."""

from __future__ import annotations

from dataclasses import dataclass

from solverhub.core.errors import InvalidParams
from solverhub.core.solver import Params


@dataclass(frozen=True)
class SubsetSearchParams(Params):
    """Parameters of `vertex-cover-search` and `dominating-set-search`.

    - `patience_s`: seconds without a better solution after which the search ends, so that a race
      can give its core to the other arms; None goes on to the end of the budget.
    """

    patience_s: float | None = None

    def __post_init__(self) -> None:
        if self.patience_s is not None and not self.patience_s > 0:
            raise InvalidParams(
                f"patience_s is {self.patience_s}", remedy="give a number of seconds above 0"
            )
