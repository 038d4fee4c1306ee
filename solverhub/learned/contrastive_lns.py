"""`contrastive-lns`: large neighbourhood search whose neighbourhoods a trained policy chooses.

The search is that of `lns`.  In programs of the families that models are of, the policy removes
chosen columns, and a bandit takes it or removal at random, which opens: where the policy knows
little, that costs little more than the rounds in which the bandit finds out.  In programs of no
family removal alone may never free what must change (lot sizing), so there the policy chooses from
all columns, beside removal and columns at random.  It walks at the start only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.events import Observer, ignore
from solverhub.core.problem import Problem
from solverhub.core.result import Result
from solverhub.learned.contrastive_neighbourhood import Contrastive
from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_lns import LnsParams, LnsSolver
from solverhub.search.ilp_neighbourhoods import Neighbourhood, Random
from solverhub.search.ilp_removal import Removal

if TYPE_CHECKING:
    from solverhub.learned.contrastive_weights import Model

ELSEWHERE = "set-cover"
"""Family whose model chooses for programs of none: the best on assignment and lot sizing, see
`docs/benchmarks.md`."""


@dataclass(frozen=True)
class ContrastiveParams(LnsParams):
    """Parameters of `contrastive-lns`, besides those of `lns`.

    - `model`: a name of `solverhub models` or a folder; None: the one of the family that the rows
      look like.
    """

    model: str | None = None


class ContrastiveLnsSolver(LnsSolver):
    """Large neighbourhood search by a contrastive policy."""

    name: ClassVar[str] = "contrastive-lns"
    title: ClassVar[str] = "Large neighbourhood search by a contrastive policy"
    requires: ClassVar[tuple[str, ...]] = ("highspy", "torch", "safetensors")
    Params: ClassVar[type[ContrastiveParams]] = ContrastiveParams

    def load(self) -> None:
        """Compile the kernels, import torch and read the models: a second or two."""
        super().load()
        from solverhub.learned import contrastive_weights

        for name in contrastive_weights.names():
            contrastive_weights.load(name)

    def solve(
        self,
        instance: IntegerProgram,
        budget: Budget,
        *,
        params: LnsParams,
        seed: int,
        warm_start: np.ndarray | None = None,
        observe: Observer = ignore,
    ) -> Result:
        """Solve within the budget; see `Solver.solve`."""
        from solverhub.learned import contrastive_weights

        family = contrastive_weights.family_of(instance)
        wanted = params.model if isinstance(params, ContrastiveParams) else None
        model = contrastive_weights.load(
            wanted or contrastive_weights.PREFIX + (family or ELSEWHERE)
        )
        inner = OneModelSearch(self.problem, model, removes=family is not None)
        result = inner.solve(
            instance, budget, params=params, seed=seed, warm_start=warm_start, observe=observe
        )
        return replace(result, weights=model.digest, training=model.training)


class OneModelSearch(LnsSolver):
    """The search with one model, which the solver, shared by all solves, cannot hold."""

    walks: ClassVar[bool] = False

    def __init__(self, problem: Problem, model: Model, *, removes: bool) -> None:
        super().__init__(problem)
        self._model, self._removes = model, removes

    def neighbourhoods(self, form: IlpForm) -> Sequence[Neighbourhood]:
        """See `LnsSolver.neighbourhoods`."""
        policy = Contrastive(self._model.network, removes=self._removes)
        return (policy, Removal()) if self._removes else (policy, Removal(), Random())
