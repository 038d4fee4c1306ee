"""Every solver of maximum cut on awkward graphs, against all cuts of them."""

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import INTERNAL, Parsed
from solverhub.local import solve_parsed
from solverhub.problems.graph import Graph
from solverhub.problems.max_cut import MaxCut

SOLVERS = ("max-cut-search", "odd-cycle-cuts", "langevin", "cp-sat", "highs", "auto")


def weighted(n, p, seed, draw):
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < p
    return Graph.from_edges(n, u[kept], v[kept], edge_weights=draw(rng, int(kept.sum())))


GRAPHS = {
    "empty": Graph.from_edges(0, [], []),
    "one vertex": Graph.from_edges(1, [], []),
    "no edges": Graph.from_edges(5, [], []),
    "disconnected": Graph.from_edges(9, [0, 1, 0, 4, 5, 4], [1, 2, 2, 5, 6, 6]),
    "complete": Graph.from_edges(8, *np.triu_indices(8, 1)),
    "signs": weighted(14, 0.35, 1, lambda rng, k: rng.choice([-1, 1], k)),
    "only negative": weighted(8, 0.5, 2, lambda rng, k: -rng.integers(1, 9, k)),
    "fractions": weighted(10, 0.5, 3, lambda rng, k: rng.normal(size=k)),
    "beyond 2^53": weighted(9, 0.5, 4, lambda rng, k: 2**53 + 2 * rng.integers(0, 999, k) + 1),
    "sums beyond 2^63": weighted(7, 0.9, 5, lambda rng, k: 2**62 + rng.integers(0, 999, k)),
}
ROUNDED = ("highs", "cp-sat")
"""They compute in floats, or scale to whole numbers: exact only up to that, as all are where sums
leave int64."""
LIMITS = {"max-cut-search": 400, "langevin": 400, "odd-cycle-cuts": 50, "auto": 400}


def best_cut(graph):
    if graph.n_edges == 0:
        return 0
    u, v = graph.edge_index
    sides = (np.arange(2 ** (graph.n - 1))[:, None] >> np.arange(graph.n)) & 1
    cut = sides[:, u] != sides[:, v]
    kind = np.float64 if graph.weights_of_edges.dtype.kind == "f" else object
    return max(cut.astype(kind) @ graph.weights_of_edges.astype(kind))


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_best_cut_is_found(solver, name):
    if solver != "auto" and catalog.missing(catalog.solver_class("max-cut", solver)):
        pytest.skip(f"{solver} is not installed")
    graph = GRAPHS[name]
    parsed = Parsed(MaxCut(), graph, INTERNAL, name)
    budget = Budget.start(10, threads=1, iterations=LIMITS.get(solver))
    result = solve_parsed(parsed, solver, budget, seed=1)
    assert result.verified
    best = best_cut(graph)
    whole = graph.weights_of_edges.dtype.kind != "f" and best < 2**62
    exact = whole and solver not in ROUNDED
    assert result.objective == (best if exact else pytest.approx(best, rel=1e-9))
    if result.bound is not None:
        assert result.bound >= best - 1e-9 * abs(best)
