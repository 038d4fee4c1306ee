"""The neighbourhood that a trained policy chooses: columns drawn by their scores.

CL-LNS (Huang et al. 2023, arXiv:2302.01578) takes the k columns of highest score, and samples once
k cannot grow.  Here Gumbel noise is added to the scores from the start, so that rounds from one
incumbent differ: it makes the k largest a sample without replacement (Kool et al. 2019,
arXiv:1903.06059).  Columns are drawn from all, or from the chosen ones, to be removed
(`ilp_removal`).  The network is asked about a new incumbent or relaxation once `EVERY` rounds have
passed, since it takes as long as some repairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from solverhub.learned.contrastive_features import Bipartite, Relaxation, bipartite, features
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_neighbourhoods import LnsState, Proposal
from solverhub.search.ilp_removal import removal

if TYPE_CHECKING:
    from solverhub.learned.contrastive_network import ContrastiveNetwork, Sides

NOISE, REMOVAL_NOISE, FLAT = 1.0, 4.0, 1e-3
"""Scale of the noise, in standard deviations of the scores, where columns are drawn from all and
where some are removed, most of the chosen in time; and the least deviation: equal columns have
equal scores, but for rounding, and must be drawn at random."""
EVERY = 8


class Contrastive:
    """Columns by the policy's scores; for one thread.

    - `scores` float64 (n,): those of the incumbent it was last asked about.
    - `removes`: those drawn are of the chosen ones, and what their removal lets move is free too.
    """

    name: ClassVar[str] = "contrastive"

    def __init__(self, network: ContrastiveNetwork, *, removes: bool = False) -> None:
        self._network, self._removes = network, removes
        self._relaxed: object | None = None
        self._graph: Bipartite | None = None
        self._sides: Sides | None = None
        self._of: np.ndarray | None = None
        self.scores = np.zeros(0)
        self._rounds = 0

    def propose(self, state: LnsState, size: int, rng: np.random.Generator) -> Proposal | None:
        """See `Neighbourhood.propose`."""
        self._rounds += 1
        changed = state.point is not self._of or state.relaxation is not self._relaxed
        if self._graph is None or (changed and self._rounds >= EVERY):
            self._score(state)
        if self._removes:
            return removal(state, size, lambda all_, k: self._drawn(all_, k, REMOVAL_NOISE, rng))
        return Proposal(self._drawn(state.form.whole, size, NOISE, rng))

    def _drawn(
        self, columns: np.ndarray, size: int, noise: float, rng: np.random.Generator
    ) -> np.ndarray:
        if size >= columns.size:
            return columns
        scores = self.scores[columns]
        spread = max(float(scores.std()), FLAT)
        keys = scores + noise * spread * rng.gumbel(size=columns.size)
        drawn: np.ndarray = columns[np.argpartition(-keys, size)[:size]]
        return drawn

    def _score(self, state: LnsState) -> None:
        import torch

        from solverhub.learned.contrastive_network import Sides
        from solverhub.learned.devices import threads

        relaxation = state.relaxation
        if self._graph is None or relaxation is not self._relaxed:
            self._graph = bipartite(state.form.program, _in_its_sense(state.form, relaxation))
            self._sides = Sides.of(self._graph)
        self._of, self._relaxed, self._rounds = state.point, relaxation, 0
        others = [each for each in state.recent if each is not state.point]
        columns, rows = features(self._graph, [state.point, *others])
        assert self._sides is not None
        with threads(1), torch.no_grad():
            found = self._network(torch.from_numpy(columns), torch.from_numpy(rows), self._sides)
        self.scores = found.numpy().astype(np.float64)


def _in_its_sense(form: IlpForm, relaxation: object | None) -> Relaxation | None:
    """A relaxation of the search, which minimises, in the sense of the program."""
    if relaxation is None:
        return None
    values, reduced = relaxation.values, relaxation.reduced_costs  # type: ignore[attr-defined]
    return Relaxation(values, form.program.sense.sign * reduced)
