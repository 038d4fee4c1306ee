"""Which chains run on a task of `vertex-cover-search`, and from where."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solverhub.core.events import Event
from solverhub.core.result import Limit
from solverhub.problems.graph import Graph
from solverhub.problems.graph_kernels import degeneracy_order
from solverhub.reductions.kernel_independent_set import (
    IndependentSetKernel,
    independent_set_kernel,
)
from solverhub.search.clique_chain import BranchChain, TurnChain
from solverhub.search.independent_set_bounds import clique_cover_labels, colour_labels
from solverhub.search.independent_set_chain import AnnealingChain, SwapChain
from solverhub.search.independent_set_start import degree_independent, quick_independent
from solverhub.search.independent_set_task import IndependentSetTask
from solverhub.search.subset_chains import Chain, run_chains
from solverhub.search.subset_incumbents import SubsetIncumbents
from solverhub.search.vertex_cover_chain import CoverChain

COVER_VERTICES = 1_250
"""Vertices of a kernel without weights up to which edge weights are searched by: on the large RB
graphs, of up to 1,200, they win; from 1,500 on annealing does, or is level."""

PROOF_SIZE = 400
"""Vertices of a kernel up to which branch and bound on its complement is tried: random graphs of
200 to 300 vertices, a tenth of whose pairs are edges, take it a few hundredths of a second.  Up to
there edge weights win on auctions, too, and swaps from 500 on."""

BRANCH_WIDTH = 3000
"""Degeneracy up to which cliques are branched on: bits of it squared are held, thrice."""

MOST_ABSENT_PAIRS = 20_000_000
"""Pairs of a complement beyond which it is not built."""

GREEDY_S = 1e-6
"""Seconds an edge that must be left for the greedy set by degrees, which has no slices."""

COSTLY = 200_000
"""Vertices from which on solutions are told only every `COSTLY_S` seconds."""
COSTLY_S = 0.5


def search_task(
    task: IndependentSetTask,
    known: SubsetIncumbents,
    start: np.ndarray | None,
    threads: int,
    seed: int,
) -> Limit | None:
    """Search for independent sets from `start`, or from a greedy one."""
    recorder = known.recorder
    if start is None:
        start = quick_independent(task.graph, task.cost)
        known.take(task.lift(start))
    kernel = independent_set_kernel(task.graph, task.cost, lambda: recorder.limit() is not None)
    limit = recorder.limit()
    if limit is not None:
        return limit
    budget = recorder.budget
    enough = budget.deterministic or budget.remaining_s > GREEDY_S * kernel.graph.n_edges
    start = _best_start(kernel, start, enough)
    return _search_kernel(task, kernel, known, start, threads, seed)


def _best_start(kernel: IndependentSetKernel, start: np.ndarray, enough: bool) -> np.ndarray:
    graph, cost = kernel.graph, kernel.cost
    given = kernel.lower(start)
    if not enough:
        return given
    made = degree_independent(graph) if graph.weights is None else quick_independent(graph, cost)
    return made if cost[made].sum() > cost[given].sum() else given


def _search_kernel(
    task: IndependentSetTask,
    kernel: IndependentSetKernel,
    known: SubsetIncumbents,
    start: np.ndarray,
    threads: int,
    seed: int,
) -> Limit | None:
    graph, cost = kernel.graph, kernel.cost

    def lift(independent: np.ndarray) -> np.ndarray:
        return task.lift(kernel.lift(independent))

    def lower(solution: np.ndarray) -> np.ndarray:
        return kernel.lower(task.lower(solution))

    known.take(lift(start))
    if graph.n_edges == 0:
        known.take(lift(np.ones(graph.n, np.bool_)))
        known.prove_best()
        return known.recorder.limit()
    labels = clique_cover_labels(known.instance)
    if labels is not None:
        known.bound_by({"clique_cover": labels})
    chains: list[Chain] = [_chain(graph, cost, start, seed, i) for i in range(threads)]
    if graph.n <= PROOF_SIZE:
        chains[0] = TurnChain(BranchChain(graph.complement(), cost, start), chains[0])
    return _run(chains, known, lift, lower, graph.n)


def _chain(graph: Graph, cost: np.ndarray, start: np.ndarray, *seed: int) -> Chain:
    if graph.n > PROOF_SIZE and np.ptp(cost) > 0:
        return SwapChain(graph, cost, start, *seed)
    if graph.n > COVER_VERTICES:
        return AnnealingChain(graph, start, *seed)
    return CoverChain(graph, cost, start, *seed)


def search_cliques(
    task: IndependentSetTask,
    known: SubsetIncumbents,
    start: np.ndarray | None,
    threads: int,
    seed: int,
) -> Limit | None:
    """Search for cliques, by branching in the graph and by search in its complement."""
    graph, n = task.graph, task.graph.n
    if start is None:
        start = np.zeros(n, np.bool_)
    if n == 0:
        known.prove_best()
        return known.recorder.limit()
    known.bound_by({"colouring": colour_labels(known.instance)})
    chains: list[Chain] = []
    if n * (n - 1) // 2 <= MOST_ABSENT_PAIRS:
        complement = graph.complement()
        chains = [CoverChain(complement, task.cost, start, seed, i) for i in range(threads)]
    if degeneracy_order(graph.indptr, graph.indices)[1] <= BRANCH_WIDTH:
        proof = BranchChain(graph, task.cost, start)
        chains[:1] = [TurnChain(proof, chains[0]) if chains else proof]
    if not chains:
        known.recorder.log("the graph is too large and dense to search for cliques")
        return known.recorder.limit()
    return _run(chains, known, task.lift, task.lower, n)


def _run(
    chains: list[Chain],
    known: SubsetIncumbents,
    lift: Callable[[np.ndarray], np.ndarray],
    lower: Callable[[np.ndarray], np.ndarray],
    n: int,
) -> Limit | None:
    def take(chosen: np.ndarray) -> bool:
        return known.take(lift(chosen))

    def hear(event: Event) -> np.ndarray | None:
        solution = known.hear(event)
        return None if solution is None else lower(solution)

    every_s = COSTLY_S if n >= COSTLY else 0.0
    limit = run_chains(
        chains, known.recorder, take, hear, every_s=every_s, patience_s=known.patience_s
    )
    proving = [chain for chain in chains if isinstance(chain, BranchChain | TurnChain)]
    if any(chain.finished for chain in proving):
        known.prove_best()
    return limit
