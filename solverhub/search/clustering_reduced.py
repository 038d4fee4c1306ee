"""What is left of a clustering instance once the vertices that stay together are one.

Sparse instances by persistency, complete ones by their critical cliques; some optimal
clustering of the whole is one of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solverhub.problems.signed_graph import SignedGraph
from solverhub.reductions.clustering_persistency import persistency
from solverhub.reductions.critical_cliques import critical_cliques
from solverhub.search.clustering_form import Form, dense


@dataclass(frozen=True, eq=False)
class Reduced:
    """`form` has the `groups` of the vertices, int64 (n,), as its own.

    - `fixed`: listed pairs whose state is known, `listed`: all of them.
    """

    form: Form
    groups: np.ndarray
    fixed: int
    listed: int

    @classmethod
    def of(cls, instance: SignedGraph) -> Reduced:
        """Reduce an instance."""
        if instance.complete:
            groups = critical_cliques(instance.graph)
            u, v = groups[instance.graph.edge_index]
            fixed = int(np.count_nonzero(u == v))
            return cls(Form.of(instance).contracted(groups), groups, fixed, instance.n_edges)
        found = persistency(instance)
        form = Form.of(SignedGraph(found.graph, False))
        return cls(form, found.groups, found.joined + found.cut, instance.n_edges)

    def lift(self, labels: np.ndarray) -> np.ndarray:
        """Labels of the vertices from those of the groups."""
        lifted: np.ndarray = labels[self.groups]
        return lifted

    def lower(self, labels: np.ndarray) -> np.ndarray:
        """Labels of the groups, each that of its first vertex, within 0..k-1."""
        first = np.unique(self.groups, return_index=True)[1]
        return dense(labels[first])

    def told(self) -> str:
        """How much is fixed, in words."""
        share = 100.0 * self.fixed / max(1, self.listed)
        return (
            f"fixed before the search: {self.fixed} of {self.listed} pairs ({share:.1f} %), "
            f"{self.form.n} of {self.groups.size} vertices left"
        )
