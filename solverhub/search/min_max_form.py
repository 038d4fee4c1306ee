"""Min-max correlation clustering as its kernels take it: rows of signed weights.

With kappa = 0 the pairs in the rows are all there are; with kappa = 1 all others weigh -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solverhub.problems.signed_graph import SignedGraph


@dataclass(frozen=True, eq=False)
class Rows:
    """`indptr`, `indices` int64 and `weights` float64 of the symmetric rows; kappa 0 or 1.

    `scale`: the mean size of the weights, by which temperatures are multiplied.
    """

    indptr: np.ndarray
    indices: np.ndarray
    weights: np.ndarray
    kappa: float
    scale: float = 1.0

    @classmethod
    def of(cls, instance: SignedGraph) -> Rows:
        """The rows of an instance."""
        graph = instance.graph
        weights = instance.weights.astype(np.float64)
        scale = float(np.abs(weights).mean()) if weights.size and not instance.complete else 1.0
        kappa = 1.0 if instance.complete else 0.0
        return cls(graph.indptr, graph.indices, weights[graph.edge_ids], kappa, scale)

    @property
    def n(self) -> int:
        """Number of vertices."""
        return int(self.indptr.size - 1)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """What every kernel takes first."""
        return self.indptr, self.indices, self.weights, self.kappa
