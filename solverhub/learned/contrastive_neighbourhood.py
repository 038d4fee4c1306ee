"""The neighbourhood that a trained policy chooses: the columns with the highest scores.

CL-LNS (Huang et al. 2023, arXiv:2302.01578) takes the k columns of highest score, and samples once
k cannot grow.  Here noise is added to the scores from the start, more with every round in which
the incumbent stays, so that rounds from one incumbent differ: Gumbel noise makes the k largest a
sample without replacement (Kool et al. 2019, arXiv:1903.06059).  The network is asked once an
incumbent, and again when the relaxation becomes known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from solverhub.learned.contrastive_features import Bipartite, Relaxation, bipartite, features
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_neighbourhoods import LnsState, Proposal

if TYPE_CHECKING:
    from solverhub.learned.contrastive_network import Sides
    from solverhub.learned.contrastive_weights import Model

LEAST_NOISE, MORE_NOISE, MOST_NOISE = 0.25, 0.25, 3.0


class Contrastive:
    """Columns by the policy's scores; for one thread."""

    name: ClassVar[str] = "contrastive"

    def __init__(self, model: Model) -> None:
        self._network = model.network
        self._relaxed: object | None = None
        self._graph: Bipartite | None = None
        self._sides: Sides | None = None
        self._of: np.ndarray | None = None
        self._scores = np.zeros(0)
        self._noise = LEAST_NOISE

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        whole = state.form.whole
        if state.point is not self._of or state.relaxation is not self._relaxed:
            self._score(state)
        else:
            self._noise = min(MOST_NOISE, self._noise + MORE_NOISE)
        if size >= whole.size:
            return Proposal(whole)
        keys = self._scores[whole] + self._noise * rng.gumbel(size=whole.size)
        return Proposal(whole[np.argpartition(-keys, size)[:size]])

    def _score(self, state: LnsState) -> None:
        import torch

        from solverhub.learned.contrastive_network import Sides
        from solverhub.learned.devices import threads

        relaxation = state.relaxation
        if self._graph is None or relaxation is not self._relaxed:
            self._graph = bipartite(state.form.program, _in_its_sense(state.form, relaxation))
            self._sides = Sides.of(self._graph)
        if state.point is not self._of:
            self._noise = LEAST_NOISE
        self._of, self._relaxed = state.point, relaxation
        others = [each for each in state.recent if each is not state.point]
        columns, rows = features(self._graph, [state.point, *others])
        assert self._sides is not None
        with threads(1), torch.no_grad():
            found = self._network(torch.from_numpy(columns), torch.from_numpy(rows), self._sides)
        self._scores = found.numpy().astype(np.float64)


def _in_its_sense(form: IlpForm, relaxation: object | None) -> Relaxation | None:
    """A relaxation of the search, which minimises, in the sense of the program."""
    if relaxation is None:
        return None
    values, reduced = relaxation.values, relaxation.reduced_costs  # type: ignore[attr-defined]
    return Relaxation(values, form.program.sense.sign * reduced)
