"""How `auto` chooses for subsets of the vertices of a graph and for cuts."""

from __future__ import annotations

from solverhub.routing.features import Features
from solverhub.routing.rule import BRIEFLY, Rule, Share, may_race

SUBSETS = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
)
SMALL_GRAPH = 10_000
TINY_GRAPH, PROOF_S = 2_000, 30
"""Vertices and edges up to which branch and bound gets far, and up to which it proves most in
moments; seconds from which a proof of a small graph is worth the place of more search."""
TINY_CUT = 1_000
BRANCHED = 400
DENSE = 0.05
"""Vertices up to which, and share of the pairs from which, the search's own branch and bound
proves independent sets sooner than CP-SAT; cliques it proves in sparse and in large graphs too."""
MEDIUM_GRAPH = 100_000
"""Vertices and edges up to which CP-SAT may prove something beside a search."""


def _density(f: Features) -> float:
    """Share of the pairs of vertices that are edges."""
    pairs = f["vertices"] * (f["vertices"] - 1) / 2
    return float(f["edges"] / max(1.0, pairs))


RULES: tuple[Rule, ...] = (
    Rule(
        SUBSETS[:3],
        "at most 10,000 vertices and edges, 2 threads, not deterministic",
        lambda f: may_race(f) and f.weight <= SMALL_GRAPH,
        (Share("vertex-cover-search", 1, BRIEFLY), Share("cp-sat"), Share("highs", 1)),
        "a small graph: the search finds the best in moments and ends, the others prove it",
    ),
    Rule(
        SUBSETS[3:],
        "at most 10,000 vertices and edges, 2 threads, not deterministic",
        lambda f: may_race(f) and f.weight <= SMALL_GRAPH,
        (Share("dominating-set-search", 1, BRIEFLY), Share("cp-sat"), Share("highs", 1)),
        "a small graph: the search finds the best in moments and ends, the others prove it",
    ),
    Rule(
        SUBSETS[1:2],
        "1 thread or deterministic",
        lambda f: not may_race(f),
        (Share("vertex-cover-search"),),
        "a clique: the search finds it, and branch and bound in turns with that often proves it",
    ),
    Rule(
        SUBSETS[:3],
        "1 thread or deterministic, at most 400 vertices, 1 pair in 20 or more an edge",
        lambda f: not may_race(f) and f["vertices"] <= BRANCHED and _density(f) >= DENSE,
        (Share("vertex-cover-search"),),
        "a small dense graph: branch and bound in turns with the search proves it",
    ),
    Rule(
        SUBSETS,
        "at most 2,000 vertices and edges, or 10,000 and 30 s or more",
        lambda f: f.weight <= TINY_GRAPH or (f.weight <= SMALL_GRAPH and f.time_s >= PROOF_S),
        (Share("cp-sat"),),
        "a small graph and time for a proof: from a short search CP-SAT proves most of them",
    ),
    Rule(
        SUBSETS[:3],
        "at most 100,000 vertices and edges, 2 threads, not deterministic",
        lambda f: may_race(f) and f.weight <= MEDIUM_GRAPH,
        (Share("vertex-cover-search", 1), Share("cp-sat", 1)),
        "a graph of some size: the search finds solutions, CP-SAT proves what is easy",
    ),
    Rule(
        SUBSETS[3:],
        "at most 100,000 vertices and edges, 2 threads, not deterministic",
        lambda f: may_race(f) and f.weight <= MEDIUM_GRAPH,
        (Share("dominating-set-search", 1), Share("cp-sat", 1)),
        "a graph of some size: the search finds solutions, CP-SAT proves what is easy",
    ),
    Rule(
        SUBSETS[:3],
        "otherwise",
        lambda f: True,
        (Share("vertex-cover-search"),),
        "a large graph, or no time for a proof: local search, and reductions that may prove it",
    ),
    Rule(
        SUBSETS[3:],
        "otherwise",
        lambda f: True,
        (Share("dominating-set-search"),),
        "a large graph, or no time for a proof: local search, and reductions that may prove it",
    ),
    Rule(
        ("max-cut",),
        "at most 3 edges a vertex, at most 10,000 of both, 2 threads, not deterministic",
        lambda f: may_race(f) and f["edges"] <= 3 * f["vertices"] and f.weight <= SMALL_GRAPH,
        (Share("max-cut-search", 1), Share("odd-cycle-cuts", 1)),
        "a sparse graph: annealing finds the cut, odd-cycle inequalities bound and often prove it",
    ),
    Rule(
        ("max-cut",),
        "at most 1,000 vertices and edges, 2 threads, not deterministic",
        lambda f: may_race(f) and f.weight <= TINY_CUT,
        (Share("max-cut-search", 1), Share("highs", 1)),
        "a tiny graph: annealing finds the cut, HiGHS branches to prove it",
    ),
    Rule(
        ("max-cut",),
        "at most 1,000 vertices and edges",
        lambda f: f.weight <= TINY_CUT,
        (Share("cp-sat"),),
        "a tiny graph and one solver only: CP-SAT finds the cut and may prove it",
    ),
    Rule(
        ("max-cut",),
        "otherwise",
        lambda f: True,
        (Share("max-cut-search"),),
        "no bound would come near: annealing and recombination on all threads",
    ),
)
